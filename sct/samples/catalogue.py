"""The samples in three groups, and how each becomes a clip."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sct.synthetic import tricks, unlike
from sct.synthetic.batch import FPS, SyntheticClip
from sct.synthetic.camera import LABEL_HELP
from sct.synthetic.clips import make_clip
from sct.video.clip import Clip, read_clip

HERE = Path(__file__).parent
FIRST = "car"  # the sample that the app opens with
SCENE = 8  # a first scene with much to see
GROUPS = ("real", "made", "fool")

Draw = Callable[[np.random.Generator, int, int], np.ndarray]
_FOOLS: dict[str, Draw] = {
    "static noise": unlike.static_noise,
    "black frames": unlike.black_frames,
    "cartoon": unlike.cartoon,
    "screen recording": unlike.screen_recording,
    "barber pole": tricks.barber_pole,
    "wagon wheel": tricks.wagon_wheel,
}


@dataclass(frozen=True)
class Credit:
    """Says whom a real clip is owed to.

    Args:
        file: its name there. project, author: whose it is. url: where it was found.
        licence, licence_url: its name, and where it can be read.
        changes: what was done to the clip.
    """

    file: str
    project: str
    author: str
    url: str
    licence: str
    licence_url: str
    changes: str

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Return terms and values, plain text."""
        return (
            (
                "Source",
                f"{self.file} of {self.project} by {self.author}, {self.changes} ({self.url})",
            ),
            ("Licence", f"{self.licence} ({self.licence_url})"),
        )


@dataclass(frozen=True)
class Sample:
    """One clip to begin with.

    Args:
        name: in addresses; no two samples share one. title: short, for a picture of it.
        group: one of `GROUPS`.
        seen: what is to be seen; of one that fools, why it does. Plain sentences.
        truth: what is known to be true, as `answer_in` takes it; None where nothing is.
        start, stride: seconds, of a real clip.
        credit: of a real clip, else None.
        for_training: whether it is among the footage that models are trained with.
    """

    name: str
    title: str
    group: str
    seen: str
    truth: str | None = None
    start: float = 0.0
    stride: float = 0.1
    credit: Credit | None = None
    for_training: bool = False

    @property
    def file(self) -> Path | None:
        """Return where a real clip lies; None of one that is made when it is opened."""
        return HERE / f"{self.name}.mp4" if self.group == "real" else None

    def open(
        self, scene: int = SCENE, frames: int = 8, size: int = 112
    ) -> tuple[SyntheticClip | None, Clip]:
        """Return the clip, and with it the true motion of a made one; None for the others.

        Args:
            scene: 0 or more; each is another clip of the same kind, except of a real one.
            frames: how many. size: pixels a side of what is made.

        Raises:
            ClipError: a file is missing or damaged.
        """
        return _OPEN[self.group](self, scene, frames, size)


def _read(sample: Sample, scene: int, frames: int, size: int) -> tuple[None, Clip]:
    clip = read_clip(sample.file, frames=frames, start=sample.start, stride=sample.stride)
    # Where the program lies on this machine is nobody's concern.
    known = {"credit": sample.credit.rows, "truth": sample.truth}
    return None, replace(clip, path=f"sct/samples/{sample.file.name}", **known)


def _make(sample: Sample, scene: int, frames: int, size: int) -> tuple[SyntheticClip, Clip]:
    made = make_clip(sample.name, scene, frames=frames, size=size)
    return made, made.as_clip()


def _draw(sample: Sample, scene: int, frames: int, size: int) -> tuple[None, Clip]:
    drawn = _FOOLS[sample.name](np.random.default_rng(scene), frames, size)
    name = f"{sample.name}, scene {scene}"
    return None, Clip.from_frames(drawn, name=name, fps=FPS, truth=sample.truth)


_OPEN = {"real": _read, "made": _make, "fool": _draw}


@cache
def samples() -> dict[str, Sample]:
    """Return all samples by name, group after group."""
    told = tomllib.loads((HERE / "samples.toml").read_text(encoding="utf-8"))
    made = [Sample(label, label, "made", seen) for label, seen in LABEL_HELP.items()]
    real = [_real(**row) for row in told["real"]]
    fool = [Sample(group="fool", **row) for row in told["fool"]]
    return {sample.name: sample for sample in (*real, *made, *fool)}


def _real(name: str, title: str, seen: str, truth: str, **rest: Any) -> Sample:
    own = {key: rest.pop(key) for key in ("start", "stride", "for_training")}
    return Sample(name, title, "real", seen, truth, credit=Credit(**rest), **own)
