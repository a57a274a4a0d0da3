"""Ranks heads by how well their displacement follows the flow of one clip.

The flow is the true one of a synthetic clip (`true_flow`), and OpenCV's dense optical flow for
any other (`dense_flow`), which is itself an estimate. Tokens count as in
`sct.analysis.displacement`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from sct.analysis.displacement import (
    Truth,
    correlation,
    head_sums,
    lags_of,
    textured,
    true_displacement,
)
from sct.analysis.optical_flow import DenseFlow

if TYPE_CHECKING:
    from sct.model.trace import Trace
    from sct.synthetic.batch import SyntheticClip

_LEAST_TOKENS = 30  # fewer give no correlation worth a number


@dataclass(frozen=True, eq=False)
class Flow:
    """The motion of one clip's content.

    Attributes:
        name: what it is called beside an arrow.
        exact: whether it is the truth, or an estimate.
        of: (grid, lag) -> `Truth` of one clip: displacement (1, frame, row, column, 2) in tokens
            from frame t to t - lag, and valid (1, frame, row, column).
    """

    name: str
    exact: bool
    of: Callable[[int, int], Truth]


def true_flow(made: SyntheticClip) -> Flow:
    """Gives the true flow of a synthetic clip whose frames are in their order."""
    return Flow("true motion", True, lambda grid, lag: true_displacement(made.batch, grid, lag))


def dense_flow(flow: DenseFlow) -> Flow:
    """Gives the estimated flow of the frames that the model saw, in the order it saw them."""

    def of(grid: int, lag: int) -> Truth:
        moved = np.zeros((len(flow), grid, grid, 2), np.float32)
        sure = np.zeros((len(flow), grid, grid), bool)  # none of the first frames is
        for t in range(lag, len(flow)):
            moved[t], sure[t] = flow.between(t, t - lag, grid)
        return Truth(torch.from_numpy(moved)[None], torch.from_numpy(sure)[None])

    return Flow("OpenCV’s dense flow", False, of)


@torch.inference_mode()
def rank_heads(
    trace: Trace, frames: np.ndarray, flow: Flow, stage: int | None = None
) -> list[dict[str, object]]:
    """Ranks the heads of shifted MSA by how they follow the flow of one clip.

    Args:
        trace: of a pass over the clip; the first of its batch is taken.
        frames: uint8 (T, S, S, 3), what the model saw, in that order.
        flow: the clip's.
        stage: the only one (from 1) that is asked about; all of them if None.

    Returns:
        A row for each head: stage (from 1), block, head (from 0), grounded, offset (frames back),
        correlation (Pearson's r of the mean displacement and the flow over the tokens that count,
        rows and columns together; None where these are fewer than 30, or do not move), tokens (how
        many count), moving (how many of them move by a quarter of a token or more), direction (the
        share of these within 30 degrees; None where none moves), even (the correlation of a map
        that spreads evenly, which knows nothing and yet cannot look out of its window). Best
        first, those without a correlation last; empty where shifted MSA is off.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)[None]
    sharp: dict[int, Tensor] = {}
    rows = []
    for of, blocks in trace.shifted_seen.items():
        if stage not in (None, of):
            continue
        for block, seen in enumerate(blocks):
            grid, lags = seen.grid, lags_of(seen.matched)
            if grid not in sharp:
                sharp[grid] = textured(pixels, grid)
            sums = head_sums(
                seen.matched, lambda lag, grid=grid: flow.of(grid, lag), sharp[grid], lags
            )
            for head, lag in enumerate(lags):
                row = {"stage": of, "block": block, "head": head}
                row |= {"grounded": head in seen.grounded, "offset": lag}
                even = _row(sums[0, head, 2].numpy())["correlation"]
                rows.append(row | _row(sums[0, head, 0].numpy()) | {"even": even})
    rows.sort(key=lambda row: -2 if row["correlation"] is None else row["correlation"])
    return rows[::-1]


def _row(sums: np.ndarray) -> dict[str, object]:
    found, tokens, moving, right = correlation(sums)
    enough = tokens >= _LEAST_TOKENS and moving > 0
    return {
        "correlation": found if enough else None,
        "tokens": tokens,
        "moving": moving,
        "direction": right / moving if moving else None,
    }
