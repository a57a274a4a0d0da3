"""Whether two ways of answering the same clips differ by more than chance."""

from __future__ import annotations


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
