"""The auxiliary loss of patches: each is asked what the subject does that it shows.

A composite clip's answer about its subject is one word for 392 patches, most of which show none of
it. Asked one by one, before they are averaged, they learn it in a fraction of the clips. The head
that answers for the clip answers for a patch, too, so that nothing is added to the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.model.sct import SCT
from sct.questions import questions_of
from sct.synthetic.composite import FAR, SUBJECT_LAYERS
from sct.synthetic.subjects import SUBJECT_LABELS

if TYPE_CHECKING:
    from sct.synthetic.clips import SyntheticBatch

_SHOWS, _SHOWS_NONE = (
    0.3,
    0.03,
)  # shares of a patch that the subject fills; between, it is not asked


def asks(model: SCT) -> bool:
    """Say whether one of a model's questions is what the subject of a composite clip does."""
    return any(question.labels == SUBJECT_LABELS for question in questions_of(model.config))


def patch_terms(model: SCT, grid: Tensor, truth: SyntheticBatch) -> tuple[Tensor, Tensor]:
    """Sum the cross-entropies of the patches' answers, and their weights.

    Patches that show the subject and patches that show none of it weigh the same as a whole.

    Args:
        model: of which `asks` holds.
        grid: (B, T, side, side, channel), what entered the clip encoder, with its gradients.
        truth: composite clips; those of filmed pictures, of which no pixel is known, do not count.

    Returns:
        two scalars: the sum, and the weight by which it is to be divided.
    """
    question = next(q for q in questions_of(model.config) if q.labels == SUBJECT_LABELS)
    answer = model.head(model.clip.norm(model.frame_norm(grid)))[:, 1:, ..., question.classes]
    low, high = SUBJECT_LAYERS
    filled = ((truth.shown >= low) & (truth.shown <= high))[:, 1:].float()
    filled = F.adaptive_avg_pool2d(filled, grid.shape[2])
    drawn = (truth.steps[:, 0, 0, 0, 2].abs() < FAR)[:, None, None, None]
    shows, empty = (filled >= _SHOWS) & drawn, (filled <= _SHOWS_NONE) & drawn
    none = SUBJECT_LABELS.index("none")
    label = torch.where(shows, truth.labels[:, 1, None, None, None], none)
    loss = F.cross_entropy(answer.flatten(0, -2).float(), label.flatten(), reduction="none")
    weight = sum(
        some.flatten() / some.sum().clamp(min=1) * (some.sum() > 0) for some in (shows, empty)
    )
    return (loss * weight).sum(), weight.sum()
