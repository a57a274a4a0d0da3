"""Test sets of two questions: composite clips, and camera paths over real movement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from sct.datasets.made.moving import MovingPictures
from sct.evaluation.test_sets import (
    BLOCK,
    EVALUATION_SEED,
    MAX_SEED,
    LabelledClips,
    check_limit,
    list_unreadable,
)
from sct.synthetic.batch import SyntheticBatch
from sct.synthetic.camera import CAMERA_LABELS
from sct.synthetic.clips import canvas_side
from sct.synthetic.composite import QUESTIONS, film, make_composite


class CompositeTestSet:
    """Composite clips in blocks that have a seed each, their answers drawn with them.

    Args:
        frames, size: T and S of a clip.
        limit: clips, 1 to 2**20.
        seed: another set of clips, 0 to 2**20 - 1.

    Raises:
        ValueError: a limit or seed out of range.
    """

    name = "composite"
    questions = QUESTIONS
    labels = tuple(label for _, labels in QUESTIONS for label in labels)
    left_out = ()

    def __init__(self, frames: int, size: int, limit: int, seed: int):
        check_limit(limit)
        if not 0 <= seed <= MAX_SEED:
            raise ValueError(f"seed {seed}: allowed: 0 to {MAX_SEED}")
        self.frames, self.size, self.limit, self.seed = frames, size, limit, seed

    def __len__(self) -> int:
        return self.limit

    def blocks(self) -> Iterator[tuple[SyntheticBatch, int]]:
        """Makes the blocks, each whole, and says how many clips of each count."""
        for first in range(0, self.limit, BLOCK):
            seed = EVALUATION_SEED + (self.seed << 20) + first // BLOCK
            yield self.make_block(first, seed), min(BLOCK, self.limit - first)

    def make_block(self, first: int, seed: int) -> SyntheticBatch:
        """Makes the clips from this number on."""
        return make_composite(BLOCK, seed, self.frames, self.size)

    def batches(self) -> Iterator[LabelledClips]:
        for block, count in self.blocks():
            yield LabelledClips(block.frames[:count, None], block.labels[:count], ("",) * count)

    def facts(self) -> dict[str, object]:
        return {}


class MovingFootageTestSet(CompositeTestSet):
    """Camera paths, their labels in turn, over videos of a camera that stood still.

    The subject counts where dense flow leaves no doubt about it.

    Args:
        folders: as `MovingPictures` takes them; for the others see `CompositeTestSet`.
    """

    name = "footage-moving"

    def __init__(self, frames: int, size: int, limit: int, seed: int, folders: tuple[str, ...]):
        super().__init__(frames, size, limit, seed)
        self.pictures = MovingPictures(folders, frames)

    def make_block(self, first: int, seed: int) -> SyntheticBatch:
        rng = np.random.default_rng(seed)
        scenes, subject = self.pictures.draw(BLOCK, self.frames, canvas_side(self.size), rng)
        camera = torch.arange(first, first + BLOCK) % len(CAMERA_LABELS)
        return film(scenes, camera, subject, seed, self.size)

    def facts(self) -> dict[str, object]:
        return list_unreadable(tuple(self.pictures.unreadable))
