"""Does attention follow motion? Its displacement beside the true motion of made clips.

A token's displacement is where its "previous" map lies minus where it is itself; the truth is where
its content was, minus where it is. Figures are over tokens of all frames that have a predecessor,
rows and columns together. A token *counts* when

- its texture is not flat: its grey levels (0 to 1) spread by `SPREAD` or more, and vary by
  `GRADIENT` a pixel or more along every direction, or nothing could say where it was;
- its content was not covered one frame before and is of one layer (`SyntheticBatch.token_valid`);
- its source lies in its own window, the only place where attention can look.

The last rule favours any map a little: a token at the right border of its window counts only if its
content did not come from further right, and its map, too, can only lie to the left. So each row
says what attention that is even over the window, and knows nothing, would get: `chance`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sct.evaluation.open import open_synthetic
from sct.evaluation.statistics import wilson
from sct.model.ablation import Ablation
from sct.model.readout import HOWS, offsets, previous_weights, to_grid
from sct.model.sct import SCT
from sct.model.shifted import Matched
from sct.synthetic.clips import SyntheticBatch
from sct.video.clip import normalise

# Where plain block matching between made frames stops failing: below half of either, it finds every
# second source or fewer; above, nine in ten.
SPREAD = 0.02
GRADIENT = 0.01
MOVING = 0.25  # tokens a frame; directions of less are not asked for
WITHIN = 30.0  # degrees
SHORTEST = 0.01  # tokens; a displacement of less has no direction
RESAMPLES = 1000

# What is kept of each clip, head and read-out, so that clips can be drawn anew: the count and sums
# of said, true, said^2, true^2, said x true over all tokens, those valid and not flat, and those
# that count; then how many that count move, and how many of them show the right direction.
_SUMS = 6
_SETS = ("correlation_all", "correlation_all_valid", "correlation")


class Truth(NamedTuple):
    """Of one grid: displacement (clip, frame, row, column, 2) in tokens from frame t to t - lag,
    valid (clip, frame, row, column): whether there is anything to be found."""

    displacement: Tensor
    valid: Tensor


@torch.inference_mode()
def attention_flow(
    model: SCT,
    data: str = "motion",
    *,
    limit: int = 500,
    seed: int = 0,
    ablation: Ablation | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """How well each head of shifted MSA follows motion; see the top of this file.

    The clips are those of `evaluate`, except that all labels of the data are used, whether the
    model knows them or not.

    Args:
        model: any model with shifted MSA.
        data: "motion" or "footage:DIR".
        limit: clips.
        seed: another set of clips.
        ablation: measured under this. Heads of shifted MSA in mode "self" look at their own frame;
            they are held against the motion since the frame before all the same.
        progress: called with (clips done, clips).

    Returns:
        n, tokens (what counts, as a sentence) and heads, a row for each head of each block of each
        stage: stage (from 1), block and head (from 0), grounded, offset (frames back), counted
        (share of all tokens), chance (correlation of an even map), then for the mean displacement
        correlation, correlation_ci95: Pearson's r over the tokens that count,
        correlation_all_valid: the same with sources outside the window, too,
        correlation_all: over all tokens,
        direction, direction_ci95, direction_wilson95, moving: of the tokens that count and moved by
        0.25 tokens or more, the share whose displacement is within 30 degrees of the truth,
        gain: slope of the regression of the displacement on the truth;
        and the same of the peak of the map under "peak". Intervals called ci95 come from drawing
        clips anew (bootstrap), as tokens of one clip resemble each other.

    Raises:
        ValueError: other data, a number out of range, frames that are not in their order.
        LookupError: the model, or the ablation, has no shifted MSA.
    """
    ablation = ablation or Ablation()
    if ablation.order != "as-is":
        raise ValueError(f"order={ablation.order}: motion is only known of frames in their order")
    test_set = open_synthetic(model, data, limit, seed, every_label=True)
    kept: dict[tuple[int, int, int], list[Tensor]] = {}
    grounded: dict[tuple[int, int, int], tuple[bool, int]] = {}
    done = 0
    for made, count in test_set.blocks():
        trace = model(normalise(made.frames.to(model.device)), ablation, trace=True).trace
        for stage, blocks in trace.shifted_seen.items():
            for number, seen in enumerate(blocks):
                lags = lags_of(seen.matched)
                sums = clip_sums(seen.matched, made, seen.grid, lags)
                for head, lag in enumerate(lags):
                    key = (stage, number, head)
                    kept.setdefault(key, []).append(sums[:count, head])
                    grounded[key] = (head in seen.grounded, lag)
        done += count
        if progress:
            progress(done, len(test_set))
    if not kept:
        raise LookupError(f"there is no shifted MSA to follow motion (ablation: {ablation})")
    rows = []
    for (stage, block, head), parts in sorted(kept.items()):
        is_grounded, lag = grounded[stage, block, head]
        row = {"stage": stage, "block": block, "head": head}
        sums = torch.cat(parts).cpu().numpy()  # (clip, how, sum)
        counted = float(sums[:, 0, 2 * _SUMS].sum() / sums[:, 0, 0].sum())
        row |= {"grounded": is_grounded, "offset": lag, "counted": round(counted, 4)}
        mean, peak, even = (figures(sums[:, i]) for i in range(sums.shape[1]))
        row["chance"] = even["correlation"]
        rows.append({**row, **mean, "peak": peak})
    tokens = (
        f"grey levels spread by {SPREAD:g} and vary by {GRADIENT:g} a pixel in every direction, "
        f"source visible, of one layer and inside the window; moving: by {MOVING:g} tokens or "
        f"more; direction: within {WITHIN:g} degrees"
    )
    return {"n": done, "tokens": tokens, "heads": rows, **test_set.facts()}


def lags_of(matched: Matched) -> tuple[int, ...]:
    """For each head, how many frames before its own it looks; 1 where it looks at its own."""
    last = matched.q.shape[1] - 1
    return tuple(max(1, last - frames[last]) for frames in matched.key_frames)


def clip_sums(matched: Matched, made: SyntheticBatch, grid: int, lags: tuple[int, ...]) -> Tensor:
    """float64 (clip, head, how, 20) on the CPU: what `figures` needs, for the mean and the peak of
    each map and for an even one."""

    def truth(lag: int) -> Truth:
        return true_displacement(made, grid, lag)

    return head_sums(matched, truth, textured(made.frames, grid), lags)


def head_sums(
    matched: Matched, truth_of: Callable[[int], Truth], sharp: Tensor, lags: tuple[int, ...]
) -> Tensor:
    """`clip_sums` of any truth, for a lag; `sharp` says which tokens are textured."""
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
    """float64 (clip, 6) over the masked tokens and both coordinates."""
    one = torch.ones_like(said)
    terms = torch.stack([one, said, true, said**2, true**2, said * true], dim=-1)
    return (terms * mask[..., None, None]).sum(dim=(1, 2, 3, 4))


def figures(sums: np.ndarray) -> dict[str, object]:
    """Correlations, directions and gain, with intervals, from what was kept of each clip: (clip,
    20), see the top of this file."""
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    total, again = sums.sum(0), drawn @ sums
    parts = {name: slice(i * _SUMS, (i + 1) * _SUMS) for i, name in enumerate(_SETS)}
    found: dict[str, object] = {"correlation": _round(_pearson(total[parts["correlation"]]))}
    found["correlation_ci95"] = _interval(_pearson(again[:, parts["correlation"]]))
    for name in ("correlation_all_valid", "correlation_all"):
        found[name] = _round(_pearson(total[parts[name]]))
    moving, right = int(total[-2]), int(total[-1])
    found["direction"] = _round(right / moving) if moving else None
    with np.errstate(invalid="ignore", divide="ignore"):
        found["direction_ci95"] = _interval(again[:, -1] / again[:, -2]) if moving else None
    found["direction_wilson95"] = [_round(v) for v in wilson(right, moving)] if moving else None
    found["moving"] = moving
    n, said, true, _, true2, both = total[parts["correlation"]]
    spread = n * true2 - true**2
    found["gain"] = _round((n * both - said * true) / spread) if spread > 1e-9 * n * n else None
    return found


def correlation(sums: np.ndarray) -> tuple[float, int, int, int]:
    """Of one row of `clip_sums`, (20,): r over the tokens that count, how many these are, how many
    of them move, and how many of those show the right direction."""
    r = _pearson(sums[2 * _SUMS : 3 * _SUMS])
    # Rows and columns are counted apart.
    return float(r), int(sums[2 * _SUMS]) // 2, int(sums[-2]), int(sums[-1])


def _pearson(sums: np.ndarray) -> np.ndarray:
    """r of sums (..., 6); 0 where one side does not vary."""
    n, a, b, aa, bb, ab = np.moveaxis(np.asarray(sums), -1, 0)
    n = np.maximum(n, 1)
    varies = np.maximum(aa / n - (a / n) ** 2, 0) * np.maximum(bb / n - (b / n) ** 2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (ab / n - a * b / n**2) / np.sqrt(varies)
    return np.where(varies > 1e-14, np.clip(r, -1, 1), 0.0)


def _interval(values: np.ndarray) -> list[float]:
    return [_round(v) for v in np.nanpercentile(values, (2.5, 97.5))]


def _round(value: float) -> float:
    return round(float(value), 4)


def textured(frames: Tensor, grid: int) -> Tensor:
    """Whether each token has enough texture for its place to be known.

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
    """Where each token's content was `lag` frames before, minus where it is."""
    own = torch.stack(torch.meshgrid(*[torch.arange(grid)] * 2, indexing="ij"), dim=-1)
    moved = made.token_sources(grid, lag) - own.to(made.frames.device)
    return Truth(moved, made.token_valid(grid, lag))


def in_window(displacement: Tensor, side: int) -> Tensor:
    """Whether tokens displaced so are between the tokens of their own window of `side`: bool
    (..., row, column) for (..., row, column, 2)."""
    grid = displacement.shape[-2]
    own = torch.stack(torch.meshgrid(*[torch.arange(grid) % side] * 2, indexing="ij"), dim=-1)
    place = own.to(displacement) + displacement
    return ((place >= -1e-3) & (place <= side - 1 + 1e-3)).all(-1)  # rounding is no motion
