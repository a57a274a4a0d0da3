"""Garbage collection that does not stand in the way of answers."""

from __future__ import annotations

import gc
import sys

import streamlit as st


def settle() -> None:
    """Keep what stays for good out of garbage collection; to be called at the end of a run.

    Streamlit collects all garbage after each run, of a fragment too, and Python does now and then
    in the middle of one. Both look at every object there is: with PyTorch and Plotly some hundred
    thousand, which takes longer than a small model, while no message can leave the server. Modules
    are never garbage, so whenever a run has loaded some, all that is there is looked at once more
    and then no longer. What lives by counted references alone, as tensors and arrays do, is still
    freed at once.
    """
    _settled(len(sys.modules))


@st.cache_resource(max_entries=1, show_spinner=False)
def _settled(modules: int) -> int:
    """Collect once for each number of modules; return how many objects are set aside."""
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()
