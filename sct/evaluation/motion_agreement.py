"""Measures how well attention's displacement follows the true motion of synthetic clips.

Figures are over the tokens that count (see `sct.analysis.displacement`) of all frames that have a
predecessor, rows and columns together. Each row says what attention that is even over the window,
and knows nothing, would get: `chance`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from sct.analysis.displacement import (
    GRADIENT,
    MOVING,
    SETS,
    SPREAD,
    SUMS,
    WITHIN,
    clip_sums,
    lags_of,
    pearson,
)
from sct.evaluation.open import open_synthetic
from sct.evaluation.statistics import wilson
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.video.clip import normalise

RESAMPLES = 1000  # of the bootstrap


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
    """Measures how well each head of shifted MSA follows motion; see the top of this file.

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
    sums_of: dict[tuple[int, int, int], list[Tensor]] = {}
    kinds: dict[tuple[int, int, int], dict[str, object]] = {}
    done = 0
    for clips, count in test_set.blocks():
        trace = model(normalise(clips.frames.to(model.device)), ablation, trace=True).trace
        for stage, blocks in trace.shifted_seen.items():
            for number, seen in enumerate(blocks):
                lags = lags_of(seen.matched)
                sums = clip_sums(seen.matched, clips, seen.grid, lags)
                for head, lag in enumerate(lags):
                    key = (stage, number, head)
                    sums_of.setdefault(key, []).append(sums[:count, head])
                    kinds[key] = {"grounded": head in seen.grounded, "offset": lag}
        done += count
        if progress:
            progress(done, len(test_set))
    if not sums_of:
        raise LookupError(f"there is no shifted MSA to follow motion (ablation: {ablation})")
    rows = []
    for key, parts in sorted(sums_of.items()):
        sums = torch.cat(parts).cpu().numpy()  # (clip, how, sum)
        counted = float(sums[:, 0, 2 * SUMS].sum() / sums[:, 0, 0].sum())
        mean, peak, even = (figures(sums[:, i]) for i in range(sums.shape[1]))
        row = dict(zip(("stage", "block", "head"), key, strict=True)) | kinds[key]
        row |= {"counted": round(counted, 4), "chance": even["correlation"]}
        rows.append({**row, **mean, "peak": peak})
    tokens = (
        f"grey levels spread by {SPREAD:g} and vary by {GRADIENT:g} a pixel in every direction, "
        f"source visible, of one layer and inside the window; moving: by {MOVING:g} tokens or "
        f"more; direction: within {WITHIN:g} degrees"
    )
    return {"n": done, "tokens": tokens, "heads": rows, **test_set.facts()}


def figures(sums: np.ndarray) -> dict[str, object]:
    """Computes correlations, directions and gain, with intervals, of one head and read-out.

    Args:
        sums: float64 (clip, 20), see `sct.analysis.displacement.head_sums`.
    """
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    total, again = sums.sum(0), drawn @ sums
    parts = {name: slice(i * SUMS, (i + 1) * SUMS) for i, name in enumerate(SETS)}
    found: dict[str, object] = {"correlation": _round(pearson(total[parts["correlation"]]))}
    found["correlation_ci95"] = _interval(pearson(again[:, parts["correlation"]]))
    for name in ("correlation_all_valid", "correlation_all"):
        found[name] = _round(pearson(total[parts[name]]))
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


def _interval(values: np.ndarray) -> list[float]:
    return [_round(v) for v in np.nanpercentile(values, (2.5, 97.5))]


def _round(value: float) -> float:
    return round(float(value), 4)
