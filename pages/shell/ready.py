"""Whether this server can answer: its model and its device, apart from whether it lives."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse

ROUTE = "/ready"


async def prepare() -> None:
    """Load what takes seconds and is the same for all, so that the first visitor need not wait."""
    await asyncio.to_thread(_load)


@st.cache_resource(max_entries=1, show_spinner=False)
def _load() -> None:
    from pages.cache import clips, inference, models  # noqa: F401 -- PyTorch and all that is above
    from sct.checkpoint.io import list_models, load_with_card
    from sct.errors import SCTError
    from viz import components, views  # noqa: F401

    with suppress(SCTError):  # visitors are told
        for name in list_models()[:1]:
            load_with_card(name, "cpu")  # let go again: its files, and the code that reads them


def answer(request: Request) -> JSONResponse:
    """Answer 200 where clips can be answered, "degraded" where more slowly than meant; else 503.

    A server that has just begun answers once all is loaded.
    """
    _load()
    from pages.cache.checkpoints import card_of
    from pages.cache.models import device
    from pages.widgets.turns import queue
    from sct.checkpoint.io import list_models

    names = list_models()
    problem = card_of(names[0])[1] if names else "There is no trained model."
    own = device()
    if not problem and not own.degraded:
        own.probe()
    status = "failed" if problem else "degraded" if own.degraded else "ready"
    said = {
        "status": status,
        "model": names[0] if names else None,
        "device": own.name,
        "waiting": queue().length,
    }
    if why := problem or own.degraded:
        said["why"] = why
    return JSONResponse(said, 503 if problem else 200)
