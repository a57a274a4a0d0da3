"""The script of the app, run for each visitor and click: frame, sidebar, and the page."""

import streamlit as st

from pages.shell import garbage, requests, router, sidebar, sign_in, theme, tray
from pages.state import url_widgets

st.set_page_config(page_title="SCT Lens", page_icon=theme.ICON, layout="wide")
st.logo(theme.LOGO, size="large", icon_image=theme.ICON)
st.html(theme.STYLE)

if not sign_in.passed():
    router.route(shown=False)
    st.stop()
page = router.route()
with requests.noted(page.url_path) as request:
    recent = sidebar.draw(page.url_path)
    notices = st.container()
    request.draw(page.run)
    tray.draw(recent)
    sign_in.draw_leaving()
    url_widgets.show_notices(notices)
garbage.settle()

from pages.cache import decoding  # noqa: E402 -- when all that is waited for is drawn

decoding.warm()
