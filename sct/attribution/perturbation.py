"""Methods that replace parts of a clip, by Captum: each takes a `Job`.

Captum gives every pixel of a part the part's whole effect; here the effect is spread evenly over
the part's patches, so that a sum over patches is a sum over parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from captum.attr import FeatureAblation, Occlusion, ShapleyValues, ShapleyValueSampling
from einops import reduce
from torch import Tensor

from sct.attribution.job import Job

ORDERS = 16  # in which frames join the clip
EXACT = 5  # frames up to which all orders are tried


def occlusion(job: Job) -> np.ndarray:
    """Computes score(clip) - score(clip whose box is replaced), the mean over a patch's boxes."""
    (long, wide), (later, aside) = job.box, job.stride
    found = Occlusion(job.score).attribute(
        job.frames,
        sliding_window_shapes=(long, 3, wide * job.patch, wide * job.patch),
        strides=(later, 3, aside * job.patch, aside * job.patch),
        baselines=job.baseline,
        perturbations_per_eval=job.clips_at_once,
    )
    return _of_patches(found, job) / (long * wide * wide)


def frames(job: Job) -> np.ndarray:
    """Computes score(clip) - score(clip whose frame is replaced)."""
    return _ablated(job, _frame_mask(job)) / job.grid**2


def chunks(job: Job) -> np.ndarray:
    """Computes score(clip) - score(clip one of whose chunks is replaced in one frame)."""
    side = job.model.config.chunk
    count, across = job.frames.shape[1], job.grid // side
    number = torch.arange(count * across * across).view(1, count, 1, across, across)
    pixels = side * job.patch
    mask = number.repeat_interleave(pixels, 3).repeat_interleave(pixels, 4)
    return _ablated(job, mask) / side**2


def shapley(job: Job) -> np.ndarray:
    """Computes Shapley values of the frames, by all orders of few frames and 16 of more.

    A clip is one of 2^frames mixtures of its own and replaced frames, whatever the orders are, so
    the model sees each of them once at most.
    """
    count = job.frames.shape[1]
    score = _CachedScore(job)
    explain = ShapleyValues(score) if count <= EXACT else ShapleyValueSampling(score)
    options = {}
    if count > EXACT:
        explain.permutation_generator = lambda features, samples: _orders(job, features, samples)
        options["n_samples"] = ORDERS
    found = explain.attribute(
        job.frames,
        baselines=job.baseline,
        feature_mask=_frame_mask(job),
        perturbations_per_eval=job.clips_at_once,
        **options,
    )
    job.facts |= {"baseline_score": float(score(job.baseline)), "mixtures": len(score.known)}
    return _of_patches(found, job) / job.grid**2


def _orders(job: Job, count: int, samples: int) -> Iterable[Sequence[int]]:
    generator = job.generator()
    for _ in range(0, samples, 2):
        order = torch.randperm(count, generator=generator).tolist()
        yield order
        yield order[::-1]


class _CachedScore:
    """Scores mixtures of a clip's frames and those of its baseline, each computed once."""

    def __init__(self, job: Job):
        self.job = job
        self.known: dict[tuple[bool, ...], float] = {}

    def __call__(self, clips: Tensor) -> Tensor:
        own = (clips == self.job.frames).flatten(2).all(-1)
        keys = [tuple(row) for row in own.tolist()]
        new = {key: place for place, key in enumerate(keys) if key not in self.known}
        if new:
            scores = self.job.score(clips[list(new.values())])
            self.known |= dict(zip(new, scores.tolist(), strict=True))
        return clips.new_tensor([self.known[key] for key in keys])


def _frame_mask(job: Job) -> Tensor:
    return torch.arange(job.frames.shape[1]).view(1, -1, 1, 1, 1)


def _ablated(job: Job, mask: Tensor) -> np.ndarray:
    found = FeatureAblation(job.score).attribute(
        job.frames,
        baselines=job.baseline,
        feature_mask=mask.to(job.frames.device),
        perturbations_per_eval=job.clips_at_once,
    )
    return _of_patches(found, job)


def _of_patches(found: Tensor, job: Job) -> np.ndarray:
    """Averages over channels and a patch's pixels, which all have the same."""
    at = reduce(found[0], "t c (i p) (j q) -> t i j", "mean", p=job.patch, q=job.patch)
    return at.float().cpu().numpy()
