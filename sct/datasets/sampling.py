"""Reads clips of videos for training and measuring: which frames are taken, and a cache of them.

Two ways to sample T frames. "spread" takes them evenly over the whole item, so that an action is
seen from its beginning to its end, however long it lasts. "dense" takes them `stride_s` apart
somewhere in it, so that motion keeps its speed, as in synthetic clips.

Training reads a `Strip`: more pictures than one clip needs, on finer spaced moments. A short item
is one strip, which is cached, so that every epoch after the first takes other frames without
decoding. A long item under "dense" has several strips.
"""

from __future__ import annotations

import math
import os
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from sct.datasets.augmentation import Transform
from sct.datasets.dataset import Item
from sct.datasets.options import EvaluationOptions, ReadOptions
from sct.errors import ClipError, DataError
from sct.video.decoding import decode
from sct.video.pictures import Pictures, open_clip
from sct.video.sources import Limits, Source

__all__ = ["ClipReader", "Strip", "load_views"]

CACHE_MB = 1500.0
_MOMENTS = {"spread": 3, "dense": 6}  # of a strip, for each frame of a clip
_FINER = 2  # moments in a stride of "dense"
_LEAST_FRAMES = 8  # shorter clips of a curriculum share the strips of clips of eight frames
_CACHED_SIDE = 1.15  # of the short side, in sides of the model's frame: room for random crops


@dataclass(frozen=True, eq=False)
class Strip:
    """Holds pictures of a stretch of a video.

    Attributes:
        pictures: uint8 (N, h, w, 3), each once, in order.
        moments: (K,) whole numbers: the picture that each of K evenly spaced moments shows.
    """

    pictures: np.ndarray
    moments: np.ndarray

    @property
    def nbytes(self) -> int:
        """Count the bytes in memory."""
        return self.pictures.nbytes + self.moments.nbytes

    def take(self, frames: int, kind: str, transform: Transform) -> np.ndarray:
        """Return the pictures of one clip: uint8 (T, h, w, 3)."""
        count = len(self.moments)
        if kind == "spread":
            begin = transform.begin * (1 - transform.cover)
            at = count * (begin + transform.cover * (np.arange(frames) + 0.5) / frames)
        else:
            steps = max(frames - 1, 1)
            # As far apart as there is room for, but never closer than asked: then the end is held.
            apart = min(_FINER * transform.pace, max(_FINER, (count - 1) / steps))
            begin = transform.begin * max(0.0, count - 1 - apart * steps)
            at = begin + apart * np.arange(frames) + 0.5
        places = np.clip(np.floor(at), 0, count - 1).astype(np.int64)
        return self.pictures[self.moments[places]]


class ClipReader:
    """Reads clips of items, and caches the strips that fit into `cache_mb` megabytes.

    What is cached stays: items come round once an epoch, so that to make room for one is to lose
    another just before it is needed. What a clip shows never depends on the cache. Threads may
    share a reader.

    Args:
        size: pixels a side.
        options: which frames make a clip.
        cache_mb: most megabytes of pictures that are cached.
    """

    def __init__(self, size: int, options: ReadOptions | None = None, cache_mb: float = CACHE_MB):
        self.size = size
        self.options = options or ReadOptions()
        self._room = int(cache_mb * 2**20)
        self._strips: dict[tuple, Strip] = {}
        self._seconds: dict[Item, float] = {}
        self._lock = threading.Lock()

    def read(self, item: Item, frames: int, transform: Transform) -> Tensor:
        """Read a clip transformed, but for its colours: uint8 (T, 3, size, size).

        Raises ClipError if the file cannot be read.
        """
        strip = self._strip(item, frames, transform.window)
        pictures = strip.take(frames, self.options.sampling, transform)
        return cropped(torch.from_numpy(pictures), self.size, transform)

    def _strip(self, item: Item, frames: int, window: float) -> Strip:
        limits = Limits.from_env()
        seconds = self._seconds.get(item)
        if seconds is None:
            with _open(item, limits, self.options) as file:
                seconds = self._seconds[item] = _length(file, item)
        count = _MOMENTS[self.options.sampling] * max(frames, _LEAST_FRAMES)
        begin, step, moments = _stretch(self.options, seconds, count, window)
        key = (item, count, begin)
        if strip := self._strips.get(key):
            return strip
        wanted = [item.start_s + begin + i * step for i in range(moments)]
        with _open(item, limits, self.options) as file:
            pictures, times = _decoded(file, item, wanted, math.ceil(_CACHED_SIDE * self.size))
        new = np.flatnonzero(np.diff(times, prepend=-1.0))
        strip = Strip(pictures[new], np.searchsorted(new, np.arange(moments), side="right") - 1)
        with self._lock:
            if key not in self._strips and strip.nbytes <= self._room:
                self._room -= strip.nbytes
                self._strips[key] = strip
        return strip


