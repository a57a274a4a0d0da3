"""Data loaders: endless batches of labelled clips, each a pure function of the step.

The batch of a step is the same however many processes share it, each taking its part, so a run
that goes on at step n needs to know n and nothing else.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from sct.datasets.augmentation import (
    AXES,
    Transform,
    draw_transform,
    jitter_colour,
    mirrored_labels,
)
from sct.datasets.dataset import Dataset, Item
from sct.datasets.options import Augment, ReadOptions
from sct.datasets.sampling import CACHE_MB, ClipReader
from sct.errors import ClipError, DataError
from sct.synthetic import clips as synthetic_clips
from sct.synthetic.batch import SyntheticBatch
from sct.validation import Range, check_range, printable
from sct.video.sources import clean_name

__all__ = ["RUN_SEEDS", "Batch", "Loader", "SyntheticLoader", "VideoLoader"]

# The seed of a synthetic block is run seed, step and block side by side: 10 + 20 + 10 bits, below
# 2**40, where the seeds for measuring begin.
RUN_SEEDS = 1 << 10
STEPS = 1 << 20
BLOCKS = 1 << 10
BLOCK = 8
_MOST_LISTED = 1 << 24  # bytes of an older list of unreadable files


class Batch(NamedTuple):
    """Holds clips to train on.

    Attributes:
        frames: uint8 (B, T, 3, S, S).
        labels: int64 (B,), places in the loader's labels.
        truth: the true motion of synthetic clips; None for videos.
    """

    frames: Tensor
    labels: Tensor
    truth: SyntheticBatch | None


class Loader(Protocol):
    """Gives the batch of any step."""

    labels: tuple[str, ...]

    def batch(self, step: int, frames: int, rank: int = 0, world: int = 1) -> Batch:
        """Return the part of process `rank` of `world` in a step's batch of `frames` frames each.

        Raises ValueError on numbers that do not fit.
        """

    def close(self) -> None:
        """End the loader's threads. It cannot be used any more."""


