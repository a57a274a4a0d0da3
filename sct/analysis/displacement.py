"""Compares where attention points with where content went, by sums over each clip's tokens.

A token's displacement is where its "previous" map lies minus where it is itself; the truth is where
its content was, minus where it is. A token *counts* when

- its texture is not flat: its grey levels (0 to 1) spread by `SPREAD` or more, and vary by
  `GRADIENT` a pixel or more along every direction, or nothing could say where it was;
- its content was not covered one frame before and is of one layer (`SyntheticBatch.token_valid`);
- its source lies in its own window, the only place where attention can look.

The last rule favours any map a little: a token at the right border of its window counts only if its
content did not come from further right, and its map, too, can only lie to the left. So the same is
asked of attention that is even over the window, and knows nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sct.grid import HOWS, offsets, to_grid
from sct.model.shifted import Matched, map_weights, shift_keys
from sct.synthetic.batch import SyntheticBatch

# From here on plain block matching between synthetic frames finds nine sources in ten; below half
# of either, every second or fewer.
SPREAD = 0.02
GRADIENT = 0.01
MOVING = 0.25  # tokens a frame; directions of less are not asked for
WITHIN = 30.0  # degrees
SHORTEST = 0.01  # tokens; a displacement of less has no direction
SUMS = 6  # how many there are of each set of tokens, see `head_sums`
SETS = ("correlation_all", "correlation_all_valid", "correlation")


class Truth(NamedTuple):
    """The true motion on one grid.

    displacement: (clip, frame, row, column, 2), in tokens from frame t to t - lag.
    valid: bool (clip, frame, row, column), whether there is anything to be found.
    """

    displacement: Tensor
    valid: Tensor


def previous_weights(matched: Matched, clips: slice, first: int) -> Tensor:
    """Computes the maps over the previous frame, of all heads at once.

    Args:
        matched: queries and keys of a shifted MSA.
        clips: which of the batch.
        first: frames from this one on.

    Returns:
        float32 (clip, frame, chunk, head, query, key); where the model merges both maps in one
        softmax, a row sums to less than 1.
    """
    q, k = matched.q[clips, first:].detach().float(), matched.k[clips].detach().float()
    before = shift_keys(k, matched.key_frames)[:, first:]
    if matched.merge == "joint":
        return map_weights(q, before, k[:, first:], "joint")[0]
    return (q @ before.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)


def lags_of(matched: Matched) -> tuple[int, ...]:
    """Says for each head how many frames back it looks; 1 where it looks at its own."""
    last = matched.q.shape[1] - 1
    return tuple(max(1, last - frames[last]) for frames in matched.key_frames)


def clip_sums(matched: Matched, made: SyntheticBatch, grid: int, lags: tuple[int, ...]) -> Tensor:
    """Computes `head_sums` beside the truth of synthetic clips."""
    truth = partial(true_displacement, made, grid)
    return head_sums(matched, truth, textured(made.frames, grid), lags)


def head_sums(
    matched: Matched, truth_of: Callable[[int], Truth], sharp: Tensor, lags: tuple[int, ...]
) -> Tensor:
    """Adds up over each clip what correlations and directions are computed from.

    Clips can be drawn anew from these sums (bootstrap) without their maps.

    Args:
        matched: queries and keys of one shifted MSA.
        truth_of: gives the truth for a lag.
        sharp: bool (clip, frame, row, column), which tokens are textured.
        lags: of each head.

    Returns:
        float64 (clip, head, how, 20) on the CPU; how: mean and peak of each map, and an even map.
        Six sums for each of `SETS` (all tokens, those valid and textured, those that count): the
        count, said, true, said^2, true^2, said x true. Then how many of those that count move, and
        how many of these show the right direction.
    """
    maps = previous_weights(matched, slice(None), 1)  # (clip, frame, chunk, head, query, key)
    side = matched.side
    said = torch.stack(
        [*(offsets(maps, side, how) for how in HOWS), offsets(torch.ones_like(maps), side)]
    )
    said = to_grid(said.movedim(4, 0).cpu(), side).double()  # (head, how, clip, frame, r, c, 2)
    sharp = sharp.cpu()
    parts = []
    for head, lag in enumerate(lags):
        truth = truth_of(lag)
        moved, valid = truth.displacement[:, lag:].cpu().double(), truth.valid[:, lag:].cpu()
        inside = in_window(moved, side)
        good = valid & sharp[:, lag:]
        masks = (torch.ones_like(good), good, good & inside)
        length = moved.norm(dim=-1)
        moves = masks[-1] & (length >= MOVING)
        hows = []
        for values in said[head][:, :, lag - 1 :]:
            sums = [_sums(values, moved, mask) for mask in masks]
            along = (values * moved).sum(-1)
            own = values.norm(dim=-1)
            near = (along > math.cos(math.radians(WITHIN)) * length * own) & (own >= SHORTEST)
            right = torch.stack([moves, moves & near], dim=-1).double().sum(dim=(1, 2, 3))
            hows.append(torch.cat([*sums, right], dim=-1))
        parts.append(torch.stack(hows, dim=1))
    return torch.stack(parts, dim=1)


def _sums(said: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Adds up over the masked tokens and both coordinates: float64 (clip, 6)."""
    one = torch.ones_like(said)
    terms = torch.stack([one, said, true, said**2, true**2, said * true], dim=-1)
    return (terms * mask[..., None, None]).sum(dim=(1, 2, 3, 4))


