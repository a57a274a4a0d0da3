"""The panels component: pictures side by side with what belongs to each, in the browser."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viz.components.component import Component
from viz.raster.encode import data_uri

_HERE = Path(__file__).parent
COMPONENT = Component("sct_panels", _HERE / "panels.js", _HERE / "panels.css", state=None)
mount = COMPONENT.mount


@dataclass(frozen=True)
class Panel:
    """A picture with its texts.

    Args:
        picture: uint8 (S, S, 3), drawn at whatever size the page has room for.
        alt: what it shows, for those who cannot see it.
        note: plain text under it.
        below: a second picture under the first, and what it shows in `below_alt`.
        share: 0 to 1, drawn as a bar under the pictures; `share_note` is said beside the note.
    """

    picture: np.ndarray
    alt: str
    note: str = ""
    below: np.ndarray | None = None
    below_alt: str = ""
    share: float | None = None
    share_note: str = ""

    def data(self) -> dict[str, Any]:
        """Return values fit for JSON, pictures as data addresses."""
        plain = {k: v for k, v in self.__dict__.items() if k not in ("picture", "below")}
        below = None if self.below is None else data_uri(self.below)
        return {**plain, "src": data_uri(self.picture), "below": below}


@dataclass(frozen=True)
class Legend:
    """A colour bar: CSS colours from low to high, and ticks (place 0 to 1, text)."""

    title: str
    stops: list[str]
    ticks: list[dict[str, float | str]]


def panels_data(
    shown: list[Panel], legend: Legend | None = None, least: int = 220, most: int = 460
) -> dict[str, Any]:
    """Return the browser's data. `least` and `most`: width of a picture in CSS pixels."""
    return {
        "panels": [p.data() for p in shown],
        "legend": asdict(legend) if legend else None,
        "least": least,
        "most": most,
    }
