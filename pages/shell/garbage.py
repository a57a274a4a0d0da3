"""Garbage collection that does not stand in the way of answers, and gives memory back."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import Any

import streamlit as st
from streamlit import runtime

from sct.kernels import allocator

_EVERY_S = 10.0
_COLLECT_S = 60.0  # between two looks for garbage while people are here: each stops all of them
_GROWN = 128 << 20  # bytes by which the server has grown, from which on what is free is given back
_TRIMS = 3  # the C library gives back more when it is asked again


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


async def keep_tidy() -> None:
    """Give back the memory of sessions whose people have left, as long as the server runs.

    Streamlit keeps a session for a while after its page was closed, and then until the next one
    is closed, which on a quiet server may be hours. And what is freed stays with the process.
    """
    least, gone, collected = allocator.resident() or 0, 0, time.monotonic()
    while True:
        await asyncio.sleep(_EVERY_S)
        gone += _expire()
        nobody = gone > 0 and not _sessions().list_sessions()
        collect = nobody or (gone > 0 and time.monotonic() > collected + _COLLECT_S)
        if collect or (allocator.resident() or 0) > least + _GROWN:
            await asyncio.to_thread(_give_back, collect, nobody)
            least = allocator.resident() or 0
        if collect:
            gone, collected = 0, time.monotonic()


def _sessions() -> Any:
    """Return what keeps Streamlit's sessions, to which there is no public way, or None."""
    return getattr(runtime.get_instance(), "_session_mgr", None)


def _expire() -> int:
    """Drop the sessions that have been without a page for too long; return how many.

    Where there is no way to them, they stay until one more closes.
    """
    kept = getattr(getattr(_sessions(), "_session_storage", None), "_cache", None)
    expire = getattr(kept, "expire", None)
    return len(expire() or ()) if expire else 0


def _give_back(collect: bool, nobody: bool = False) -> None:
    """Free what nothing refers to any more, and hand it back to the system.

    Args:
        collect: whether to look for garbage, too. nobody: whether all people have left.
    """
    if nobody:
        from pages.cache.forget import forget_computed

        forget_computed()
    if collect:  # sessions are rings, and may have been set aside while they lived
        gc.unfreeze()
        gc.collect()
        gc.freeze()
    for _ in range(_TRIMS):
        allocator.hand_back()
