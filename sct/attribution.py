"""Attribution: what each patch of a clip did for an answer, and whether that can be believed.

    found = attribute(model, frames, "occlusion")
    found = attribute(model, frames, "occlusion", target=1, against=2)   # why 1 and not 2

The methods are those of Captum; docs/attributions.md says what each computes.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from sct.ablation import Ablation
from sct.attributing import jobs
from sct.attributing.jobs import Job
from sct.attributing.methods import WAYS
from sct.attributing.results import BASELINES, METHODS, Attribution, Method, method_of
from sct.attributing.score import Progress, baseline
from sct.model import SCT

__all__ = ["BASELINES", "METHODS", "Attribution", "Method", "attribute"]

MEMORY = 1_500_000_000


def attribute(
    model: SCT,
    frames: Tensor,
    method: str,
    target: int | None = None,
    against: int | None = None,
    *,
    ablation: Ablation | None = None,
    base: str = "still",
    stage: int | None = None,
    box: tuple[int, int] | None = None,
    stride: tuple[int, int] | None = None,
    seed: int = 0,
    memory: int = MEMORY,
    progress: Progress | None = None,
) -> Attribution:
    """What each patch did for the logit of `target`, or for its lead over that of `against`.

    Args:
        model: shared with whom it may be; nothing is put on it.
        frames: (1, frame, 3, size, size), normalised, as `sct.video.preprocess` gives.
        method: key of one of `METHODS`.
        target: place of a label; None is the most likely one.
        against: place of another one.
        ablation: of the model.
        base: what parts are replaced by, one of `BASELINES`; see `sct.attributing.score.baseline`.
        stage: whose grid layer Grad-CAM looks at, from 1; None is the last.
        box: (frames, patches a side) of an occluding box; None is half of the clip's frames and a
            seventh of the grid's side.
        stride: from one box to the next, alike; None is half of a box.
        seed: of all that is drawn: same seed, same result.
        memory: bytes that a run may take on top of model and clip.
        progress: called as (done, total) with clips that went through the model; may raise, which
            ends the run and leaves nothing behind.

    Raises:
        ValueError: names the argument, its value and what is allowed.
        OutOfMemory: not even one clip at a time fits.
    """
    what = method_of(method)
    ablation = ablation or Ablation()
    if len(frames) != 1:
        raise ValueError(f"frames: {len(frames)} clips: attribute one at a time")
    if base not in BASELINES:
        raise ValueError(f"base {base!r}: allowed: {', '.join(BASELINES)}")
    stage = _number("stage", stage or model.config.stages, 1, model.config.stages)
    began = time.perf_counter()
    # A page may call from within inference mode, whose tensors have no gradients.
    with torch.inference_mode(False), torch.enable_grad():
        frames = frames.detach().to(model.device).clone()
        with torch.no_grad():
            logits = model(frames, ablation, precision="float32").logits[0]
        last = len(logits) - 1
        target = _number("target", int(logits.argmax()) if target is None else target, 0, last)
        if against is not None and _number("against", against, 0, last) == target:
            raise ValueError(f"against {against}: must be another label than the target")
        grid = frames.shape[-1] // model.config.patch
        box = _box("box", box or (-(-frames.shape[1] // 2), max(1, grid // 7)), frames, grid)
        job = Job(
            model=model,
            frames=frames,
            baseline=baseline(frames, base),
            ablation=ablation,
            target=target,
            against=against,
            seed=_number("seed", seed, 0, 2**62),
            stage=stage,
            box=box,
            stride=_box("stride", stride or tuple(-(-side // 2) for side in box), frames, grid),
        )
        values, facts = jobs.run(WAYS[what.key], job, memory, progress)
    score = logits[target] - (0 if against is None else logits[against])
    return Attribution(
        method=what.key,
        target=target,
        against=against,
        ablation=str(ablation),
        values=np.ascontiguousarray(values, np.float32),
        frames=values.sum((1, 2), dtype=np.float64).astype(np.float32),
        facts={"score": float(score), **facts, "seconds": time.perf_counter() - began},
    )


def _number(name: str, value: int, low: int, high: int) -> int:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        raise ValueError(f"{name} {value!r}: allowed: {low} to {high}")
    return int(value)


def _box(name: str, box: tuple[int, int], frames: Tensor, grid: int) -> tuple[int, int]:
    long, wide = box
    return (
        _number(f"{name} frames", long, 1, frames.shape[1]),
        _number(f"{name} patches", wide, 1, grid),
    )
