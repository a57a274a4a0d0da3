"""Garbage collection that does not stand in the way of answers, and gives memory back."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

from streamlit import runtime

from sct.kernels import allocator

_EVERY_S = 10.0
_COLLECT_S = 60.0  # between two looks for garbage while people are here: each stops all of them
_GROWN = 128 << 20  # bytes by which the server has grown, from which on what is free is given back
_TRIMS = 3  # the C library gives back more when it is asked again


def settle() -> None:
    """Free what a run leaves for garbage, and set the rest aside; to be called at its end.

    Streamlit collects all garbage after each run, of a fragment too, and Python does now and then
    in the middle of one. Both look at every object there is: those of modules, some hundred
    thousand, and of all people's sessions. With 16 people that took two fifths of the time in which
    Python can run at all. So what is there at the end of a run is set aside, and collecting looks
    at what is newer. What lives by counted references alone, as tensors and arrays do, is still
    freed at once; rings that become garbage later are `keep_tidy`'s.
    """
    gc.collect()
    gc.freeze()


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
        due = gone > 0 and time.monotonic() > collected + _COLLECT_S
        if nobody or due or (allocator.resident() or 0) > least + _GROWN:
            await asyncio.to_thread(_give_back, nobody)
            least, gone, collected = allocator.resident() or 0, 0, time.monotonic()


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


def _give_back(nobody: bool) -> None:
    """Free what nothing refers to any more, and hand it back to the system.

    Args:
        nobody: whether all people have left.
    """
    if nobody:
        from pages.cache.forget import forget_computed

        forget_computed()
    gc.unfreeze()  # what is garbage now was set aside while it lived, as sessions are
    gc.collect()
    gc.freeze()
    for _ in range(_TRIMS):
        allocator.hand_back()
