"""Moves a camera over pictures of real videos, to measure the domain gap.

Each clip is one still picture of a video under a camera path, where `synthetic.clips` has a
synthetic scene: what moves is known, and what is seen is real. Nothing in the picture moves by
itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from sct.datasets.files import checked_folder
from sct.datasets.folders.finding import videos_under
from sct.errors import ClipError, DataError
from sct.evaluation.test_sets import SyntheticTestSet, list_unreadable
from sct.synthetic import clips as synthetic_clips
from sct.synthetic.batch import SyntheticBatch
from sct.video.clip import read_clip
from sct.video.sources import quoted
from sct.video.strides import LEAST_STRIDE_S, MAX_STRIDE_S

MOST_VIDEOS = 256
MOST_PICTURES = 512
PER_VIDEO = 16

# A picture is used if, on a scale of 0 to 1, its grey levels spread by FLAT or more, and cells of
# 16 x 16 pixels do so by PLAIN_CELL in at least TEXTURED of its area.
FLAT = 0.04
PLAIN_CELL = 0.02
TEXTURED = 0.25


@dataclass(frozen=True)
class Pictures:
    """Square pictures of real videos.

    Attributes:
        videos: path of each video below the folder, in order.
        squares: for each video uint8 (P, 3, side, side), RGB; P is 1 or more.
        unreadable: (path, reason) of the videos that could not be read.
        plain: pictures that were left out as flat or black.
    """

    videos: tuple[str, ...]
    squares: tuple[Tensor, ...]
    unreadable: tuple[tuple[str, str], ...]
    plain: int


def take_pictures(folder: str | os.PathLike, size: int, seed: int = 0) -> Pictures:
    """Takes pictures that are spread over each video below a folder.

    Args:
        folder: of videos; folders in it are searched too.
        size: pixels a side of the clips that will be made; the pictures have the side of
            `synthetic.clips.canvas_side(size)`. A square of the full short side is taken from each.
        seed: places the squares along the long side.

    Raises:
        DataError: no such folder, no videos in it, or none with a picture that can be used.
    """
    root = checked_folder(Path(folder))
    paths = list(videos_under(root))
    if not paths:
        raise DataError(f"There are no videos in {quoted(str(folder))}.")
    step = -(-len(paths) // MOST_VIDEOS)
    paths = paths[::step]
    count = max(2, min(PER_VIDEO, MOST_PICTURES // len(paths)))
    side = synthetic_clips.canvas_side(size)
    places = np.random.default_rng((seed, len(paths)))
    videos, squares, unreadable, plain = [], [], [], 0
    for path in paths:
        where = places.uniform(size=count)  # drawn for unreadable ones, too: each has its own
        name = path.relative_to(root).as_posix()
        try:
            pictures = _spread(path, count, side)
        except ClipError as error:
            unreadable.append((name, str(error)))
            continue
        cut = [_square(p, w, side) for p, w in zip(pictures, where, strict=False)]
        good = [square for square in cut if usable(square)]
        plain += len(cut) - len(good)
        if good:
            videos.append(name)
            squares.append(torch.from_numpy(np.stack(good)).permute(0, 3, 1, 2).contiguous())
    if not videos:
        raise DataError(
            f"Of {len(paths)} videos in {quoted(str(folder))}, {len(unreadable)} could not be read "
            "and the others show nothing but flat or black pictures."
        )
    return Pictures(tuple(videos), tuple(squares), tuple(unreadable), plain)


def usable(picture: np.ndarray) -> bool:
    """Tells whether a picture, uint8 (side, side, 3), has enough in it for motion to be seen."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    cells = len(grey) // 16
    cell = grey[: cells * 16, : cells * 16].reshape(cells, 16, cells, 16)
    return bool(grey.std() >= FLAT and (cell.std(axis=(1, 3)) >= PLAIN_CELL).mean() >= TEXTURED)


class FootageTestSet(SyntheticTestSet):
    """A test set of the camera's labels in turn, each round of them over the next video."""

    name = "footage"
    every_label = synthetic_clips.CAMERA_LABELS

    def __init__(
        self,
        labels: tuple[str, ...],
        frames: int,
        size: int,
        limit: int,
        seed: int,
        pictures: Pictures,
    ):
        super().__init__(labels, frames, size, limit, seed)
        self.pictures = pictures

    def make_block(self, clips: range, labels: list[str], seed: int) -> SyntheticBatch:
        pictures = torch.stack([self.picture(i) for i in clips]).float() / 255
        return synthetic_clips.make_batch(labels, seed, self.frames, self.size, pictures=pictures)

    def picture(self, clip: int) -> Tensor:
        """Picks the scene of a clip, uint8 (3, side, side): labels share a video, not a picture."""
        turn, label = divmod(clip, len(self.labels))
        squares = self.pictures.squares[turn % len(self.pictures.videos)]
        return squares[(turn // len(self.pictures.videos) + label) % len(squares)]

    def group(self, clip: int) -> str:
        return self.pictures.videos[clip // len(self.labels) % len(self.pictures.videos)]

    def facts(self) -> dict[str, object]:
        taken = self.pictures
        return {
            "pictures": sum(map(len, taken.squares)),
            "plain_pictures_left_out": taken.plain,
            **list_unreadable(taken.unreadable),
        }


def _spread(path: Path, count: int, side: int) -> list[np.ndarray]:
    """Takes different pictures in the middles of `count` equal parts; raises ClipError."""
    duration = read_clip(path, frames=1, max_size=1).duration_s
    step = duration / count
    if LEAST_STRIDE_S <= step <= MAX_STRIDE_S:
        clip = read_clip(path, frames=count, start=step / 2, stride=step, max_size=side)
        shown = list(zip(clip.times, clip.frames, strict=True))
    else:
        shown = []
        for i in range(count):
            clip = read_clip(path, frames=1, start=(i + 0.5) * step, max_size=side)
            shown.append((clip.times[0], clip.frames[0]))
    return list(dict(shown).values())


def _square(picture: np.ndarray, place: float, side: int) -> np.ndarray:
    """Cuts the square of the full short side at `place`, 0 to 1 of the long side, and scales it.

    Returns:
        uint8 (side, side, 3).
    """
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = round((height - short) * place), round((width - short) * place)
    square = np.ascontiguousarray(picture[top : top + short, left : left + short])
    method = cv2.INTER_AREA if short > side else cv2.INTER_CUBIC
    return cv2.resize(square, (side, side), interpolation=method)
