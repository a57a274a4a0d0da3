"""Intervals of shares."""

from __future__ import annotations

import math


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share after Wilson (1927)."""
    if not n:
        return 0.0, 1.0
    z, p = 1.959964, right / n
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
