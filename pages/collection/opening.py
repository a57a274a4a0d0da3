"""From a card to Inspect: the same file, window and model."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.state import collection_clip
from pages.widgets.markdown import plain

_WANTED = "_collection_open"


def want(run: str, file: str, start: float, stride: float, model: str) -> None:
    """Open a window of a file in the run that follows, as the callback of the grid does."""
    from sct.checkpoint.io import list_models

    collection_clip.show(run, file, start, stride, model, list_models())
    st.session_state[_WANTED] = True


def follow() -> None:
    """Go to Inspect if a clip is to be opened."""
    if st.session_state.pop(_WANTED, False):
        # None would be refused, as parameters are bound to widgets of the sidebar.
        st.switch_page("../inspect/page.py", query_params={})


def doubt(header: Any) -> None:
    """Say where a clip that is opened would not be answered by the model of the run."""
    from pages.cache.checkpoints import card_of
    from sct.checkpoint.io import list_models
    from sct.checkpoint.pair import KEY

    name = plain(header.model, 60)
    if header.model not in list_models():
        st.caption(
            f"The model of this run, {name}, is not here any more: clips open under another one.",
        )
        return
    card, _ = card_of(header.model)
    weights = (card or {}).get(KEY)
    if weights and header.weights and weights != header.weights:
        st.caption(
            f"{name} has other weights by now than when this run was made: a clip that is opened "
            "may be answered otherwise."
        )
