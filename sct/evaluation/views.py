"""Asks a model about several views of a clip, which together show all of a wide picture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.questions import probabilities
from sct.video.clip import Clip, preprocess
from sct.video.crop import views


def clips_of(clip: Clip) -> tuple[Clip, ...]:
    """Return a clip once for each view: the middle of its pictures, then both ends."""
    return tuple(clip.cropped(crop) for crop in views(*clip.frames.shape[1:3]))


@torch.inference_mode()
def over_views(
    model: SCT, clip: Clip, ablation: Ablation | None = None, precision: str = "auto"
) -> tuple[Tensor, Tensor]:
    """Answer by the mean of several views' probabilities.

    Returns:
        logits (class,), whose softmax over each question's classes is that mean, and the mean
        embedding (width,); float32, on the CPU.
    """
    size, logits, embeddings = model.config.image_size, [], []
    for each in clips_of(clip):  # one by one: together they take more memory and no less time
        pixels = preprocess(each, size).to(model.device)
        output = model(pixels, ablation, precision=precision, graph=True)
        logits.append(output.logits.cpu())
        embeddings.append(output.embedding.cpu())
    return mean_of(model.config, logits), torch.cat(embeddings).mean(0)


def mean_of(config: SCTConfig, logits: Sequence[Tensor]) -> Tensor:
    """Return logits (class,) of the mean probabilities of several (1, class)."""
    mean = probabilities(config, torch.cat(list(logits)).float()).mean(0)
    return mean.clamp_min(1e-30).log()
