"""Attribution: what each patch of a clip did for an answer, and whether that can be believed.

    found = attribute(model, frames, "occlusion")
    found = attribute(model, frames, "occlusion", target=1, against=2)   # why 1 and not 2

The methods are those of Captum; docs/attributions.md says what each computes.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sct.attribution import runner, sanity_checks
from sct.attribution.deletion_insertion import Curve, References, curves, references
from sct.attribution.memory import or_said
from sct.attribution.registry import WAYS
from sct.attribution.result import BASELINES, METHODS, Attribution, Method, method_of
from sct.attribution.runner import Job
from sct.attribution.sanity_checks import Check
from sct.attribution.target import Progress, baseline
from sct.checkpoint.io import SHIPPED, fingerprint, list_models
from sct.evaluation.accuracy import no_nan
from sct.kernels import allocator
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.validation import ARGUMENT, check_choice, check_whole

__all__ = [
    "BASELINES",
    "METHODS",
    "Attribution",
    "Check",
    "Curve",
    "Method",
    "References",
    "attribute",
    "check",
    "curves",
    "measured",
    "method_of",
    "references",
]

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
        frames: (1, frame, 3, size, size), normalised, as `sct.video.clip.preprocess` gives.
        method: key of one of `METHODS`.
        target: place of a label; None is the most likely one.
        against: place of another one.
        ablation: of the model.
        base: what parts are replaced by, one of `BASELINES`; see `sct.attribution.target.baseline`.
        stage: whose grid layer Grad-CAM looks at, from 1; None is the last.
        box: (frames, patches a side) of an occluding box; None is all frames and a third of the
            grid's side: what moves on before or after a shorter box still says how it moves.
        stride: from one box to the next, alike, at most a box; None is all frames and a third of a
            box's side.
        seed: of all that is drawn: same seed, same result.
        memory: bytes by which the process may grow while this runs, on a CPU; on a GPU, bytes of
            the GPU's memory in use on top of model and clip.
        progress: called as (done, total) with clips that went through the model; may raise, which
            ends the run and leaves nothing behind.

    Raises:
        ValueError: names the argument, its value and what is allowed.
        ModelError: the model answers with NaN.
        OutOfMemory: not even one clip at a time fits.
    """
    what = method_of(method)
    ablation = ablation or Ablation()
    if len(frames) != 1:
        raise ValueError(f"frames: {len(frames)} clips: attribute one at a time")
    check_choice("base", base, BASELINES, ARGUMENT)
    stage = _number("stage", stage or model.config.stages, 1, model.config.stages)
    began = time.perf_counter()
    # A page may call from within inference mode, whose tensors have no gradients.
    with or_said(), torch.inference_mode(False), torch.enable_grad():
        frames = frames.detach().to(model.device).clone()
        with torch.no_grad():
            logits = no_nan(model(frames, ablation, precision="float32").logits)[0]
        last = len(logits) - 1
        target = _number("target", int(logits.argmax()) if target is None else target, 0, last)
        if against is not None and _number("against", against, 0, last) == target:
            raise ValueError(f"against {against}: must be another label than the target")
        grid = frames.shape[-1] // model.config.patch
        whole = (frames.shape[1], grid)
        box = _box("box", box or (whole[0], max(1, grid // 3)), whole)
        stride = _box("stride", stride or (box[0], max(1, box[1] // 3)), box)
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
            stride=stride,
        )
        values, facts = runner.run(WAYS[what.key], job, memory, progress)
    score = logits[target] - (0 if against is None else logits[against])
    return Attribution(
        method=what.key,
        target=target,
        against=against,
        ablation=str(ablation),
        values=np.ascontiguousarray(values, np.float32),
        frames=values.sum((1, 2), dtype=np.float64).astype(np.float32),
        facts={"score": float(score), **facts, "seconds": time.perf_counter() - began},
        options={"base": base, "stage": stage, "box": box, "stride": stride, "seed": seed},
    )


def _number(name: str, value: int, low: int, high: int) -> int:
    return check_whole(name, value, low, high, form=ARGUMENT, allowed=f"{low} to {high}")


def _box(name: str, box: tuple[int, int], most: tuple[int, int]) -> tuple[int, int]:
    long, wide = box
    return (
        _number(f"{name} frames", long, 1, most[0]),
        _number(f"{name} patches", wide, 1, most[1]),
    )


def check(
    model: SCT,
    frames: Tensor,
    attribution: Attribution,
    *,
    known: References | None = None,
    seed: int = 0,
    memory: int = MEMORY,
    progress: Progress | None = None,
) -> Check:
    """Whether an attribution can be believed, by deletion, insertion and runs of the same method.

    Takes three more runs of the method: for a model of shuffled weights and for two noisy clips.

    Args:
        model, frames: those of the attribution.
        known: from `references`, which are the same for all methods on a clip; None makes them.
        seed: of random orders, shuffled weights, boxes and noise.
        memory, progress: as for `attribute`.

    Raises:
        OutOfMemory: not even one clip at a time fits.
    """
    frames = frames.detach().to(model.device)

    def again(other: SCT, clip: Tensor, tell: Progress) -> np.ndarray:
        allocator.hand_back()  # or each run would grow from where the one before it left off
        return attribute(
            other,
            clip,
            attribution.method,
            attribution.target,
            attribution.against,
            ablation=Ablation.parse(attribution.ablation),
            memory=memory,
            progress=tell,
            **attribution.options,
        ).values

    base = str(attribution.options["base"])
    with or_said():
        return sanity_checks.check(
            model, frames, attribution, again, known, base, seed, memory, progress
        )


def measured(name: str) -> dict[str, Any] | None:
    """How the methods did on a fixed set of clips, for a shipped model; None where not measured.

    `python -m benchmarks.studies.attributions` made it; it holds for the weights that it names.
    """
    path = SHIPPED / f"{name}.attributions.json"
    if name not in list_models() or not path.is_file():
        return None
    found = json.loads(path.read_text())
    return found if found["weights"] == fingerprint(name) else None
