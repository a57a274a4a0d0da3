"""Measures the memory of this process, and sets whether it keeps what it freed.

The GNU C library keeps blocks that a program frees, for what it needs next, and hands back those
that are large. For a process that works on tensors of many sizes it keeps too much, since what
comes next seldom fits where others were: it grows to about twice what it ever used. For a training,
whose steps are all alike, it hands back too much.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

from sct.errors import out_of_memory

__all__ = ["hand_back", "keep", "out_of_memory", "resident"]

_STATUS = Path("/proc/self/status")
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3) in the GNU C library


def resident(field: str = "VmRSS") -> int | None:
    """Bytes in memory now, or at its height so far ("VmHWM"); None on systems that do not say."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:  # not Linux
        return None
    for line in lines:
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return None


def hand_back() -> bool:
    """Gives the system all pages that this process has freed; takes milliseconds.

    Returns:
        Whether there was something to be told: only the GNU C library can be.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):  # another C library
        return False
    return bool(trim(ctypes.c_size_t(0)))


def keep() -> bool:
    """Makes this process keep the memory that it frees, for what it needs next.

    A step of a training needs the same large tensors as the one before. By default the C library
    hands them back to the system each time, and the system clears every page anew, which on a CPU
    costs a noticeable part of a step. For programs that train and end, as it holds for all that the
    process does.

    Returns:
        Whether this system could be told: Linux with the GNU C library.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, -1))