def correlation(sums: np.ndarray) -> tuple[float, int, int, int]:
    """Computes from one row of `head_sums`, (20,): r over the tokens that count, how many these
    are, how many of them move, and how many of those show the right direction."""
    r = pearson(sums[2 * SUMS : 3 * SUMS])
    # Rows and columns are counted apart.
    return float(r), int(sums[2 * SUMS]) // 2, int(sums[-2]), int(sums[-1])


def pearson(sums: np.ndarray) -> np.ndarray:
    """Computes Pearson's r from sums (..., 6); 0 where one side does not vary."""
    n, a, b, aa, bb, ab = np.moveaxis(np.asarray(sums), -1, 0)
    n = np.maximum(n, 1)
    varies = np.maximum(aa / n - (a / n) ** 2, 0) * np.maximum(bb / n - (b / n) ** 2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (ab / n - a * b / n**2) / np.sqrt(varies)
    return np.where(varies > 1e-14, np.clip(r, -1, 1), 0.0)


def textured(frames: Tensor, grid: int) -> Tensor:
    """Tells whether each token has enough texture for its place to be known.

    Args:
        frames: uint8 (B, T, 3, S, S).
        grid: tokens a side.

    Returns:
        bool (B, T, grid, grid): the standard deviation of the token's grey levels is `SPREAD` or
        more, and so is the root of the least eigenvalue of its structure tensor (Shi and Tomasi,
        1994) `GRADIENT` a pixel.
    """
    weight = torch.tensor([0.299, 0.587, 0.114], device=frames.device).view(3, 1, 1)
    grey = (frames.flatten(0, 1).float() * weight).sum(1, keepdim=True) / 255
    wide = F.pad(grey, (1, 1, 1, 1), mode="replicate")
    down = (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2
    across = (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2
    terms = torch.cat([grey, grey**2, down**2, across**2, down * across], dim=1)
    mean, square, a, c, b = F.adaptive_avg_pool2d(terms, grid).unbind(1)
    least = (a + c) / 2 - torch.sqrt(((a - c) / 2) ** 2 + b**2)
    sharp = (square - mean**2 >= SPREAD**2) & (least >= GRADIENT**2)
    return sharp.unflatten(0, frames.shape[:2])


def true_displacement(made: SyntheticBatch, grid: int, lag: int) -> Truth:
    """Gives where each token's content was `lag` frames before, minus where it is."""
    own = torch.stack(torch.meshgrid(*[torch.arange(grid)] * 2, indexing="ij"), dim=-1)
    moved = made.token_sources(grid, lag) - own.to(made.frames.device)
    return Truth(moved, made.token_valid(grid, lag))


def in_window(displacement: Tensor, side: int) -> Tensor:
    """Tells whether tokens displaced so stay in their own window.

    Args:
        displacement: (..., row, column, 2), in tokens.
        side: of a window, in tokens.

    Returns:
        bool (..., row, column).
    """
    grid = displacement.shape[-2]
    own = torch.stack(torch.meshgrid(*[torch.arange(grid) % side] * 2, indexing="ij"), dim=-1)
    place = own.to(displacement) + displacement
    return ((place >= -1e-3) & (place <= side - 1 + 1e-3)).all(-1)  # rounding is no motion
