"""Photographs as scenes of synthetic clips: read once, cropped anew for each clip."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from sct.datasets.files import checked_folder
from sct.errors import DataError
from sct.video.sources import quoted

ENDINGS = (".jpg", ".jpeg", ".png")
MOST = 2000
_MOST_BYTES = 64 << 20
_SHORT = 640  # pixels of the short side that are kept; scenes are smaller
_LEAST = 96


class Photos:
    """The photographs of a folder.

    Args:
        folder: of .jpg and .png files; folders in it are not searched.

    Raises:
        DataError: no such folder, or no photograph of 96 pixels or more in it.
    """

    def __init__(self, folder: str | os.PathLike):
        root = checked_folder(Path(folder))
        self._pictures = []
        for path in sorted(root.iterdir())[:MOST]:
            if path.suffix.lower() in ENDINGS and path.stat().st_size <= _MOST_BYTES:
                picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
                if picture is not None and min(picture.shape[:2]) >= _LEAST:
                    self._pictures.append(_shrunk(picture)[..., ::-1])
        if not self._pictures:
            raise DataError(f"There are no photographs in the folder {quoted(str(folder))}.")

    def __len__(self) -> int:
        return len(self._pictures)

    def scenes(self, count: int, side: int, rng: np.random.Generator) -> Tensor:
        """Crop scenes at random: float32 (count, 3, side, side) in [0, 1].

        Each is a square of 0.4 to 1 of a photograph's short side, may be mirrored, and has a
        contrast and light of its own.
        """
        scenes = np.empty((count, side, side, 3), np.uint8)
        for i in range(count):
            picture = self._pictures[rng.integers(len(self._pictures))]
            scenes[i] = random_square(picture, side, rng)
            if rng.random() < 0.5:
                scenes[i] = scenes[i][:, ::-1]
        found = torch.from_numpy(scenes).permute(0, 3, 1, 2).float() / 255
        gain, light = rng.uniform(0.6, 1.2, (2, count, 1, 1, 1))
        return ((found - 0.5) * torch.tensor(gain) + 0.5 * torch.tensor(light)).clamp(0, 1).float()


def random_square(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Crop a random square of 0.4 to 1 of the short side: uint8 (..., side, side, 3).

    Args:
        picture: uint8 (H, W, 3).
    """
    height, width = picture.shape[:2]
    own = max(2, int(min(height, width) * rng.uniform(0.4, 1.0)))
    top, left = rng.integers(height - own + 1), rng.integers(width - own + 1)
    square = np.ascontiguousarray(picture[top : top + own, left : left + own])
    method = cv2.INTER_AREA if own > side else cv2.INTER_CUBIC
    return cv2.resize(square, (side, side), interpolation=method)


def _shrunk(picture: np.ndarray) -> np.ndarray:
    short = min(picture.shape[:2])
    if short <= _SHORT:
        return picture
    scale = _SHORT / short
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
