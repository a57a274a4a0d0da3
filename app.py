"""SCT Lens: the router. Run with `streamlit run app.py`."""

from contextlib import suppress

import streamlit as st

from pages.common import address, brand, garbage, router, sidebar
from pages.common.session import NothingToShow

st.set_page_config(page_title="SCT Lens", page_icon=brand.ICON, layout="wide")
st.logo(brand.LOGO, size="large", icon_image=brand.ICON)
st.html(brand.STYLE)

page = router.route()
sidebar.draw(page.url_path)
notices = st.container()
with suppress(NothingToShow):
    page.run()
address.show_notices(notices)
garbage.settle()
