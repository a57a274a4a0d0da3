"""Small languages: ablations, made clips, crops, patches and what a link holds; limits; labels."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from pages.learn import progress
from pages.state import url_values
from pages.widgets.markdown import plain
from sct.errors import SCTError
from sct.labels import label_notes, number_of, place_of, sort_labels, tidy
from sct.model.ablation import Ablation
from sct.model.config import SIZES
from sct.synthetic.spec import ClipSpec
from sct.video.crop import Crop
from sct.video.sources import Limits, clean_name, quoted
from tests.fuzz import mutators
from tests.fuzz.target import Target, require
from viz.raster.geometry import parse_token

_CONFIG = SIZES["sct_ti_ms"]
_WORDS = (
    *("shifted", "offsets", "window", "lsh", "rounds", "bucket", "seed", "vilt", "clip", "order"),
    *("heads-off", "on", "off", "self", "full", "chunk", "frame", "mean", "as-is", "reversed", "="),
    *("shuffled(3)", "repeat-first", "1.vilt.0", "3.shifted.1", "none", ";", ",", "+", "1,2", "49"),
    *("moves", "speed", "texture", "noise", "shake", "occlusion", "path", "pan left", "zoom in"),
    *("object path", "camera path", "10,50", "-50,150", "grain", "centre", "fit", "views", "0.25"),
)
_TEXTS: dict[str, tuple[str, ...]] = {
    "ablation": (
        "shifted=self;lsh=full,lsh,off;rounds=4;bucket=49;seed=3;order=shuffled(7)",
        "heads-off=1.vilt.0+2.shifted.1+3.lsh.0;clip=mean;vilt=on,off,on;offsets=1,2;window=frame",
    ),
    "spec": (
        "moves=object path;noise=10;shake=2;occlusion=0.5;seed=99;path=10,50+90,50+20.5,-10",
        "moves=zoom in;speed=3.5;texture=grain",
    ),
    "crop": ("0.2,0.5", "0.5,0.5,0.25", "fit", "centre"),
    "token": ("3,4", "0,27"),
    "whole": ("12", "-1"),
    "name": ("maps", "motion"),
    "answers": ("1ab.4c-", "7aa"),
    "limits": ("200", "0.5"),
    "label": ("walk left", "3", "#2", "W alk (2)"),
}


def _ablation(text: str) -> None:
    found = Ablation.parse(text)
    require(Ablation.parse(str(found)) == found, f"no round trip: {found!s:.200}")
    found.frame_order(8)
    found.validate(_CONFIG)


def _spec(text: str) -> None:
    found = ClipSpec.parse(text)
    require(ClipSpec.parse(str(found)) == found, f"no round trip: {found!s:.200}")
    require(found.title.isprintable(), f"title {found.title!a}")
    require(found.pace(8, 112) >= 0, "a negative pace")
    if found.drawn:
        require(found.places(8).shape == (8, 2), "places")


def _crop(text: str) -> None:
    found = Crop.parse(text)
    require(Crop.parse(str(found)) == found, f"no round trip: {found!s:.200}")
    for height, width in ((96, 128), (512, 3), (1, 1)):
        top, left, tall, wide = found.box(height, width)
        require(0 <= top <= top + tall <= height and tall > 0, f"box {found.box(height, width)}")
        require(0 <= left <= left + wide <= width and wide > 0, f"box {found.box(height, width)}")


def _token(text: str) -> None:
    row, column = parse_token(text, 28)
    require(0 <= row < 28 and 0 <= column < 28, f"patch {row},{column}")
    require(str(url_values.patch(28)(text)) == f"{row},{column}", "two patches")


def _whole(text: str) -> None:
    require(-1 <= url_values.whole(-1, 10**9)(text) <= 10**9, "beyond its range")


def _limits(text: str) -> None:
    for variable in ("SCT_MAX_MB", "SCT_MAX_MINUTES", "SCT_MAX_SIDE"):
        try:
            os.environ[variable] = text
        except ValueError:  # no environment can hold it
            return
        try:
            Limits.from_env()
        finally:
            del os.environ[variable]


def _label(text: str) -> None:
    tidy(text)
    number_of(text)
    for shown in (clean_name(text), quoted(text)):
        require(bool(shown) and shown.isprintable(), f"shown as {shown!a}")
    require("\n" not in plain(text), f"shown as {plain(text)!a}")
    place_of(text, ("walk", "run", "3", "walk "))
    label_notes(sort_labels([tidy(text), "walk", "Walk", "3"]))


_READERS: dict[str, Callable[[str], None]] = {
    "ablation": _ablation,
    "spec": _spec,
    "crop": _crop,
    "token": _token,
    "whole": _whole,
    "name": lambda text: require(url_values.one_of("maps", "motion")(text) == text, "another"),
    "answers": lambda text: require(progress._read(progress._read(text)) is not None, "none"),
    "limits": _limits,
    "label": _label,
}


class Texts(Target):
    """Reads a text of one of the languages."""

    expected = (ValueError, SCTError)

    def __init__(self, folder: Path, work: Path):
        super().__init__(folder, work)
        self.kinds = [*("ablation", "spec") * 3, *_TEXTS]

    def make(self, rng: Random) -> tuple[str, str]:
        kind = rng.choice(self.kinds)
        text = mutators.mutated_text(rng.choice(_TEXTS[kind]), rng, _WORDS, r"[;=,.+ ()#-]")
        return kind, text

    def read(self, made: tuple[str, str]) -> None:
        kind, text = made
        _READERS[kind](text)
