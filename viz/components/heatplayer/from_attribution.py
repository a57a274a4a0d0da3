"""Turns an attribution into a map of the heat player."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from viz.components.heatplayer.contents import HeatMap

if TYPE_CHECKING:
    from sct.attribution import Attribution, Method
from viz.text.attribution import Verdict

_UNSIGNED = {
    "gradient": (
        "Lighter: the answer reacts more strongly to the patch, either way",
        "how strongly the answer reacts",
    ),
    "perturbation": (
        "Lighter: the answer changes more without the patch, either way",
        "how much the answer changes",
    ),
    "attention": (
        "Lighter: attention carries more of the patch into the answer",
        "share of what attention carries",
    ),
}


def as_seen(values: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """Values of a clip's frames, in the order in which an ablation has the model see them.

    A frame that is seen several times shares its values out among them, so that sums stay.

    Args:
        values: (frame, ...), in the clip's own order. order: the frame seen at each place.
    """
    places = np.asarray(order)
    times = np.bincount(places, minlength=len(values))[places]
    return values[places] / times.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32)


def says(
    method: Method, labels: Sequence[str], target: int, against: int | None
) -> tuple[str, str, str]:
    """Say what colours mean, what a value above zero does, and what one below."""
    if not method.signed:
        return (*_UNSIGNED[method.family], "")
    name = labels[target]
    # Grad-CAM's sums of channels are no part of the answer: they compare places of one clip.
    unit = "" if method.key == "grad-cam" else " (logits)"
    if against is None:
        meaning = f"Blue speaks for {name}, orange against it{unit}"
        return meaning, f"speaks for {name}", f"speaks against {name}"
    other = labels[against]
    meaning = f"Blue speaks for {name}, orange for {other}{unit}"
    return meaning, f"speaks for {name} rather than {other}", f"speaks for {other} instead"


def heat_map(
    found: Attribution,
    method: Method,
    labels: Sequence[str],
    order: Sequence[int],
    verdict: Verdict | None,
) -> HeatMap:
    """Turn an attribution into the player's map; `order` as for `as_seen`."""
    meaning, up, down = says(method, labels, found.target, found.against)
    told = (verdict.kind, verdict.badge, verdict.why) if verdict else (None, "", "")
    shown = (method.name, meaning, up, down, *told)
    values, frames = (as_seen(x, order) for x in (found.values, found.frames))
    return HeatMap(values, frames, method.signed, *shown)
