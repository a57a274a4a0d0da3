"""Folders of numbered pictures, damaged, of many kinds, under odd names: read as one clip."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from random import Random

from sct.errors import ClipError
from sct.video.clip import read_clip
from tests.fuzz import corpus, mutators
from tests.fuzz.target import Target
from tests.fuzz.targets.reader import FRAMES, check

_NAMES = ("img_{:05d}.{}", "{}.{}", "frame{:03d}.{}", "x_{:02d}.{}", "0.{}.{}", "{} (1).{}")
_ENDINGS = ("jpg", "JPG", "png", "tif", "tiff", "bmp", "webp", "gif", "avif", "tga", "ppm", "txt")


class Folders(Target):
    """Reads a folder of one to five pictures."""

    expected = (ClipError,)

    def __init__(self, folder: Path, work: Path):
        super().__init__(folder, work)
        self.files = corpus.files(folder / "stills")
        self.kinds, self.all = list(self.files), list(self.files.values())

    def make(self, rng: Random) -> dict[str, bytes]:
        kind, form = rng.choice(self.kinds), rng.choice(_NAMES)
        made = {}
        for i in range(rng.choice((1, 2, 2, 2, 3, 5))):
            data, ending = self.files[kind], kind.rpartition(".")[2]
            if rng.random() < 0.05:
                data = rng.choice(self.all)
            if rng.random() < 0.4:
                data = mutators.mutated(data, rng, self.all)
            if rng.random() < 0.05:
                ending = rng.choice(_ENDINGS)
            name = form.format(i, ending)
            if rng.random() < 0.05:
                name = mutators.mutated_text(name, rng, divides=r"[\W_]")
            made[name] = data
        return made

    def read(self, made: dict[str, bytes]) -> None:
        place = self.work / "pictures"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, data in made.items():
            with suppress(OSError, ValueError):  # no file can be called so
                (place / name.replace("/", "-")).write_bytes(data)
        check(read_clip(place, frames=FRAMES, stride=0.04))
