"""Loads composite clips: drawn scenes, photographs as scenes, and filmed real movement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from sct.datasets.loaders import BLOCK, BLOCKS, RUN_SEEDS, Batch, cut, joined, share
from sct.datasets.made.moving import MovingPictures
from sct.datasets.made.photos import Photos
from sct.datasets.made.wear import worn
from sct.synthetic.batch import SyntheticBatch
from sct.synthetic.camera import CAMERA_LABELS
from sct.synthetic.clips import canvas_side
from sct.synthetic.composite import QUESTIONS, film, make_composite

_PHOTOGRAPHED = 0.5  # share of the composite clips whose scene is a photograph, if there are any
_FILMED = 3  # every third block films real movement, if there is any


class CompositeLoader:
    """Makes composite clips in blocks that have a seed each, as `SyntheticLoader` does.

    Args:
        batch, seed, size, device, block: as for `SyntheticLoader`.
        photos: a folder of photographs to be scenes; none without.
        footage: folders of videos that `MovingPictures` takes.
        frames: most frames of a clip.
    """

    questions = QUESTIONS
    labels = tuple(label for _, labels in QUESTIONS for label in labels)

    def __init__(
        self,
        batch: int,
        seed: int = 0,
        size: int = 112,
        device: str | torch.device = "cpu",
        block: int = BLOCK,
        *,
        photos: str = "",
        footage: tuple[str, ...] = (),
        frames: int = 8,
    ):
        if not 0 <= seed < RUN_SEEDS or batch > block * BLOCKS:
            raise ValueError(f"seed {seed}, batch {batch}, block {block}: out of range")
        self._batch, self._seed, self._size, self._block = batch, seed, size, block
        self._device = torch.device(device)
        self._photos = Photos(Path(photos)) if photos else None
        self._moving = MovingPictures(footage, frames) if footage else None

    def batch(self, step: int, frames: int, rank: int = 0, world: int = 1) -> Batch:
        """Make a part of a batch; see `Loader`. Its labels are int64 (B, 2), -1 for unknown."""
        mine = share(self._batch, step, rank, world)
        parts = []
        for block in range(mine.start // self._block, (mine.stop - 1) // self._block + 1):
            first = block * self._block
            made = self._make(step, block, min(self._block, self._batch - first), frames)
            parts.append(cut(made, max(mine.start - first, 0), mine.stop - first))
        clips = joined(parts)
        return Batch(clips.frames, clips.labels, clips)

    def close(self) -> None:
        """Do nothing: there are no threads."""

    def _make(self, step: int, block: int, count: int, frames: int) -> SyntheticBatch:
        seed = self._seed << 30 | step << 10 | block
        rng = np.random.default_rng((self._seed, step, block))
        side = canvas_side(self._size)
        if self._moving and (step * (-(-self._batch // self._block)) + block) % _FILMED == 0:
            pictures, subject = self._moving.draw(count, frames, side, rng)
            camera = torch.from_numpy(rng.integers(len(CAMERA_LABELS), size=count))
            camera[torch.from_numpy(rng.random(count) < 0.4)] = 0  # a camera that stands still
            made = film(pictures.to(self._device), camera, subject, seed, self._size)
            return replace(made, frames=worn(made.frames, rng))
        pictures = None
        if self._photos:
            some = int(rng.binomial(count, _PHOTOGRAPHED))
            pictures = self._photos.scenes(some, side, rng) if some else None
        made = make_composite(count, seed, frames, self._size, self._device, pictures)
        return replace(made, frames=worn(made.frames, rng))
