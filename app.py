"""SCT Lens. Run with `streamlit run app.py`."""

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from pages.cache import thumbnails


def start(request: Request) -> RedirectResponse:
    """Leads the names of the start page, which has none for Streamlit, to where it is."""
    return RedirectResponse(f"./?{request.url.query}".rstrip("?"))


# The script is not this very file, as Streamlit takes a folder `pages` beside a script for a list
# of its pages, and tells the first visitor of any other address that there is no such page.
app = st.App(
    "pages/shell/main.py",
    routes=[
        Route("/inspect", start),
        Route("/inspect_clip", start),
        Route(thumbnails.ROUTE, thumbnails.answer),
    ],
)
