"""Turns displacements into arrows of motion, and compares these with the true ones.

A displacement says where a token's content CAME FROM, (d_row, d_col) in pixels of the model's
view. Content moved the other way: every arrow here is minus the displacement, and its middle lies
on the token.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def motion(displacement: np.ndarray) -> np.ndarray:
    """Turn displacement into content motion (grid, grid, 2), (d_row, d_col): minus it."""
    if displacement.ndim != 3 or displacement.shape[2] != 2:
        raise ValueError(f"displacement of shape {displacement.shape}: needs (grid, grid, 2)")
    return -displacement


def segments(moved: np.ndarray, view: int, gain: float = 1.0) -> list[list[float]]:
    """List arrows [x0, y0, x1, y1] from tail to head, in a picture that is 1 wide and 1 high.

    Args:
        moved: content motion (grid, grid, 2) as (d_row, d_col) in pixels of the model's view.
        view: side of that view, in pixels.
        gain: how many times longer than true to draw them.
    """
    grid = moved.shape[0]
    rows, cols = np.mgrid[:grid, :grid]
    half_x, half_y = (moved[..., i] * gain / view / 2 for i in (1, 0))
    x, y = (cols + 0.5) / grid, (rows + 0.5) / grid
    lines = np.stack([x - half_x, y - half_y, x + half_x, y + half_y], -1).reshape(-1, 4)
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
    moved: np.ndarray, true: np.ndarray, known: np.ndarray, least: float = 0.5
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
