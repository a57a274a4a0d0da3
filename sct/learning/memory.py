"""Memory that a training gives back and takes again in every step."""

from __future__ import annotations

import ctypes
import sys

# Of mallopt(3) in the GNU C library.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep() -> bool:
    """From now on this process keeps the memory that it frees, for what it needs next.

    A step needs the same large tensors as the one before. By default the C library hands them back
    to the system each time, and the system clears every page anew, which on a CPU costs a
    noticeable part of a step. For programs that train and end, as it holds
    for all that the process does.

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
