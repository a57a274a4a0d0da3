"""Memory of this process: how much it holds, and handing back what was freed.

The GNU C library keeps blocks that a program frees, for what it needs next. What comes next seldom
fits where others were, so that a process that works on large tensors of many sizes grows to about
twice what it ever used. `sct.learning.memory` wants just that, for speed.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

_STATUS = Path("/proc/self/status")


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
