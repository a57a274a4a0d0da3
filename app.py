"""SCT Lens. Run with `streamlit run app.py`."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from pages.cache import thumbnails
from pages.shell import garbage, ready, server_log
from pages.shell.upload_gate import UploadGate


def start(request: Request) -> RedirectResponse:
    """Leads the names of the start page, which has none for Streamlit, to where it is."""
    return RedirectResponse(f"./?{request.url.query}".rstrip("?"))


@asynccontextmanager
async def serving(_: st.App) -> AsyncIterator[None]:
    """Does what is done beside visits: loads what all need, gives memory back, counts."""
    if os.environ.get("SCT_METRICS_PORT"):
        from pages.widgets.metrics import metrics

        metrics().serve()
    beside = [asyncio.create_task(garbage.keep_tidy()), asyncio.create_task(ready.prepare())]
    yield
    for task in beside:
        task.cancel()


server_log.begin()

# The script is not this very file, as Streamlit takes a folder `pages` beside a script for a list
# of its pages, and tells the first visitor of any other address that there is no such page.
app = st.App(
    "pages/shell/main.py",
    middleware=[Middleware(UploadGate)],
    lifespan=serving,
    routes=[
        Route("/inspect", start),
        Route("/inspect_clip", start),
        Route(thumbnails.ROUTE, thumbnails.answer),
        Route(ready.ROUTE, ready.answer),
    ],
)
