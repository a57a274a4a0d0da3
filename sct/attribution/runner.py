"""What a method is given, and running it in as many pieces as memory asks for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sct.attribution import memory
from sct.attribution.model_copy import private
from sct.attribution.target import Progress, Score, Steps
from sct.errors import OutOfMemory
from sct.kernels import allocator
from sct.kernels.tiling import ran_out
from sct.model.ablation import Ablation
from sct.model.sct import SCT


@dataclass
class Job:
    """One run of one method.

    Args:
        model: shared, or a frugal copy.
        frames: (1, frame, 3, size, size), a copy that nobody else holds.
        baseline: alike, what parts are replaced by.
        ablation: of the model.
        target, against: what is attributed; see `Score`.
        seed: of all that is drawn.
        stage: whose grid layer Grad-CAM looks at, from 1.
        box: (frames, patches a side) of an occluding box, and `stride` from one to the next.
        clips_at_once, gradients_at_once: how many clips may go through at once.
        bound: called before each pass, to keep the process below the limit.
        score, facts: of this run: what counts its passes, and what the method has to say.
    """

    model: SCT
    frames: Tensor
    baseline: Tensor
    ablation: Ablation
    target: int
    against: int | None
    seed: int
    stage: int
    box: tuple[int, int]
    stride: tuple[int, int]
    clips_at_once: int = 1
    gradients_at_once: int = 1
    bound: Callable[[], None] | None = None
    score: Score = field(init=False)
    facts: dict[str, float] = field(init=False)

    def start(self, steps: Steps) -> None:
        self.score, self.facts = self.score_of(self.model, steps), {}

    def score_of(self, model: SCT, steps: Steps | None = None) -> Score:
        """What is attributed, by this model; counted with the run's own passes unless told."""
        steps = steps or self.score.steps
        return Score(model, self.ablation, self.target, self.against, steps, self.bound)

    @property
    def patch(self) -> int:
        return self.model.config.patch

    @property
    def grid(self) -> int:
        return self.frames.shape[-1] // self.patch

    def inputs(self) -> Tensor:
        """The clip as a leaf that gradients end in."""
        return self.frames.clone().requires_grad_()

    def generator(self) -> torch.Generator:
        return torch.Generator("cpu").manual_seed(self.seed)

    def in_order_of_clip(self, values: np.ndarray) -> np.ndarray:
        """Values of the frames as the model saw them, given to the clip's own frames."""
        found = np.zeros_like(values)
        np.add.at(found, list(self.ablation.frame_order(len(values))), values)
        return found


class Way(NamedTuple):
    """How a method is computed: by what, with gradients or without, in how many passes at most."""

    compute: Callable[[Job], np.ndarray]
    gradients: bool
    passes: Callable[[Job], int]


def run(
    way: Way, job: Job, limit: int, progress: Progress | None
) -> tuple[np.ndarray, dict[str, float]]:
    """What a method gives, (frame, grid, grid), and its facts; `limit` is of bytes in use at once.

    Where there is less memory than was thought, it starts again in smaller pieces.

    Raises:
        OutOfMemory: not even the smallest piece fits.
    """
    bound = None if job.frames.is_cuda else memory.Bound(limit)
    for plan in plans(replace(job, bound=bound), limit, way.gradients):
        plan.start(Steps(way.passes(plan), progress))
        failed = None
        try:
            values = way.compute(plan)
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error):
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
    """The same job, each time with less at once; the last one computes activations again.

    Raises:
        OutOfMemory: the last one, too, would pass the limit.
    """
    forward = memory.clip_bytes(job.model, job.frames)
    clips = memory.at_once(limit, forward, memory.MOST)
    if not gradients:
        if not clips:
            raise _too_small(limit, forward)
        yield from _halved(job, clips, 1)
        return
    kept = memory.kept_bytes(job.model, job.frames, job.ablation)
    back = memory.gradient_bytes(kept)
    count = memory.at_once(limit, forward + back, memory.MOST_GRADIENTS)
    if count:
        yield from _halved(job, max(clips, 1), count)
    own = private(job.model, frugal=True, before=job.bound)
    height = forward + memory.frugal_bytes(own, job.frames, job.ablation, back)
    if height > limit:
        raise _too_small(limit, height)
    yield replace(job, model=own, clips_at_once=max(clips, 1), gradients_at_once=1)


def _halved(job: Job, clips: int, grads: int) -> Iterator[Job]:
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
