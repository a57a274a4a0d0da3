"""The auxiliary loss of patches: the last grid is to carry how each patch moves.

What a subject does is what it does beside the camera. So six channels of what enters the clip
encoder are drawn to the true motion of composite clips: two to that of the patch beside the scene
behind it, two to that of the scene, and two to how what the patch shows turns and grows beside it.
They are channels of the model as it is: nothing is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.model.sct import SCT
from sct.synthetic.camera import sources
from sct.training.grounding import token_places

if TYPE_CHECKING:
    from sct.synthetic.batch import SyntheticBatch

CHANNELS = 6
FAR = 1e5  # pixels: filmed pictures, of which no pixel is known, have sources further off
_SCALE, _MOST = 2.0, 3.0  # of a channel for a motion of one patch a frame, and its largest value
_TURN, _GROWTH = 5.0, 12.0  # of a channel for a turn of one radian, a growth of e, in a frame
_MOVES, _TURNS = 0.05, 0.03  # patches, and radians or powers of e, a frame


def patch_terms(model: SCT, grid: Tensor, truth: SyntheticBatch) -> tuple[Tensor, Tensor]:
    """Sum the smooth L1 losses of the patches' channels, and their weights.

    Patches that move beside the scene and those that do not weigh the same as a whole.

    Args:
        model: which normalises what enters its clip encoder.
        grid: (B, T, side, side, channel), that, with its gradients.
        truth: composite clips; filmed ones do not count.

    Returns:
        two scalars: the sum, and the weight by which it is to be divided.
    """
    side, size = grid.shape[2], truth.frames.shape[-1]
    found = truth.token_sources(side)
    behind = sources(truth.steps[:, 0], side, size)
    place = token_places(found)
    beside = behind - found
    turns = turns_of(truth, side)
    scales = torch.tensor((_TURN, _GROWTH), device=turns.device)
    moved = torch.cat((beside, place - behind), -1) * _SCALE
    target = torch.cat((moved, turns * scales), -1).clamp(-_MOST, _MOST)[:, 1:]
    channels = model.frame_norm(grid)[:, 1:, ..., :CHANNELS].float()
    loss = F.smooth_l1_loss(channels, target, reduction="none").sum(-1)
    drawn = truth.steps[:, 0, 0, 0, 2].abs() < FAR
    valid = (truth.token_valid(side) & drawn[:, None, None, None])[:, 1:]
    moves = (beside[:, 1:].norm(dim=-1) > _MOVES) | (turns[:, 1:].abs() > _TURNS).any(-1)
    weight = sum(
        some / some.sum().clamp(min=1) * (some.sum() > 0)
        for some in (valid & moves, valid & ~moves)
    )
    return (loss * weight).sum(), weight.sum()


def turns_of(truth: SyntheticBatch, side: int) -> Tensor:
    """Return how far what each patch shows turns clockwise and grows beside the scene.

    Returns:
        float32 (B, T, side, side, 2), radians and powers of e since the frame before.
    """
    linear = truth.steps[:, :1, ..., :2] - truth.steps[..., :2]  # (B, L, T, row and column)
    turn = (linear[..., 0, 1] - linear[..., 1, 0]) / 2
    grow = (linear[..., 0, 0] + linear[..., 1, 1]) / 2
    every = torch.stack((turn, grow), -1).transpose(1, 2)  # (B, T, L, 2)
    layer = truth.token_layers(side)[1].flatten(2)[..., None].expand(-1, -1, -1, 2)
    return every.gather(2, layer).unflatten(2, (side, side))
