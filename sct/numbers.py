"""Numbers that say how good something is: cut off, so that no claim is rounded up."""

from __future__ import annotations

import math


def cut(share: float) -> str:
    """Write a share as per cent with one decimal: 0.92857 is 92.8%."""
    return f"{math.floor(share * 1000 + 1e-6) / 10:.1f}%"


def signed(r: float) -> str:
    """Write a correlation with two decimals, towards zero: 0.868 is +0.86."""
    return f"{math.trunc(r * 100 + math.copysign(1e-6, r)) / 100:+.2f}".replace("-", "−")
