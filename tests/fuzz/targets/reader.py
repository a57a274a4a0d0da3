"""Damaged videos, moving and still pictures, as bytes and as files: `sct.video.clip.read_clip`."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from sct.errors import ClipError
from sct.video.clip import Clip, clip_facts, read_clip, view
from tests.fuzz import corpus, mutators
from tests.fuzz.target import Target, require

FRAMES = 4


class Made(NamedTuple):
    """A file, whether it is given as bytes or by its path, and from when on it is read."""

    data: bytes
    name: str
    by_path: bool
    start: float
    stride: float


class Reader(Target):
    """Reads one file."""

    expected = (ClipError,)

    def __init__(self, folder: Path, work: Path):
        super().__init__(folder, work)
        moving, still = (corpus.files(folder / room) for room in ("videos", "stills"))
        self.files = {**moving, **still}
        # Most of a still picture's mutations end where the first bytes are seen.
        self.names, self.all = [*list(moving) * 3, *still], list(self.files.values())

    def make(self, rng: Random) -> Made:
        name = rng.choice(self.names)
        # A pair of the same kind may be joined to something that is nearly right.
        ending = name.rpartition(".")[2]
        alike = [data for other, data in self.files.items() if other.endswith(ending)]
        others = alike if rng.random() < 0.7 else self.all
        data = mutators.mutated(self.files[name], rng, others)
        start, stride = rng.choice((0.0, 0.0, 0.2, 1.5)), rng.choice((0.04, 0.1, 3.0))
        return Made(data, name, rng.random() < 0.2, start, stride)

    def read(self, made: Made) -> None:
        source: bytes | Path = made.data
        if made.by_path:
            source = self.work / "clip"
            source.write_bytes(made.data)
        check(
            read_clip(source, frames=FRAMES, start=made.start, stride=made.stride, name=made.name)
        )


def check(clip: Clip) -> None:
    """Raise Fault unless what was read is a clip in every respect."""
    count, height, width, channels = clip.frames.shape
    require(clip.frames.dtype == np.uint8 and channels == 3, f"frames {clip.frames.shape}")
    require(1 <= min(height, width) <= 512, f"frames {clip.frames.shape}")
    require(count == FRAMES == len(clip.times), f"{count} frames")
    numbers = (*clip.times, clip.fps, clip.duration_s)
    require(all(math.isfinite(n) and n >= 0 for n in numbers), f"numbers {numbers}")
    require(all(a <= b for a, b in pairwise(clip.times)), f"times {clip.times}")
    require(clip.fps > 0 and clip.duration_s > 0, f"{clip.fps} fps, {clip.duration_s} s")
    require(1 <= clip.width <= 65536 and 1 <= clip.height <= 4096 * 4, f"{clip.width} wide")
    require(clip.rotation in (0, 90, 180, 270), f"turned {clip.rotation}")
    require(0 <= clip.held <= FRAMES and clip.skipped >= 0, f"held {clip.held}")
    require(all(note.isprintable() for note in clip.notices), f"notices {clip.notices!a}")
    json.dumps(clip_facts(clip), allow_nan=False)
    require(view(clip, 28).shape == (FRAMES, 28, 28, 3), "no view")
