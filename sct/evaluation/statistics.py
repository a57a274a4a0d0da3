"""Intervals of shares and of means."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share after Wilson (1927)."""
    if not n:
        return 0.0, 1.0
    z, p = 1.959964, right / n
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


# Student's t at 97.5%, by degrees of freedom from 1 on; beyond, the last is a little too wide.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of a sample and its 95% interval after Student (1908); endless for fewer than two.

    Raises:
        ValueError: no values.
    """
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, -math.inf, math.inf
    t = _T[min(len(values) - 1, len(_T)) - 1]
    spread = t * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - spread, mean + spread


def mcnemar(gains: int, losses: int) -> float:
    """Exact two-sided McNemar test (1947): the probability of a split as uneven as this one or more
    so, if each clip on which just one of the two is right were a fair coin.

    Args:
        gains, losses: clips on which only the second, and only the first, is right.

    Returns:
        p, twice the binomial tail of the smaller count and at most 1; 1 where there is no such
        clip.

    Raises:
        ValueError: a count below 0.
    """
    if min(gains, losses) < 0:
        raise ValueError(f"{gains} gains and {losses} losses: counts cannot be negative")
    n, term, tail = gains + losses, 1, 0
    for k in range(min(gains, losses) + 1):  # whole numbers, so nothing is rounded on the way
        tail += term
        term = term * (n - k) // (k + 1)
    return min(1.0, 2 * tail / 2**n)
