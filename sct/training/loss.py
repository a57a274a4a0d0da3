"""The loss of a step: classification, and for some heads also the grounding loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.questions import questions_of
from sct.training.config import TrainConfig
from sct.training.distributed import World
from sct.training.grounding import grounding_terms
from sct.training.patch_motion import patch_terms
from sct.video.clip import normalise

if TYPE_CHECKING:
    from sct.datasets.loaders import Batch


class TrainingLoss(nn.Module):
    """Computes the loss of a batch, as a module that DistributedDataParallel can wrap.

    The trace stays in here: DistributedDataParallel sees three plain tensors.
    """

    def __init__(self, model: SCT, config: TrainConfig, world: World):
        super().__init__()
        self.model, self.config, self.world = model, config, world
        self.grounded = self.grounds(model, config)
        self.of_patches = config.data == "composite" and config.patch_weight > 0

    @staticmethod
    def grounds(model: SCT, config: TrainConfig) -> bool:
        """Say whether heads are taught to follow motion where a batch brings its truth."""
        return config.grounded and any(model.config.grounded_heads)

    def forward(self, batch: Batch, ablation: Ablation) -> tuple[Tensor, Tensor, Tensor]:
        """Return (loss to minimise, this process's share of the losses, its right answers).

        The gradient of the first, averaged over all processes, is that of the global batch. Summed
        over all processes the others are its figures: (loss, grounding) and a count.
        """
        world = self.world
        ground = self.grounded and batch.truth is not None
        trace = ground or self.of_patches
        output = self.model(normalise(batch.frames), ablation, trace, self.config.precision)
        loss, right = answers_loss(
            self.model.config, output.logits, batch.labels, self.config.label_smoothing
        )
        grounding = loss.new_zeros(())
        if ground:
            terms = grounding_terms(output.trace, batch.truth)
            # Each term is a mean over tokens, of which the processes have different numbers.
            counts = world.total(torch.stack([count for _, count in terms])).clamp(min=1e-6)
            grounding = (torch.stack([total for total, _ in terms]) / counts).mean()
        total = loss + self.config.grounding_weight * world.size * grounding
        if self.of_patches:
            grid = output.trace.entered[self.model.config.stages + 1]
            part, weight = patch_terms(self.model, grid, batch.truth)
            share = part / world.total(weight).clamp(min=1e-6)
            total = total + self.config.patch_weight * world.size * share
        shares = torch.stack([loss / world.size, grounding]).detach()
        return total, shares, right


def answers_loss(
    config: SCTConfig, logits: Tensor, labels: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Compute the loss of answers: the sum of the questions' cross-entropies.

    Args:
        config: the model's, which has its questions.
        logits: (B, class).
        labels: int64 (B,), or (B, question) of a model with several: places in the labels of each
            question, -1 where nobody knows.
        smoothing: share of a target that goes to all labels of the question.

    Returns:
        the loss, and how many clips have no wrong answer.
    """
    labels = labels if labels.dim() == 2 else labels[:, None]
    loss, right = logits.new_zeros(()), torch.ones_like(labels[:, 0], dtype=torch.bool)
    for question, truth in zip(questions_of(config), labels.unbind(1), strict=True):
        own, known = logits[:, question.classes], truth >= 0
        if known.any():
            loss = loss + F.cross_entropy(own, truth, ignore_index=-1, label_smoothing=smoothing)
        right &= ~known | (own.argmax(1) == truth)
    return loss, right.sum()
