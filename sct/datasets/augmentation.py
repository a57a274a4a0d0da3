"""Augments clips by seeded changes; `sct.datasets.mirrors.labels` says what these do to labels.

All of a clip's frames are changed alike, or motion would appear that is none. What happens to a
clip depends on its random numbers alone, not on the batch that it comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sct.datasets.mirrors.labels import AXES, mirrored_labels
from sct.datasets.options import Augment

__all__ = ["AXES", "Transform", "draw_transform", "jitter_colour", "mirrored_labels"]


@dataclass(frozen=True)
class Transform:
    """Holds what happens to one clip; the default is nothing: the middle square, all of the item.

    Attributes:
        window: which strip of a long item, 0 to 1.
        begin: where in it the clip starts, 0 to 1.
        cover: share of the item that frames spread over.
        pace: stride of dense frames in strides.
        height, width: of the part to crop, in short sides of the picture.
        top, left: where that part is, 0 to 1.
        flip, flip_vertical: mirrored left and right; top and bottom.
        brightness, contrast, saturation: factors.
    """

    window: float = 0.5
    begin: float = 0.5
    cover: float = 1.0
    pace: float = 1.0
    height: float = 1.0
    width: float = 1.0
    top: float = 0.5
    left: float = 0.5
    flip: bool = False
    flip_vertical: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return (top, left, height, width) in pixels of a picture of that size."""
        short = min(height, width)
        rows = min(height, max(1, round(self.height * short)))
        columns = min(width, max(1, round(self.width * short)))
        return (
            round(self.top * (height - rows)),
            round(self.left * (width - columns)),
            rows,
            columns,
        )


def draw_transform(
    augment: Augment, rng: np.random.Generator, flip: bool, flip_vertical: bool = False
) -> Transform:
    """Draw what happens to one clip.

    The same numbers are taken from `rng` whatever the strengths, so that to change one leaves the
    others as they are.

    Args:
        augment: how strongly clips are changed.
        rng: gives the numbers.
        flip, flip_vertical: whether the clip may be mirrored left and right, and top and bottom.
    """
    u = rng.random(13).tolist()
    side = (augment.crop[0] + u[0] * (augment.crop[1] - augment.crop[0])) ** 0.5
    stretch = augment.aspect ** (u[1] - 0.5)
    factor = [1 + augment.colour * (2 * x - 1) for x in u[9:12]]
    return Transform(
        window=u[2],
        begin=u[3],
        cover=1 - augment.temporal * u[4],
        pace=(1 + augment.temporal) ** (2 * u[4] - 1),
        height=side / stretch,
        width=side * stretch,
        top=u[5],
        left=u[6],
        flip=flip and augment.flips is not False and u[7] < 0.5,
        flip_vertical=flip_vertical and augment.flips_vertical and u[8] < 0.5,
        brightness=factor[0],
        contrast=factor[1],
        saturation=factor[2],
    )


def jitter_colour(frames: Tensor, transforms: Sequence[Transform]) -> Tensor:
    """Change brightness, contrast (about the clip's mean grey) and saturation as drawn.

    Args:
        frames: uint8 (B, T, 3, S, S), RGB.
        transforms: one for each clip.

    Returns:
        uint8 of the same shape on the same device. Bit for bit the same for a clip alone and in a
        batch: sums are of whole numbers, and products and sums are separate roundings.
    """
    factors = [(d.brightness, d.contrast, d.saturation) for d in transforms]
    if all(factor == (1.0, 1.0, 1.0) for factor in factors):
        return frames
    bright, contrast, saturation = torch.tensor(factors, dtype=torch.float64).unbind(1)
    weights = (299, 587, 114)
    sums = frames.sum(dim=(1, 3, 4), dtype=torch.int64).cpu()  # (B, 3)
    total = (sums * torch.tensor(weights)).sum(dim=1).double()
    grey = total * bright / (1000 * frames[0, :, 0].numel())
    # Every value becomes own * value + shared * (grey of its pixel) + offset.
    own, shared = bright * contrast * saturation, bright * contrast * (1 - saturation)
    offset = (1 - contrast) * grey + 0.5  # 0.5: cutting off the fraction then rounds
    own, shared, offset = (
        x.float().to(frames.device).view(-1, 1, 1, 1, 1) for x in (own, shared, offset)
    )
    pixel = torch.zeros_like(frames[:, :, :1], dtype=torch.float32)
    for channel, weight in enumerate(weights):
        pixel += frames[:, :, channel : channel + 1].float().mul_(weight / 1000)
    pixel.mul_(shared).add_(offset)
    return frames.float().mul_(own).add_(pixel).clamp_(0, 255).to(torch.uint8)
