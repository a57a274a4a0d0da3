"""The gallery component: samples as thumbnails in groups, one of which is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sct.samples.catalogue import GROUPS, Sample
from sct.video.clip import Clip, view
from viz.components.component import Component
from viz.raster.encode import encode

_HERE = Path(__file__).parent
COMPONENT = Component("sct_gallery", _HERE / "gallery.js", _HERE / "gallery.css", state="sample")

SIDE = 96  # pixels of a frame of a thumbnail
_QUALITY = 45
_TITLES = {
    "real": ("Real", "Filmed clips, free to share"),
    "made": ("Made", "Clips made here, whose true motion is known"),
    "fool": ("To fool it", "Clips of which a model’s answer is worth little"),
}
# What is short enough to stand under a picture of 60 pixels; words of the full name and signs.
_SHORT = {
    "roll clockwise": "roll ↻",
    "roll counter-clockwise": "roll ↺",
    "object comes closer": "closer",
    "object goes away": "away",
    "object spins clockwise": "spin ↻",
    "object spins counter-clockwise": "spin ↺",
}


def thumbnail(clip: Clip) -> bytes:
    """Draw all frames of a clip side by side, as the model sees them: WebP of a few kilobytes."""
    return encode(np.hstack(view(clip, SIDE)), "webp", _QUALITY)


def gallery_data(samples: Sequence[Sample], chosen: str, frames: int, where: str) -> dict[str, Any]:
    """Return the data that the browser gets.

    Args:
        samples: of all groups. chosen: the name of one.
        frames: of every thumbnail.
        where: the address of a thumbnail; "{name}" in it stands for the sample's.
    """
    groups = []
    for group in GROUPS:
        title, help_ = _TITLES[group]
        own = [sample for sample in samples if sample.group == group]
        groups.append({"id": group, "text": title, "title": help_, "rows": _rows(own, where)})
    return {"groups": groups, "chosen": chosen, "frames": frames}


def _rows(samples: Sequence[Sample], where: str) -> list[dict[str, Any]]:
    """Return titled rows: made clips by what moves, others as one."""
    by: dict[str, list[Sample]] = {}
    for sample in samples:
        moves = "An object" if sample.name.startswith("object") else "The camera"
        by.setdefault(moves if sample.group == "made" else "", []).append(sample)
    return [
        {"title": title, "samples": [_card(sample, where) for sample in own]}
        for title, own in by.items()
    ]


def _card(sample: Sample, where: str) -> dict[str, str]:
    return {
        "name": sample.name,
        "text": _SHORT.get(sample.title, sample.title.removeprefix("object moves ")),
        "seen": sample.seen,
        "src": where.format(name=sample.name),
    }


def mount(data: dict[str, Any], key: str, on_choice: Callable[[str], None]) -> None:
    """Put the gallery on the page.

    Args:
        data: from `gallery_data`. key: of the component in the session.
        on_choice: called before the rerun that follows a choice, with the name of a sample.
    """
    names = {card["name"] for g in data["groups"] for row in g["rows"] for card in row["samples"]}

    def told(name: object) -> None:
        if isinstance(name, str) and name in names:  # it comes from outside, and may be anything
            on_choice(name)

    COMPONENT.mount(data, key, told)
