"""Archives of data sets, as strangers pack them, whole and damaged: `sct.datasets.archive`."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from random import Random
from typing import NamedTuple

from sct.datasets.archive import ArchiveLimits, opened
from sct.errors import DataError
from tests.fuzz import corpus, mutators
from tests.fuzz.target import Target, require

_NAMES = (
    *("a/1.mp4", "a/2.mp4", "b/1.mp4", "b/2.mp4", "train/a/3.mp4", "test/b/4.mp4", "val/a/5.mp4"),
    *("c/img_1.jpg", "c/img_2.jpg", "README.txt", "__MACOSX/._a", "a/", "set/a/1.mp4", "A/1.mp4"),
    *("../out.mp4", "/abs.mp4", "C:/x.mp4", "a\\9.mp4", "a//b.mp4", "./c.mp4", "list.csv", "x.zip"),
    *(
        "caf\u00e9/1.mp4",
        "cafe\u0301/2.mp4",
        "a",
        "con/1.mp4",
        "d/" * 20 + "1.mp4",
        "e" * 250 + ".mp4",
    ),
)
_LIST = "path,label\na/1.mp4,x\na/2.mp4,y\nb/1.mp4,x\nb/2.mp4,y\n"
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)


class Made(NamedTuple):
    """An archive and its name."""

    data: bytes
    name: str


class Archives(Target):
    """Opens an archive, and looks at what is in it."""

    expected = (DataError,)

    def __init__(self, folder: Path, work: Path):
        super().__init__(folder, work)
        small = {k: v for k, v in corpus.files(folder / "videos").items() if len(v) < 6000}
        self.contents = list(small.values())

    def make(self, rng: Random) -> Made:
        data = self._packed(rng)
        if rng.random() < 0.4:
            data = mutators.mutated(data, rng, [self._packed(rng)])
        name = "walks.zip"
        if rng.random() < 0.1:
            name = mutators.mutated_text(name, rng)
        return Made(data, name)

    def _packed(self, rng: Random) -> bytes:
        out = io.BytesIO()
        names = list(_NAMES[:4]) + rng.sample(_NAMES[4:], rng.choice((0, 0, 1, 1, 2, 6)))
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as made:
            if rng.random() < 0.3:
                words = [*_NAMES, "split", "train", "test"]
                text = mutators.mutated_text(_LIST, rng, words, "[,\n]")
                made.writestr("mine.csv", text.encode("utf-8", "surrogatepass"))
            for name in names:
                if rng.random() < 0.04:
                    name = mutators.mutated_text(name, rng).encode("utf-8", "replace").decode()
                info = zipfile.ZipInfo(name or "x", (2024, 1, 1, 0, 0, 0))
                info.compress_type = rng.choice(_KINDS) if rng.random() < 0.1 else _KINDS[1]
                if rng.random() < 0.03:
                    info.external_attr = rng.choice((0o120777, 0o020666, 0o040755, 0o100000)) << 16
                made.writestr(info, rng.choice(self.contents))
        return out.getvalue()

    def read(self, made: Made) -> None:
        limits = ArchiveLimits(files=200, rows=100, megabytes=8, times=50)
        with opened(io.BytesIO(made.data), made.name, limits=limits) as found:
            top = Path(found.dataset.top).resolve()
            for item in found.dataset.items:
                require(item.path.resolve().is_relative_to(top), f"outside: {item.path}")
                require(item.path.exists(), f"no file {item.path}")
            require(found.dataset.name.isprintable(), f"name {found.dataset.name!a}")
            for name, reason in found.dataset.left_out:
                require(bool(name and reason), f"left out {name!a}")
