"""Augments clips by seeded changes, and says what these do to labels.

All of a clip's frames are changed alike, or motion would appear that is none. What happens to a
clip depends on its random numbers alone, not on the batch that it comes in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sct.datasets.options import Augment
from sct.validation import ARGUMENT, check_choice

AXES = ("horizontal", "vertical")


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
        flip=flip and augment.flips and u[7] < 0.5,
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


# -- labels of mirrored clips ----------------------------------------------------------------------

_TURNS = (("clockwise", "counterclockwise"),)
_WORDS = {
    "horizontal": (
        ("left", "right"),
        ("leftward", "rightward"),
        ("leftwards", "rightwards"),
        *_TURNS,
    ),
    "vertical": (
        ("up", "down"),
        ("upward", "downward"),
        ("upwards", "downwards"),
        ("top", "bottom"),
        ("above", "below"),
        *_TURNS,
    ),
}


def mirrored_labels(labels: Sequence[str], axis: str = "horizontal") -> tuple[int, ...]:
    """Return for each label the place of the label that a mirrored clip has, -1 if there is none.

    Labels of synthetic clips are known. In any other, words such as left and right change places
    ("from left to right" becomes "from right to left"); capitals, hyphens and underscores do not
    matter. A label without such words stays. Where the mirrored label is not among `labels`, a clip
    must not be mirrored.

    Args:
        labels: of all classes.
        axis: "horizontal" or "vertical".

    Raises:
        ValueError: another axis.
    """
    from sct.synthetic import clips  # late: labels of videos need none of it

    check_choice("axis", axis, AXES, ARGUMENT)
    swap = {a: b for pair in _WORDS[axis] for a, b in (pair, pair[::-1])}
    forms = [_form(label) for label in labels]
    common = Counter(forms)
    places = {form: i for i, form in enumerate(forms) if common[form] == 1}

    def partner(i: int) -> int:
        if labels[i] in clips.LABELS:
            form = _form(clips.mirrored(labels[i], axis))
        else:
            form = re.sub("[a-z]+", lambda word: swap.get(word[0], word[0]), forms[i])
        if form == forms[i]:
            return i
        return places.get(form, -1) if forms[i] in places else -1

    return tuple(partner(i) for i in range(len(labels)))


def _form(label: str) -> str:
    """Write `label` as words in small letters, counterclockwise being one of them."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).lower()
    words = re.sub(r"[\s_-]+", " ", words)
    return re.sub(r"\b(counter|anti) ?clockwise\b", "counterclockwise", words)
