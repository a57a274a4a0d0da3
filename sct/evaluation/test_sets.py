"""Test sets: clips with known labels to measure a model on, the same whatever the batch size.

A test set knows its labels and hands out batches: views of a few clips and their labels. Synthetic
clips come in blocks that have a seed each, so the first clips of a large test set are those of a
small one. They are made on the CPU, whatever device the model is on: everybody gets the same.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from sct.errors import ClipError
from sct.model.sct import SCT
from sct.synthetic import clips as synthetic_clips
from sct.synthetic.batch import SyntheticBatch

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset, Item
    from sct.datasets.options import EvaluationOptions

EVALUATION_SEED = 1 << 40  # synthetic clips from here on are for measuring; training stays below
MAX_SEED = (1 << 20) - 1
MOST_CLIPS = 1 << 20
BLOCK = 8  # synthetic clips that share a seed


class LabelledClips(NamedTuple):
    """A few clips.

    frames: uint8 (clip, view, T, 3, S, S) on the CPU. labels: int64 (clip,), places in the labels
    of the test set. groups: what each clip was taken from, a video or a person; "" where nobody
    says.
    """

    frames: Tensor
    labels: Tensor
    groups: tuple[str, ...]


class TestSet(Protocol):
    """Clips to measure on; `left_out` are labels of the data that are not asked for."""

    __test__ = False  # its name is no reason for pytest to collect it

    name: str
    labels: tuple[str, ...]
    left_out: tuple[str, ...]

    def __len__(self) -> int:
        """Counts the clips that will be tried."""

    def batches(self) -> Iterator[LabelledClips]:
        """Hands out the clips that can be read."""

    def facts(self) -> dict[str, object]:
        """Says what else belongs into a result; complete when all batches have been taken."""


class SyntheticTestSet(ABC):
    """Synthetic clips, the labels in turn.

    Args:
        labels: of the clips.
        frames, size: T and S of a clip.
        limit: clips, 1 to 2**20.
        seed: another set of clips, 0 to 2**20 - 1.

    Raises:
        ValueError: a limit or seed out of range.
    """

    name: str
    every_label: tuple[str, ...]

    def __init__(self, labels: tuple[str, ...], frames: int, size: int, limit: int, seed: int):
        check_limit(limit)
        if not 0 <= seed <= MAX_SEED:
            raise ValueError(f"seed {seed}: allowed: 0 to {MAX_SEED}")
        self.labels = labels
        self.left_out = tuple(x for x in self.every_label if x not in labels)
        self.frames, self.size, self.limit, self.seed = frames, size, limit, seed

    def __len__(self) -> int:
        return self.limit

    def blocks(self) -> Iterator[tuple[SyntheticBatch, int]]:
        """Makes the blocks, and says how many clips of each count.

        A block is always made whole, or the last clips of a small test set would not be those of a
        large one.
        """
        for first in range(0, self.limit, BLOCK):
            seed = EVALUATION_SEED + (self.seed << 20) + first // BLOCK
            clips = range(first, first + BLOCK)
            labels = [self.labels[i % len(self.labels)] for i in clips]
            yield self.make_block(clips, labels, seed), min(BLOCK, self.limit - first)

    @abstractmethod
    def make_block(self, clips: range, labels: list[str], seed: int) -> SyntheticBatch:
        """Makes the clips of these numbers."""

    def group(self, clip: int) -> str:
        """Names what a clip was taken from."""
        return ""

    def batches(self) -> Iterator[LabelledClips]:
        done = 0
        for block, count in self.blocks():
            numbers = range(done, done + count)
            labels = torch.tensor([i % len(self.labels) for i in numbers])
            yield LabelledClips(block.frames[:count, None], labels, tuple(map(self.group, numbers)))
            done += count

    def facts(self) -> dict[str, object]:
        return {}


class MotionTestSet(SyntheticTestSet):
    """A `SyntheticTestSet` whose scenes are synthetic, too."""

    name = "motion"
    every_label = synthetic_clips.LABELS

    def make_block(self, clips: range, labels: list[str], seed: int) -> SyntheticBatch:
        return synthetic_clips.make_batch(labels, seed, self.frames, self.size)


class VideoTestSet:
    """The clips of a data set whose labels a model knows, decoded ahead by threads.

    Args:
        dataset: the clips.
        model: gives frames, size and labels.
        limit: most clips, drawn by the seed; None takes all.
        seed: of that draw.
        options: how many views of each there are, and which frames make a clip; see
            `sct.datasets.sampling.load_views`.

    Raises:
        ValueError: a limit out of range.
    """

    def __init__(
        self,
        dataset: Dataset,
        model: SCT,
        limit: int | None = None,
        seed: int = 0,
        options: EvaluationOptions | None = None,
    ):
        check_limit(1 if limit is None else limit)
        known, counts = model.config.labels, dataset.counts
        there = [label for label in dataset.labels if counts[label]]
        self.name = dataset.name
        self.labels = tuple(label for label in there if label in known)
        self.left_out = tuple(label for label in there if label not in known)
        items = [item for item in dataset.items if dataset.labels[item.label] in self.labels]
        if limit is not None and limit < len(items):
            drawn = np.random.default_rng(seed).permutation(len(items))[:limit]
            items = [items[i] for i in sorted(drawn)]
        self._items, self._dataset = items, dataset
        self._shape = (model.config.frames, model.config.image_size, options)
        self._unreadable: list[tuple[str, str]] = []

    def __len__(self) -> int:
        return len(self._items)

    def batches(self) -> Iterator[LabelledClips]:
        from sct.datasets.sampling import load_views

        self._unreadable = []
        threads = min(os.cpu_count() or 1, 8)
        waiting: deque[tuple[Item, Future]] = deque()
        left = iter(self._items)
        with ThreadPoolExecutor(threads, "test-set") as pool:
            try:
                while True:
                    while len(waiting) < 2 * threads and (item := next(left, None)):
                        task = partial(copy_context().run, load_views, item, *self._shape)
                        waiting.append((item, pool.submit(task)))
                    if not waiting:
                        break
                    item, task = waiting.popleft()
                    try:
                        frames = task.result()[None]
                    except ClipError as error:
                        path, top = str(item.path), self._dataset.top
                        shown = os.path.relpath(path, top) if top else path
                        self._unreadable.append((shown, str(error)))
                        continue
                    label = self.labels.index(self._dataset.labels[item.label])
                    yield LabelledClips(frames, torch.tensor([label]), (item.group,))
            finally:
                for _, task in waiting:
                    task.cancel()

    def facts(self) -> dict[str, object]:
        left_out = list_unreadable((*self._unreadable, *self._dataset.left_out))
        return {**left_out, "notes": list(self._dataset.notes)}


def list_unreadable(files: tuple[tuple[str, str], ...]) -> dict[str, object]:
    """Lists (path, why) of files that could not be read, as in a result."""
    return {"unreadable": [{"path": path, "why": why} for path, why in files]}


def check_limit(limit: int) -> None:
    """Raises ValueError unless 1 <= limit <= 2**20."""
    if not 1 <= limit <= MOST_CLIPS:
        raise ValueError(f"limit {limit}: allowed: 1 to {MOST_CLIPS} clips")
