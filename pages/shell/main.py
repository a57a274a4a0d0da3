"""The script of the app, run for each visitor and click: frame, sidebar, and the page."""

from contextlib import suppress

import streamlit as st

from pages.shell import garbage, router, sidebar, theme, tray
from pages.state import url_widgets
from pages.state.view import NothingToShow

st.set_page_config(page_title="SCT Lens", page_icon=theme.ICON, layout="wide")
st.logo(theme.LOGO, size="large", icon_image=theme.ICON)
st.html(theme.STYLE)

page = router.route()
recent = sidebar.draw(page.url_path)
notices = st.container()
with suppress(NothingToShow):
    page.run()
tray.draw(recent)
url_widgets.show_notices(notices)
garbage.settle()
