"""Maps each method to the function that computes it and the number of its passes."""

from __future__ import annotations

import math

import numpy as np
import torch

from sct.analysis import rollout
from sct.attribution import gradient, perturbation
from sct.attribution.job import Job, Way


def attention_rollout(job: Job) -> np.ndarray:
    """Computes each patch's share of the clip by attention rollout, whatever the target; sum 1."""
    with torch.no_grad():
        trace = job.model(job.frames, job.ablation, trace=True, precision="float32").trace
    job.score.steps.add(1)
    job.score.passes += 1
    return job.in_order_of_clip(rollout.rollout(job.model, trace).share)


def _frames(job: Job) -> int:
    return job.frames.shape[1]


def _boxes(job: Job) -> int:
    """Counts the boxes; Captum's last one of a row may reach over the edge."""
    lengths = (_frames(job), job.grid, job.grid)
    boxes, strides = (job.box[0], *job.box[1:] * 2), (job.stride[0], *job.stride[1:] * 2)
    steps = zip(lengths, boxes, strides, strict=True)
    return math.prod(math.ceil((length - box) / stride) + 1 for length, box, stride in steps)


WAYS: dict[str, Way] = {
    "integrated-gradients": Way(
        gradient.integrated_gradients, True, lambda job: gradient.MOST_PASSES
    ),
    "saliency": Way(gradient.saliency, True, lambda job: 1),
    "input-x-gradient": Way(gradient.input_x_gradient, True, lambda job: 1),
    "smoothgrad": Way(gradient.smoothgrad, True, lambda job: gradient.COPIES),
    "grad-cam": Way(gradient.grad_cam, True, lambda job: 1),
    "occlusion": Way(perturbation.occlusion, False, lambda job: _boxes(job) + 1),
    "chunks": Way(
        perturbation.chunks,
        False,
        lambda job: _frames(job) * (job.grid // job.model.config.chunk) ** 2 + 1,
    ),
    "frames": Way(perturbation.frames, False, lambda job: _frames(job) + 1),
    "shapley": Way(
        perturbation.shapley,
        False,
        lambda job: min(2 ** _frames(job), perturbation.ORDERS * _frames(job) + 1),
    ),
    "rollout": Way(attention_rollout, False, lambda job: 1),
}