def share(batch: int, step: int, rank: int, world: int) -> range:
    """Return the places in a batch that belong to a process. Raises ValueError."""
    if not 0 <= step < STEPS:
        raise ValueError(f"step {step}: allowed: 0 to {STEPS - 1}")
    if not 0 <= rank < world:
        raise ValueError(f"rank {rank} of {world} processes: must be from 0 to {world - 1}")
    if batch % world:
        raise ValueError(f"batch {batch}: must be a multiple of the {world} processes")
    return range(batch // world * rank, batch // world * (rank + 1))


class SyntheticLoader:
    """Loads synthetic clips, every step new ones, their labels in balance.

    Clips are made in blocks that have a seed each, so that a process makes only those it needs.

    Args:
        batch: clips a step, of all processes together.
        seed: of the run, 0 to 1023; no clip of one seed comes up with another.
        size: pixels a side.
        device: where clips are made and stay.
        block: clips that share a seed; None is 8, and on a GPU, which then has fewer launches to
            wait for, the batch. Another block makes other clips.

    Raises:
        ValueError: a number out of range.
    """

    labels = synthetic_clips.LABELS

    def __init__(
        self,
        batch: int,
        seed: int = 0,
        size: int = 112,
        device: str | torch.device = "cpu",
        block: int | None = None,
    ):
        _check("batch", batch, 1)
        if not 0 <= seed < RUN_SEEDS:
            raise ValueError(f"seed {seed}: allowed for made clips: 0 to {RUN_SEEDS - 1}")
        most = synthetic_clips.CLIPS[1]
        if block is None:
            block = min(batch, most) if torch.device(device).type == "cuda" else BLOCK
        if not 1 <= block <= most or batch > block * BLOCKS:
            raise ValueError(
                f"block {block}: must be from 1 to {most}, and at least a {BLOCKS}th of the batch "
                f"of {batch}"
            )
        self.size, self.device, self._seed = size, torch.device(device), seed
        self._batch, self._block = batch, block

    def batch(self, step: int, frames: int, rank: int = 0, world: int = 1) -> Batch:
        """Make a part of a batch; see `Loader`."""
        mine = share(self._batch, step, rank, world)
        labels = self._labels(step)
        parts = []
        for block in range(mine.start // self._block, (mine.stop - 1) // self._block + 1):
            first = block * self._block
            clips = synthetic_clips.make_batch(
                labels[first : first + self._block],
                self._seed << 30 | step << 10 | block,
                frames,
                self.size,
                self.device,
            )
            # A part may begin or end within a block, which is made whole all the same.
            parts.append(cut(clips, max(mine.start - first, 0), mine.stop - first))
        clips = joined(parts)
        return Batch(clips.frames, clips.labels, clips)

    def close(self) -> None:
        """Do nothing: there are no threads."""

    def _labels(self, step: int) -> list[int]:
        """Return a label for each clip: all in turn, on from the step before, in random order."""
        turn = np.arange(step * self._batch, (step + 1) * self._batch) % len(self.labels)
        return np.random.default_rng((self._seed, step)).permutation(turn).tolist()


def cut(clips: SyntheticBatch, start: int, stop: int) -> SyntheticBatch:
    """Return some clips of a batch."""
    if start == 0 and stop >= len(clips):
        return clips
    return replace(clips, **{name: value[start:stop] for name, value in _tensors(clips).items()})


def joined(parts: Sequence[SyntheticBatch]) -> SyntheticBatch:
    """Return batches as one, with the seed of the first."""
    if len(parts) == 1:
        return parts[0]
    columns = [_tensors(part) for part in parts]
    return replace(parts[0], **{name: torch.cat([c[name] for c in columns]) for name in columns[0]})


def _tensors(clips: SyntheticBatch) -> dict[str, Tensor]:
    values = {field.name: getattr(clips, field.name) for field in fields(clips)}
    return {name: value for name, value in values.items() if isinstance(value, Tensor)}


class VideoLoader:
    """Loads clips of a data set, each once an epoch in random order, augmented.

    Files that cannot be read are left out, another clip taking their place, always the same one;
    they are counted in `unreadable` and named in a file. Threads read ahead for the next step.

    Args:
        dataset: the clips.
        batch: clips a step, of all processes together.
        seed: of order and augmentation, 0 or more.
        size: pixels a side.
        augment: how clips are changed; None takes the middle square of the middle of each.
        device: where batches go.
        options: which frames of an item make a clip.
        cache_mb: most megabytes of decoded pictures that are cached.
        workers: threads that decode; None takes as many as there are cores, at most 8.
        report: the file that names what was left out and why, one line each: path, tab, reason.

    Raises:
        ValueError: a number out of range.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch: int,
        seed: int = 0,
        size: int = 112,
        augment: Augment | None = None,
        device: str | torch.device = "cpu",
        *,
        options: ReadOptions | None = None,
        cache_mb: float = CACHE_MB,
        workers: int | None = None,
        report: str | os.PathLike | None = None,
    ):
        for name, value, least in (("batch", batch, 1), ("seed", seed, 0), ("size", size, 1)):
            _check(name, value, least)
        self.labels, self.unreadable = dataset.labels, {}
        self._items, self._left_out = dataset.items, dataset.left_out
        self._batch, self._seed, self._augment = batch, seed, augment
        self._device = torch.device(device)
        trusted = (bool(augment and augment.flips), True)  # vertical flips are always asked for
        self._mirrored = [
            mirrored_labels(dataset.labels, axis, trust)
            for axis, trust in zip(AXES, trusted, strict=True)
        ]
        self._reader = ClipReader(size, options, cache_mb)
        self._pool = ThreadPoolExecutor(workers or min(os.cpu_count() or 1, 8), "clips")
        self._ahead: dict[tuple[int, ...], list[Future]] = {}
        self._report = _Report(report)
        self._orders: dict[int, np.ndarray] = {}

    def batch(self, step: int, frames: int, rank: int = 0, world: int = 1) -> Batch:
        """Read a part of a batch; see `Loader`. Raises DataError if no clip at all can be read."""
        share(self._batch, step, rank, world)
        if rank == 0:
            self._report.add(self._left_out)
        wanted = self._ahead.pop((step, frames, rank, world), None)
        for late in self._ahead.values():
            for task in late:
                task.cancel()
        tasks = wanted or self._tasks(step, frames, rank, world)
        following = (step + 1, frames, rank, world)
        self._ahead = {following: self._tasks(*following)} if step + 1 < STEPS else {}
        clips, labels, transforms = zip(*(task.result() for task in tasks), strict=True)
        whole = torch.stack(clips).to(self._device)
        labels = torch.tensor(labels, device=self._device)
        return Batch(jitter_colour(whole, transforms), labels, None)

    def close(self) -> None:
        """End the threads; see `Loader`."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _tasks(self, step: int, frames: int, rank: int, world: int) -> list[Future]:
        first = step * self._batch
        places = share(self._batch, step, rank, world)
        return [self._pool.submit(self._clip, first + place, frames) for place in places]

    def _order(self, epoch: int) -> np.ndarray:
        """Return the places of the items in an epoch."""
        orders = self._orders
        if epoch not in orders:
            order = np.random.default_rng((self._seed, 0, epoch)).permutation(len(self._items))
            # A batch may span epochs; older ones are over.
            self._orders = {**dict(sorted(orders.items())[-2:]), epoch: order}
            return order
        return orders[epoch]

    def _clip(self, number: int, frames: int) -> tuple[Tensor, int, Transform]:
        """Read the clip at a place of the endless row of epochs: frames, label, transform."""
        count = len(self._items)
        epoch, place = divmod(number, count)
        order = self._order(epoch)
        for further in range(count):
            # What stands in comes from half an epoch away: a neighbour is in the batch already.
            away = further + (count // 2 if further else 0)
            item = self._items[order[(place + away) % count]]
            if str(item.path) in self.unreadable:
                continue
            try:
                return self._read(item, number, frames)
            except ClipError as error:
                if str(item.path) not in self.unreadable:
                    self.unreadable[str(item.path)] = str(error)
                    self._report.add([(str(item.path), str(error))])
        path, reason = next(iter(self.unreadable.items()))
        raise DataError(
            f"None of the {count} clips can be read; the first, {clean_name(path)}: {reason}"
        )

    def _read(self, item: Item, number: int, frames: int) -> tuple[Tensor, int, Transform]:
        label, transform = item.label, Transform()
        if self._augment:
            rng = np.random.default_rng((self._seed, 1, number))
            across, over = (mirrored[label] for mirrored in self._mirrored)
            transform = draw_transform(self._augment, rng, across >= 0, over >= 0)
            label = across if transform.flip else label
            if transform.flip_vertical:
                # The label's partner may have none: then it is mirrored one way only.
                over = self._mirrored[1][label]
                transform = replace(transform, flip_vertical=over >= 0)
                label = over if over >= 0 else label
        return self._reader.read(item, frames, transform), label, transform


def _check(name: str, value: int, least: int) -> None:
    check_range(name, value, Range(least), "{name} {value}: must be {allowed}")


class _Report:
    """Writes a text file of what was left out, each once, however often a run begins again."""

    def __init__(self, path: str | os.PathLike | None):
        self._path = None if path is None else Path(path)
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def add(self, found: Sequence[tuple[str, str]]) -> None:
        """Write (path, reason) of each that is not there yet."""
        with self._lock:
            lines = ["\t".join(map(printable, pair)) + "\n" for pair in found]
            lines = [line for line in dict.fromkeys(lines) if line not in self._known]
            if lines and self._path is not None:
                self._known.update(lines)
                self._write(self._path, lines)

    def _write(self, path: Path, lines: list[str]) -> None:
        try:
            if path.is_file() and path.stat().st_size <= _MOST_LISTED:
                with open(path, encoding="utf-8", errors="replace") as file:
                    there = set(file)
                lines = [line for line in lines if line not in there]
            with open(path, "a", encoding="utf-8") as file:
                file.write("".join(lines))
        except OSError:  # a full disk must not end a training; the loader still counts them
            pass