def _stretch(
    options: ReadOptions, seconds: float, count: int, window: float
) -> tuple[float, float, int]:
    """Return (begin, step, at most `count` moments) of the strip at `window`, 0 to 1."""
    if options.sampling == "spread":
        step = seconds / count
        return step / 2, step, count
    step = options.stride_s / _FINER
    there = max(1, math.ceil(seconds / step - 1e-6))
    if there <= count:
        return 0.0, step, there
    # Strips overlap by half, and are few, so that a cache can hold them all.
    last = math.ceil((there - count) / (count // 2))
    place = min(int(window * (last + 1)), last)
    return round(place * (there - count) / last) * step, step, count


def load_views(
    item: Item, frames: int, size: int, options: EvaluationOptions | None = None
) -> Tensor:
    """Read the views of an item that a model is measured on; the paper's are 4 x 3.

    Views are evenly placed in time. Under "spread" each covers the whole item, a part of a stride
    later than the one before; one view takes the middle of each T-th part. Squares are evenly
    placed along the long side: 1 takes the middle, 3 the left, middle and right one (top, middle
    and bottom of an upright video).

    Args:
        item: what to read.
        frames: T.
        size: S, pixels a side.
        options: how many views, and which frames make a clip.

    Returns:
        uint8 (times * squares, T, 3, S, S), the squares of one time side by side.

    Raises:
        ClipError: the file cannot be read.
        DataError: no frames.
    """
    if frames < 1:
        raise DataError(f"frames {frames}: must be 1 or more.")
    options = options or EvaluationOptions()
    temporal, spatial = options.views
    with _open(item, Limits.from_env(), options) as file:
        seconds = _length(file, item)
        view, frame = np.mgrid[:temporal, :frames]
        if options.sampling == "spread":
            wanted = (frame + (view + 0.5) / temporal) / frames * seconds
        else:
            spare = max(0.0, seconds - frames * options.stride_s)
            share = view / (temporal - 1) if temporal > 1 else 0.5
            wanted = spare * share + frame * options.stride_s
        wanted = wanted.ravel() + item.start_s
        order = np.argsort(wanted, kind="stable")
        pictures, _ = _decoded(file, item, wanted[order].tolist(), size)
    pictures = torch.from_numpy(pictures[np.argsort(order)])
    shares = [i / (spatial - 1) for i in range(spatial)] if spatial > 1 else [0.5]
    squares = [cropped(pictures, size, Transform(top=share, left=share)) for share in shares]
    return rearrange(squares, "s (v t) c h w -> (v s) t c h w", v=temporal)


def cropped(pictures: Tensor, size: int, transform: Transform) -> Tensor:
    """Cut out the part of a clip that a transform names, mirrored if it says so.

    Args:
        pictures: uint8 (T, h, w, 3).
        size: S, pixels a side.
        transform: the part.

    Returns:
        uint8 (T, 3, S, S), shrunk with smoothing or enlarged linearly.
    """
    top, left, height, width = transform.box(*pictures.shape[1:3])
    part = pictures[:, top : top + height, left : left + width]
    part = rearrange(part, "t h w c -> t c h w")
    if (height, width) != (size, size):
        part = F.interpolate(part, size=(size, size), mode="bilinear", antialias=True)
    sides = [axis for axis, flip in ((-1, transform.flip), (-2, transform.flip_vertical)) if flip]
    return (part.flip(sides) if sides else part).contiguous()


def _open(
    item: Item, limits: Limits, options: ReadOptions
) -> AbstractContextManager[Source | Pictures]:
    fps = options.fps if os.path.isdir(item.path) else None
    return open_clip(item.path, None, limits, fps)


def _length(file: Source | Pictures, item: Item) -> float:
    """Measure the seconds of the item, as far as its file has them."""
    seconds = decode(file, [0.0], 16)["duration_s"]
    end = seconds if item.end_s is None else min(item.end_s, seconds)
    if end <= item.start_s and item.start_s > 0:
        raise ClipError(
            f"{file.title} lasts {seconds:.3g} s, but the clip begins at {item.start_s:g} s."
        )
    return max(end - item.start_s, 1e-3)


def _decoded(
    file: Source | Pictures, item: Item, wanted: list[float], side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Decode the item's part of the pictures at the wanted seconds.

    Returns:
        uint8 (N, h, w, 3), about `side` pixels on the short side or more, and when each appeared.
    """
    left, top, right, bottom = item.box
    found = decode(file, wanted, math.ceil(side / min(right - left, bottom - top)))
    pictures = found["frames"]
    height, width = pictures.shape[1:3]
    rows = slice(math.floor(top * height), math.ceil(bottom * height))
    columns = slice(math.floor(left * width), math.ceil(right * width))
    return np.ascontiguousarray(pictures[:, rows, columns]), np.array(found["times"])
