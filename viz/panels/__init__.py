"""The panels component: pictures over one token grid, side by side, in the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from viz.encode import data_uri
from viz.geometry import Token
from viz.overlay import Window

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Panel:
    """One picture.

    Args:
        picture: uint8 (S, S, 3), drawn at whatever size the page has room for.
        alt: what it shows, for those who cannot see it.
        title, note: plain text above and below.
        grid: side of the token grid that lies over it; None for a plain picture.
        pick: whether a click picks a patch.
        selected: the picked patch. marks: further patches to outline. window: a part to outline.
        values: (grid, grid) numbers shown under the pointer, "percent" or after the word `format`.
        arrows, truth: arrows from `viz.arrows.segments`.
        below: a second picture under the first, and what it shows in `below_alt`.
        share: 0 to 1, drawn as a bar under the pictures; `share_note` is said beside the note.
    """

    picture: np.ndarray
    alt: str
    title: str = ""
    note: str = ""
    grid: int | None = None
    pick: bool = False
    selected: Token | None = None
    window: Window | None = None
    marks: list[Token] = field(default_factory=list)
    values: np.ndarray | None = None
    format: str = "percent"
    arrows: list[list[float]] = field(default_factory=list)
    truth: list[list[float]] = field(default_factory=list)
    below: np.ndarray | None = None
    below_alt: str = ""
    share: float | None = None
    share_note: str = ""

    def data(self) -> dict[str, Any]:
        """As JSON for the browser: the picture as a data address, numbers rounded."""
        plain = {k: v for k, v in self.__dict__.items() if k not in ("picture", "values", "below")}
        values = None
        if self.values is not None:
            exact = np.issubdtype(self.values.dtype, np.integer)
            values = (self.values if exact else np.round(self.values.astype(float), 4)).tolist()
        below = None if self.below is None else data_uri(self.below)
        return {**plain, "src": data_uri(self.picture), "below": below, "values": values}


@dataclass(frozen=True)
class Legend:
    """A colour bar: CSS colours from low to high, and ticks (place 0 to 1, text)."""

    title: str
    stops: list[str]
    ticks: list[dict[str, float | str]]


@dataclass(frozen=True)
class Key:
    """One entry of the key: sign is "picked", "window", "marks", "arrows" or "truth"."""

    sign: str
    text: str


def panels_data(
    shown: list[Panel],
    legend: Legend | None = None,
    keys: tuple[Key, ...] = (),
    least: int = 220,
    most: int = 460,
) -> dict[str, Any]:
    """What the browser gets. `least` and `most`: width of a picture in CSS pixels."""
    return {
        "panels": [p.data() for p in shown],
        "legend": asdict(legend) if legend else None,
        "keys": [asdict(k) for k in keys],
        "least": least,
        "most": most,
    }


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    import streamlit as st

    return st.components.v2.component(
        "sct_panels",
        html='<div class="root"></div>\n<!-- filled by panels.js -->',
        css=(_HERE / "panels.css").read_text(),
        js=(_HERE / "panels.js").read_text(),
    )


def mount(
    data: dict[str, Any], key: str, on_pick: Callable[[int, int], None] | None = None
) -> None:
    """Put panels on the page; `on_pick(row, column)` is called before the rerun of a click."""
    import streamlit as st

    def picked() -> None:
        cell = st.session_state[key].get("pick")
        # The browser is not to be trusted with types.
        if on_pick and isinstance(cell, dict):
            row, col = cell.get("row"), cell.get("col")
            if type(row) is int and type(col) is int:
                on_pick(row, col)

    _component()(data=data, key=key, on_pick_change=picked)
