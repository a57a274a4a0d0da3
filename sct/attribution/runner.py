"""Attributes an answer to the patches of a clip, as many clips at once as memory allows."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from sct.attribution import memory as sizes
from sct.attribution.job import Job, Way
from sct.attribution.memory import MEMORY, or_said
from sct.attribution.model_copy import private
from sct.attribution.registry import WAYS
from sct.attribution.result import BASELINES, Attribution, method_of
from sct.attribution.target import Progress, Steps, baseline
from sct.errors import OutOfMemory
from sct.evaluation.accuracy import no_nan
from sct.kernels import allocator
from sct.kernels.allocator import out_of_memory
from sct.labels import names_of, place_of
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.questions import only_question
from sct.validation import ARGUMENT, check_choice, check_whole


def attribute(
    model: SCT,
    frames: Tensor,
    method: str,
    target: int | str | None = None,
    against: int | str | None = None,
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
    """Attributes the logit of `target`, or its lead over that of `against`, to patches.

    Args:
        model: may be shared; it is not changed, and nothing is put on it.
        frames: (1, frame, 3, size, size), normalised, as `sct.video.clip.preprocess` gives.
        method: key of one of `METHODS`.
        target: a label or its place; None is the most likely one.
        against: another one.
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
    only_question(model.config)
    check_choice("base", base, BASELINES, ARGUMENT)
    stage = _number("stage", stage or model.config.stages, 1, model.config.stages)
    began = time.perf_counter()
    # A page may call from within inference mode, whose tensors have no gradients.
    with or_said(), torch.inference_mode(False), torch.enable_grad():
        frames = frames.detach().to(model.device).clone()
        with torch.no_grad():
            logits = no_nan(model(frames, ablation, precision="float32").logits)[0]
        target = _class(model, "target", int(logits.argmax()) if target is None else target)
        against = None if against is None else _class(model, "against", against)
        if against == target:
            label = names_of(model.config)[target]
            raise ValueError(f"against {label[:60]!r}: must be another label than the target")
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
        values, facts = run(WAYS[what.key], job, memory, progress)
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


def _class(model: SCT, name: str, asked: int | str) -> int:
    if isinstance(asked, str):
        return place_of(asked, names_of(model.config), name)
    return _number(name, asked, 0, model.config.num_classes - 1)


def _number(name: str, value: int, low: int, high: int) -> int:
    return check_whole(name, value, low, high, form=ARGUMENT, allowed=f"{low} to {high}")


def _box(name: str, box: tuple[int, int], most: tuple[int, int]) -> tuple[int, int]:
    long, wide = box
    return (
        _number(f"{name} frames", long, 1, most[0]),
        _number(f"{name} patches", wide, 1, most[1]),
    )


def run(
    way: Way, job: Job, limit: int, progress: Progress | None
) -> tuple[np.ndarray, dict[str, float]]:
    """Runs a method; where memory runs out it starts again with fewer clips at once.

    Args:
        limit: bytes in use at once.

    Returns:
        Values (frame, grid, grid), and facts of the run.

    Raises:
        OutOfMemory: not even one clip at a time fits.
    """
    bound = None if job.frames.is_cuda else sizes.Bound(limit)
    for plan in plans(replace(job, bound=bound), limit, way.gradients):
        plan.start(Steps(way.passes(plan), progress))
        failed = None
        try:
            values = way.compute(plan)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            # Without its traceback, which holds all that the run had made.
            failed = error.with_traceback(None)
        if failed is None:
            plan.score.steps.finish()
            if bound:
                bound()
            at_once = plan.gradients_at_once if way.gradients else plan.clips_at_once
            return values, plan.facts | {"passes": plan.score.passes, "at_once": at_once}
        gc.collect()
        allocator.hand_back()
        if job.frames.is_cuda:
            torch.cuda.empty_cache()
    raise failed


def plans(job: Job, limit: int, gradients: bool) -> Iterator[Job]:
    """Plans the job, each time with less at once; the last one computes activations again.

    Raises:
        OutOfMemory: the last one, too, would pass the limit.
    """
    forward = sizes.clip_bytes(job.model, job.frames)
    clips = sizes.at_once(limit, forward, sizes.MOST)
    if not gradients:
        if not clips:
            raise _too_small(limit, forward)
        yield from _halved(job, clips, 1)
        return
    kept = sizes.kept_bytes(job.model, job.frames, job.ablation)
    back = sizes.gradient_bytes(kept)
    count = sizes.at_once(limit, forward + back, sizes.MOST_GRADIENTS)
    if count:
        yield from _halved(job, max(clips, 1), count)
    own = private(job.model, frugal=True, before=job.bound)
    height = forward + sizes.frugal_bytes(own, job.frames, job.ablation, back)
    if height > limit:
        raise _too_small(limit, height)
    yield replace(job, model=own, clips_at_once=max(clips, 1), gradients_at_once=1)


def _halved(job: Job, clips: int, grads: int) -> Iterator[Job]:
    """Halves how many clips go through at once until it is one."""
    while True:
        yield replace(job, clips_at_once=clips, gradients_at_once=grads)
        if clips == grads == 1:
            return
        clips, grads = max(1, clips // 2), max(1, grads // 2)


def _too_small(limit: int, need: int) -> OutOfMemory:
    return OutOfMemory(
        f"Attributing this clip takes about {need / 1e6:,.0f} MB even one pass at a time, and the "
        f"limit is {limit / 1e6:,.0f} MB: raise the limit, or take a smaller model or fewer frames."
    )
