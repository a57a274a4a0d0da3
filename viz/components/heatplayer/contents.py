"""Messages to the heat player: the frames of a clip and one or two maps over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viz.colors import diverging, scale
from viz.components.player.message import Sprite, pack

FULL = 0.995  # the share of patches that stay below the end of the colour scale


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A map, and its texts in plain text.

    Args:
        values: float (frame, grid, grid); 0 or more unless `signed`.
        frames: float (frame,), the totals that stand below the pictures.
        name: of the method. meaning: what a colour says, one sentence.
        up, down: what a value above and below zero does, "speaks for pan right".
        verdict: "passed", "failed" or "open", drawn as a badge that says `badge`; `why` is one
            sentence. None for what cannot be checked.
    """

    values: np.ndarray
    frames: np.ndarray
    signed: bool
    name: str
    meaning: str
    up: str
    down: str = ""
    verdict: str | None = None
    badge: str = ""
    why: str = ""

    @property
    def total(self) -> float:
        """Return the sum of the absolute values of all patches."""
        return float(np.abs(self.values).sum(dtype=np.float64))

    @property
    def top(self) -> float:
        return top_of(self.values)

    def header(self) -> dict[str, Any]:
        words = ("name", "signed", "meaning", "up", "down", "verdict", "badge", "why")
        return {**{w: getattr(self, w) for w in words}, "top": self.top, "total": self.total}


def top_of(values: np.ndarray) -> float:
    """Return an end of the colour scale that few patches of the clip pass, for all its frames."""
    size = np.abs(values)
    # Where few patches have any value at all, those few would all be beyond the end.
    return float(np.quantile(size, FULL)) or float(size.max())


def heat_message(
    pictures: Sprite,
    times: Sequence[float],
    maps: Sequence[HeatMap],
    view: dict[str, int],
    patch: int,
) -> bytes:
    """Make the message of a clip with one map beside the plain frames, or two side by side.

    Args:
        pictures: the frames in the model's order. times: the second in the clip of each.
        maps: one or two, of one shape.
        view: what to show at first: frame, row, column, edit.
        patch: pixels of a patch in the model's picture.

    Raises:
        ValueError: maps of different shapes, or none or more than two of them.
    """
    shapes = {m.values.shape for m in maps}
    if len(shapes) != 1 or not 1 <= len(maps) <= 2:
        raise ValueError(f"maps of shapes {sorted(shapes)}: needs one or two of one shape")
    frames, grid, _ = maps[0].values.shape
    header = {
        "kind": "heat",
        "frames": frames,
        "grid": grid,
        "patch": patch,
        "times": [round(float(t), 4) for t in times],
        "side": pictures.side,
        "across": pictures.across,
        "view": view,
        "maps": [m.header() for m in maps],
    }
    parts: dict[str, Any] = {
        "sprite": pictures.picture,
        "colours": np.stack([scale("inferno"), *diverging()]),
    }
    for i, each in enumerate(maps):
        parts[f"values{i}"] = np.asarray(each.values, np.float32)
        parts[f"frames{i}"] = np.asarray(each.frames, np.float32)
    return pack(header, parts)
