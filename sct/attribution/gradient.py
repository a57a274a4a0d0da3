"""Gradient methods, by Captum: each takes a `Job` and returns float32 (frame, grid, grid)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import (
    InputXGradient,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    NoiseTunnel,
    Saliency,
)
from torch import Tensor

from sct.attribution.job import Job
from sct.attribution.model_copy import Tapped, held, private
from sct.attribution.target import to_patches

SEGMENTS = 8  # of the way from the baseline to the clip, to begin with
NODES = 4  # of the Gauss-Legendre quadrature in each
MOST_SPLITS = 24
MOST_PASSES = (NODES + 1) * (SEGMENTS + 2 * MOST_SPLITS) + 1  # also one more at each place
ENOUGH = 0.01  # of the difference that may be missing
LEAST = 0.01  # logits; a difference of less counts as so much
NOISE = 0.1  # of the clip's range of values: its standard deviation in SmoothGrad
COPIES = 16


def saliency(job: Job) -> np.ndarray:
    """Computes |d score / d pixel|, summed over a patch."""
    return to_patches(Saliency(job.score).attribute(job.inputs()), job.patch)


def input_x_gradient(job: Job) -> np.ndarray:
    """Computes pixel x d score / d pixel, summed over a patch; grey is 0."""
    return to_patches(InputXGradient(job.score).attribute(job.inputs()), job.patch)


class _SeededNoise(NoiseTunnel):
    """Draws from a generator of its own: the global one belongs to all threads."""

    def __init__(self, method: Saliency, generator: torch.Generator):
        super().__init__(method)
        self.generator = generator

    def _add_noise_to_input(self, input: Tensor, stdev: float, copies: int) -> Tensor:
        # One copy after the other, so that as many at once as may be see the same noise.
        noise = [torch.randn(input.shape, generator=self.generator) for _ in range(copies)]
        return input + stdev * torch.cat(noise).to(input.device)


def smoothgrad(job: Job) -> np.ndarray:
    """Computes |mean over noisy copies of d score / d pixel|, summed over a patch."""
    low, high = job.frames.aminmax()
    mean = _SeededNoise(Saliency(job.score), job.generator()).attribute(
        job.frames,
        nt_samples=COPIES,
        nt_samples_batch_size=min(job.gradients_at_once, COPIES),
        stdevs=NOISE * float(high - low),
        abs=False,
    )
    return to_patches(mean.abs(), job.patch)


def grad_cam(job: Job) -> np.ndarray:
    """Computes layer Grad-CAM after a stage, its grid enlarged to the first one's.

    A channel's weight is the mean of its gradient over all frames and places; a place's value is
    the weighted sum of its channels, kept where it is negative. It is the mean effect per place, so
    values are comparable within a clip only.
    """
    own = private(job.model)
    tapped = Tapped(own.stages[job.stage - 1])
    own.stages[job.stage - 1] = tapped
    score = job.score_of(own)
    found = LayerGradCam(score, tapped.tap).attribute(job.inputs())
    job.score.passes += score.passes
    grid = job.grid
    found = LayerAttribution.interpolate(found.detach(), (found.shape[2], grid, grid), "nearest")
    return job.in_order_of_clip(found[0, 0].float().cpu().numpy())


def integrated_gradients(job: Job) -> np.ndarray:
    """Computes (clip - baseline) x the mean gradient on the way between them, over a patch.

    The answer changes on a small part of the way, where motion becomes visible, so even steps would
    waste most passes and miss that part. The way is cut into segments, on each of which Captum's
    integrated gradients are those of the whole way; that of the largest error (its sum against the
    difference of the answers at its ends) is halved until the sum of all is right.

    Where tokens change buckets of LSH attention the answer jumps, and no gradient shows a jump: the
    way is gone with tokens sorted as they are in the clip. What sorting them anew would do to the
    baseline is a fact of its own, "resorting", not a part of any patch.
    """
    base, clip = job.baseline, job.frames
    own = held(job.model, clip, job.ablation)
    score = job.score_of(own)
    explain = IntegratedGradients(score)

    def at(place: float) -> Tensor:
        return base + place * (clip - base)

    def segment(left: float, right: float, low: float, high: float) -> _Segment:
        start, end = at(left), at(right)
        found = explain.attribute(
            end, start, n_steps=NODES, internal_batch_size=min(job.gradients_at_once, NODES)
        ).detach()
        missing = high - low - float(found.double().sum())
        return _Segment(left, right, low, high, missing, to_patches(found, job.patch))

    ends = np.linspace(0, 1, SEGMENTS + 1)
    scores = [float(score(at(place))) for place in ends]
    pairs = zip(ends[:-1], ends[1:], scores[:-1], scores[1:], strict=True)
    parts = [segment(*pair) for pair in pairs]
    whole = scores[-1] - scores[0]
    splits = 0
    while splits < MOST_SPLITS and not _good(parts, whole):
        worst = max(parts, key=lambda part: abs(part.missing))
        parts.remove(worst)
        middle = (worst.left + worst.right) / 2
        between = float(score(at(middle)))
        parts.append(segment(worst.left, middle, worst.low, between))
        parts.append(segment(middle, worst.right, between, worst.high))
        splits += 1
    missing = sum(part.missing for part in parts)
    free = job.score.at(base)
    job.score.passes += score.passes
    job.facts |= {
        "baseline_score": free,
        "completeness_error": abs(missing) / max(abs(whole), LEAST),
        "resorting": scores[0] - free,
        "steps": NODES * (SEGMENTS + 2 * splits),
    }
    return np.sum([part.values for part in parts], 0, dtype=np.float64).astype(np.float32)


@dataclass(frozen=True)
class _Segment:
    """A part of the path of integration, `left` to `right`, with the scores at its ends."""

    left: float
    right: float
    low: float
    high: float
    missing: float
    values: np.ndarray


def _good(parts: list[_Segment], whole: float) -> bool:
    missing = [part.missing for part in parts]
    return abs(sum(missing)) <= ENOUGH * max(abs(whole), LEAST)
