"""Which head follows motion in one clip: its displacement beside the clip's flow.

The flow is the true one where a clip was made (`made_flow`), and OpenCV's dense optical flow for
any other (`dense_flow`), which is itself an estimate: it fails where there is no texture, at edges
of what moves and beyond large steps. What counts is what counts in `sct.measuring.flow`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor

from sct.measuring.flow import Truth, correlation, head_sums, lags_of, textured, true_displacement

if TYPE_CHECKING:
    from sct.motion import MotionClip
    from sct.trace import Trace

# OpenCV looks at frames enlarged to this side at least: its patches are 8 pixels wide.
_SIDE = 224
# Pixels of the frame by which a way there and back may miss its start (and a share of its length).
_MISS, _MISS_SHARE = 0.5, 0.1
_LEAST_TOKENS = 30  # fewer give no correlation worth a number


@dataclass(frozen=True, eq=False)
class Flow:
    """How the content of one clip moved.

    Attributes:
        name: what it is called beside an arrow.
        exact: whether it is the truth, or an estimate.
        of: (grid, lag) -> `Truth` of one clip: displacement (1, frame, row, column, 2) in tokens
            from frame t to t - lag, and valid (1, frame, row, column).
    """

    name: str
    exact: bool
    of: Callable[[int, int], Truth]


def made_flow(made: MotionClip) -> Flow:
    """The true flow of a made clip whose frames are in their order."""
    return Flow("true motion", True, lambda grid, lag: true_displacement(made.batch, grid, lag))


def dense_flow(frames: np.ndarray) -> Flow:
    """Dense optical flow (OpenCV's DIS) of the frames that the model saw, in the order it saw them.

    A token's is the median over its pixels; it is valid where three quarters of them come back to
    where they started when their flow is followed there and back.

    Args:
        frames: uint8 (T, S, S, 3), RGB.
    """
    grey = [_grey(frame) for frame in frames]
    factor = grey[0].shape[0] / frames.shape[1]
    done: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def of(grid: int, lag: int) -> Truth:
        if lag not in done:
            done[lag] = _pixels(grey, lag, factor)
        moved, sure = done[lag]
        return _tokens(moved, sure, grid, frames.shape[1] / grid)

    return Flow("OpenCV’s dense flow", False, of)


def _grey(frame: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    factor = max(1, round(_SIDE / grey.shape[0]))
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def _pixels(grey: list[np.ndarray], lag: int, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Displacement (T, h, w, 2) from frame t to t - lag, (row, column) in pixels of the frame, and
    whether each is sure; none of the first frames is."""
    shape = (len(grey), *grey[0].shape)
    moved, sure = np.zeros((*shape, 2), np.float32), np.zeros(shape, bool)
    finder = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    x, y = np.meshgrid(np.arange(shape[2]), np.arange(shape[1]))
    for t in range(lag, len(grey)):
        there = finder.calc(grey[t], grey[t - lag], None)
        back = finder.calc(grey[t - lag], grey[t], None)
        to_x, to_y = (x + there[..., 0]).astype("f4"), (y + there[..., 1]).astype("f4")
        home = cv2.remap(back, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        miss = np.linalg.norm(there + home, axis=-1) / factor
        length = np.linalg.norm(there, axis=-1) / factor
        inside = (to_x >= 0) & (to_x < shape[2]) & (to_y >= 0) & (to_y < shape[1])
        sure[t] = inside & (miss <= _MISS + _MISS_SHARE * length)
        moved[t] = there[..., ::-1] / factor
    return moved, sure


def _tokens(moved: np.ndarray, sure: np.ndarray, grid: int, pixels: float) -> Truth:
    """Pixels to tokens; `pixels` is the side of a token in the frame."""
    frames, height = moved.shape[:2]
    size = height // grid
    if size * grid != height:
        raise ValueError(f"grid {grid}: must divide the frame's side")
    cut = (frames, grid, size, grid, size)
    values = moved.reshape(*cut, 2).transpose(0, 1, 3, 2, 4, 5)
    median = np.median(values.reshape(frames, grid, grid, -1, 2), axis=3) / pixels
    share = sure.reshape(cut).mean((2, 4))
    return Truth(
        torch.from_numpy(median.astype(np.float32))[None], torch.from_numpy(share)[None] >= 0.75
    )


@torch.inference_mode()
def following(trace: Trace, frames: np.ndarray, flow: Flow) -> list[dict[str, object]]:
    """How each head of shifted MSA follows the flow of one clip.

    Args:
        trace: of a pass over the clip; the first of its batch is taken.
        frames: uint8 (T, S, S, 3), what the model saw, in that order.
        flow: the clip's.

    Returns:
        A row for each head: stage (from 1), block, head (from 0), grounded, offset (frames back),
        correlation (Pearson's r of the mean displacement and the flow over the tokens that count,
        rows and columns together; None where these are fewer than 30, or do not move), tokens (how
        many count), moving (how many of them move by a quarter of a token or more), direction (the
        share of these within 30 degrees; None where none moves). Best first, those without a
        correlation last; empty where shifted MSA is off.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)[None]
    sharp: dict[int, Tensor] = {}
    rows = []
    for stage, blocks in trace.shifted_seen.items():
        for block, seen in enumerate(blocks):
            grid, lags = seen.grid, lags_of(seen.matched)
            if grid not in sharp:
                sharp[grid] = textured(pixels, grid)
            sums = head_sums(
                seen.matched, lambda lag, grid=grid: flow.of(grid, lag), sharp[grid], lags
            )
            for head, lag in enumerate(lags):
                row = {"stage": stage, "block": block, "head": head}
                row |= {"grounded": head in seen.grounded, "offset": lag}
                rows.append(row | _row(sums[0, head, 0].numpy()))
    return sorted(rows, key=lambda row: -2 if row["correlation"] is None else row["correlation"])[
        ::-1
    ]


def _row(sums: np.ndarray) -> dict[str, object]:
    found, tokens, moving, right = correlation(sums)
    enough = tokens >= _LEAST_TOKENS and moving > 0
    return {
        "correlation": found if enough else None,
        "tokens": tokens,
        "moving": moving,
        "direction": right / moving if moving else None,
    }
