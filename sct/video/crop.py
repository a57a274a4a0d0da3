"""The part of a picture that a model sees: a square of it, or all of it made square."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

LEAST_SIDE = 0.25  # of a square, in short sides of the picture: less shows too few pixels


@dataclass(frozen=True)
class Crop:
    """A part of each frame; its text form, `str(crop)`, is read by `Crop.parse`.

    "centre" is the middle square, "0.2,0.5" the largest square whose middle is nearest to that
    place, "0.2,0.5,0.4" one of that many short sides, "fit" the whole picture, squeezed.

    Args:
        x, y: the middle of the square, in widths from the left and heights from the top, 0 to 1;
            one that would reach beyond the picture is moved inside.
        side: of the square, in short sides of the picture, 0.25 to 1.
        fit: take the whole picture and squeeze its long side; then the others are not used. Bars
            above and below would look like something that stands still.

    Raises:
        ValueError: a number out of range.
    """

    x: float = 0.5
    y: float = 0.5
    side: float = 1.0
    fit: bool = False

    def __post_init__(self) -> None:
        for name in ("x", "y", "side"):  # as the text form has them
            object.__setattr__(self, name, round(getattr(self, name), 3))
        places = 0 <= self.x <= 1 and 0 <= self.y <= 1
        if not (places and LEAST_SIDE <= self.side <= 1):
            raise ValueError(
                f"crop {self.x:g},{self.y:g},{self.side:g}: the first two go from 0 to 1, the side "
                f"from {LEAST_SIDE:g} to 1"
            )

    def __str__(self) -> str:
        if self.fit:
            return "fit"
        if self == CENTRE:
            return "centre"
        side = "" if self.side == 1 else f",{self.side:g}"
        return f"{self.x:g},{self.y:g}{side}"

    @classmethod
    def parse(cls, text: str) -> Crop:
        """Read the text form. Raises ValueError that says what is accepted."""
        name = text.strip().lower()
        if name in ("centre", "center", "fit"):
            return FIT if name == "fit" else CENTRE
        try:
            numbers = [float(part) for part in name.split(",")]
            if len(numbers) not in (2, 3):
                raise ValueError
        except ValueError:
            raise ValueError(
                f"crop {text[:40]!r}: it is centre, fit, or X,Y or X,Y,SIDE such as 0.2,0.5"
            ) from None
        return cls(*numbers)

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return top, left, height and width of the part, in pixels of a picture of that size."""
        if self.fit:
            return 0, 0, height, width
        side = max(1, round(min(height, width) * self.side))
        top, left = (
            max(0, min(length - side, math.floor(length * at - side / 2)))
            for length, at in ((height, self.y), (width, self.x))
        )
        return top, left, side, side


CENTRE, FIT = Crop(), Crop(fit=True)


def seen(frame: np.ndarray, image_size: int, crop: Crop = CENTRE) -> np.ndarray:
    """Return what a model sees of a frame: its crop, shrunk by area averaging or enlarged linearly.

    Args:
        frame: uint8 (H, W, 3).

    Returns:
        uint8 (image_size, image_size, 3).
    """
    top, left, tall, wide = crop.box(*frame.shape[:2])
    square = np.ascontiguousarray(frame[top : top + tall, left : left + wide])
    method = cv2.INTER_AREA if min(tall, wide) > image_size else cv2.INTER_LINEAR
    return cv2.resize(square, (image_size, image_size), interpolation=method)


def views(height: int, width: int) -> tuple[Crop, ...]:
    """Return the crops that see all of a picture's long side: its middle first, then both ends.

    One alone of a picture that is square.
    """
    if height == width:
        return (CENTRE,)
    ends = (0.0, 1.0)
    return (CENTRE, *(Crop(x=at) if width > height else Crop(y=at) for at in ends))
