"""Intervals of shares and means, and tests of whether two models differ.

`scipy.stats` takes a second to import, so that each function imports it when it is called.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def wilson(right: int, n: int) -> tuple[float, float]:
    """Gives the 95% interval of the share right / n (Wilson, 1927); 0 to 1 where n is 0."""
    from scipy.stats import binomtest

    if not n:
        return 0.0, 1.0
    low, high = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return float(low), float(high)


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Gives the mean of a sample and its 95% interval (Student, 1908); endless for fewer than two.

    Raises:
        ValueError: no values.
    """
    from scipy.stats import t

    mean, n = statistics.fmean(values), len(values)
    if n < 2:
        return mean, -math.inf, math.inf
    spread = float(t.ppf(0.975, n - 1)) * statistics.stdev(values) / math.sqrt(n)
    return mean, mean - spread, mean + spread


def mcnemar(gains: int, losses: int) -> float:
    """Tests whether two models are right equally often (exact two-sided test, McNemar, 1947).

    Args:
        gains, losses: clips on which only the second, and only the first, is right.

    Returns:
        p: the probability of a split as uneven as this one or more so, if each of these clips were
        a fair coin; 1 where there is no such clip.

    Raises:
        ValueError: a count below 0.
    """
    from scipy.stats import binomtest

    if min(gains, losses) < 0:
        raise ValueError(f"{gains} gains and {losses} losses: counts cannot be negative")
    return float(binomtest(gains, gains + losses).pvalue) if gains + losses else 1.0


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Corrects p-values for how many tests were made (step-down method, Holm, 1979).

    If all that are below 0.05 afterwards are called differences, the probability that one or more
    of them is none is at most 0.05.

    Args:
        p_values: of all tests that were made, 0 to 1.

    Returns:
        The adjusted p-values in the same order, none smaller than it was, at most 1.

    Raises:
        ValueError: a value that is not from 0 to 1.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"p-values {list(p_values)}: allowed: 0 to 1")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return tuple(adjusted)
