"""Which classes are worth a bar: the answers, the truth, and those whose probability moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NOTICED = 0.01  # a point: less is a bar that nobody can see
_MOST = 8


@dataclass(frozen=True, eq=False)
class Picked:
    """Places of classes, the likeliest under any variant first.

    Args:
        shown: those that are worth a bar.
        others: the rest.
        about: what there is to say of the rest, in a few words.
    """

    shown: np.ndarray
    others: np.ndarray
    about: str


def pick(probabilities: Sequence[np.ndarray], truth: int | None = None) -> Picked:
    """Pick the classes that are answers or true, and those that change by a point or more.

    Args:
        probabilities: (class,) of each variant, the first what the others are compared with. Alone
            it is compared with nothing, and classes of a point or more are picked.
        truth: place of the true class.
    """
    first, *others = probabilities
    moved = np.max([np.abs(p - first) for p in others] or [first], axis=0)
    kept = dict.fromkeys(int(p.argmax()) for p in probabilities)
    kept.update({} if truth is None else {truth: None})
    largest = np.argsort(-moved, kind="stable")
    kept.update((int(i), None) for i in largest[:_MOST] if moved[i] >= NOTICED)
    if len(kept) == len(first) - 1:  # to fold up one saves nothing
        kept = dict.fromkeys(range(len(first)))
    order = np.argsort(-np.max(probabilities, axis=0), kind="stable")
    shown, rest = (np.array([i for i in order if (i in kept) == yes], int) for yes in (True, False))
    small = not len(rest) or moved[rest].max() < NOTICED
    said = ("hardly change", "change less") if others else ("are below 1%", "are less likely")
    return Picked(shown, rest, f"that {said[0 if small else 1]}")
