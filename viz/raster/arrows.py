"""Turns displacements into arrows of motion, and compares these with the true ones.

A displacement says where a token's content CAME FROM, (d_row, d_col) in pixels of the model's
view. Content moved the other way: every arrow here is minus the displacement, and its middle lies
on the token.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST = 0.5  # pixels of the model's view; what moved less has no direction
_APART = 24  # pixels of a picture of _DRAWN from one arrow to the next, at least
_DRAWN = 420  # about the side of a picture on the page
_OVERLAP = 0.8  # of an arrow's length: the room that it needs


def motion(displacement: np.ndarray) -> np.ndarray:
    """Turn displacement into content motion (grid, grid, 2), (d_row, d_col): minus it."""
    if displacement.ndim != 3 or displacement.shape[2] != 2:
        raise ValueError(f"displacement of shape {displacement.shape}: needs (grid, grid, 2)")
    return -displacement


def side(fields: Sequence[np.ndarray], view: int, gain: float = 1.0) -> int:
    """Say how many patches a side share one arrow, so that arrows keep apart.

    The same rule as in viz/components/player/motion.js. Where motion is fast, arrows are long and
    fewer are drawn; one in ten may be longer than the room that is kept.

    Args:
        fields: content motion (..., grid, grid, 2) in pixels of the model's view, of a whole clip.
        view, gain: as for `segments`.
    """
    grid = fields[0].shape[-2]
    lengths = np.concatenate([np.linalg.norm(field, axis=-1).ravel() for field in fields])
    moving = np.sort(lengths[lengths >= LEAST])
    longest = moving[int(0.9 * len(moving))] if len(moving) else 0.0
    room = max(_APART / _DRAWN, _OVERLAP * longest * gain / view)
    return max(1, min(math.ceil(room * grid - 1e-6), grid // 4))


def segments(
    moved: np.ndarray,
    view: int,
    gain: float = 1.0,
    squares: int = 1,
    where: np.ndarray | None = None,
) -> list[list[float]]:
    """List arrows [x0, y0, x1, y1] from tail to head, in a picture that is 1 wide and 1 high.

    Each square of patches has one: the mean of those of its patches that move, with its middle at
    theirs, or one of no length where none does.

    Args:
        moved: content motion (grid, grid, 2) as (d_row, d_col) in pixels of the model's view.
        view: side of that view, in pixels.
        gain: how many times longer than true to draw them.
        squares: patches a side of a square; see `side`.
        where: bool (grid, grid), the patches that count; all if left out.
    """
    grid = len(moved)
    counts = np.ones((grid, grid), bool) if where is None else where
    moves = counts & (np.linalg.norm(moved, axis=-1) >= LEAST)
    lines = []
    for row in range(0, grid, squares):
        for column in range(0, grid, squares):
            part = np.s_[row : row + squares, column : column + squares]
            own = moves[part] if moves[part].any() else counts[part]
            if own.any():
                y, x = (np.argwhere(own).mean(0) + (row + 0.5, column + 0.5)) / grid
                half = moved[part][own].mean(0) * gain / view / 2 * moves[part].any()
                lines.append([x - half[1], y - half[0], x + half[1], y + half[0]])
    return np.round(lines, 4).tolist()


@dataclass(frozen=True)
class Agreement:
    """Says how arrows agree with the truth, over the tokens that truly moved.

    angle: mean angle between arrow and true motion, in degrees; an arrow of no length is 90 off.
    direction: mean cosine of it, -1 to 1.
    length: the factor by which arrows under-read true motion (least squares; 1 is exact).
    tokens: how many tokens were compared.
    """

    angle: float
    direction: float
    length: float
    tokens: int


def agreement(
    moved: np.ndarray, true: np.ndarray, known: np.ndarray, least: float = LEAST
) -> Agreement | None:
    """Compare arrows with true motion, both (..., 2) in the same unit.

    Args:
        known: bool (...), false where the true source is out of the token's sight.
        least: true motion shorter than this (in that unit) has no direction and is left out.

    Returns:
        None where nothing moved within sight.
    """
    length = np.linalg.norm(true, axis=-1)
    use = known & (length >= least)
    if not use.any():
        return None
    a, b = moved[use], true[use]
    dot = (a * b).sum(-1)
    both = np.linalg.norm(a, axis=-1) * length[use]
    cosine = np.where(both < 1e-9, 0.0, np.clip(dot / np.maximum(both, 1e-9), -1, 1))
    angle = float(np.degrees(np.arccos(cosine)).mean())
    factor = float(dot.sum() / (b * b).sum())
    return Agreement(angle, float(cosine.mean()), factor, int(use.sum()))
