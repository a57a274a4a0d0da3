"""Attributions as pictures and words: which question was asked, and what a colour says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.components.heatplayer.contents import HeatMap

if TYPE_CHECKING:
    from sct.attribution.attribute import Attribution, Method
    from sct.model.config import SCTConfig

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


@dataclass(frozen=True)
class Verdict:
    """Whether a method's maps can be believed.

    Args:
        passed: None where nothing was checked.
        badge: a few words. why: one sentence.
    """

    passed: bool | None
    badge: str
    why: str

    @property
    def kind(self) -> str:
        return "open" if self.passed is None else "passed" if self.passed else "failed"

    @property
    def mark(self) -> str:
        return {"open": "?", "passed": "✓", "failed": "✕"}[self.kind]


OPEN = Verdict(None, "not checked", "Whether it can be believed was not checked.")
_FAILED = {  # of what a method needs to pass
    "random": "its order of patches is no better than random ones",
    "randomised": "a model of shuffled weights gets much the same maps",
    "sensitivity": "noise that nobody sees changes it too much",
}


def over_set(table: dict[str, Any] | None, method: str) -> Verdict:
    """Of a method, by the table of a fixed set that `sct.attribution.attribute.measured` gives."""
    rows = {row["method"]: row for row in table["methods"]} if table else {}
    row = rows.get(method)
    if row is None:
        return OPEN
    each = f"it passes on {row['passed_clips']} of {table['n']} single clips"
    if row["passed"] is None:
        too_few = f"The fixed set leaves open whether it can be believed; {each}."
        return Verdict(None, "open on the fixed set", too_few)
    if row["passed"]:
        return Verdict(True, "passes on the fixed set", f"Over the fixed set it passes; {each}.")
    why = [text for name, text in _FAILED.items() if row["verdicts"][name] is False]
    return Verdict(False, "fails on the fixed set", f"Over the fixed set {', '.join(why)}; {each}.")


def as_seen(values: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """Values of a clip's frames, in the order in which an ablation has the model see them.

    A frame that is seen several times shares its values out among them, so that sums stay.

    Args:
        values: (frame, ...), in the clip's own order. order: the frame seen at each place.
    """
    places = np.asarray(order)
    times = np.bincount(places, minlength=len(values))[places]
    return values[places] / times.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32)


def labels_of(config: SCTConfig) -> tuple[str, ...]:
    """Names of the classes; a model without any has "class 0" and so on."""
    return config.labels or tuple(f"class {i}" for i in range(config.num_classes))


def label_place(text: str, labels: Sequence[str]) -> int:
    """The place of a class that is given by its name, or by its number from 0.

    Raises ValueError for a class there is not.
    """
    if list(labels).count(text) == 1:
        return list(labels).index(text)
    if text.isascii() and text.isdigit() and len(text) < 7 and int(text) < len(labels):
        return int(text)
    raise ValueError(
        f"class {text[:60]!r}: one by its name, or a number from 0 to {len(labels) - 1}"
    )


def question(labels: Sequence[str], target: int, against: int | None) -> str:
    """What was asked, in words: "Why pan right and not pan left?"."""
    and_not = "" if against is None else f" and not {labels[against]}"
    return f"Why {labels[target]}{and_not}?"


def says(
    method: Method, labels: Sequence[str], target: int, against: int | None
) -> tuple[str, str, str]:
    """What colours mean, what a value above zero does, and what one below."""
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
    """An attribution as the player wants it; `order` as for `as_seen`."""
    meaning, up, down = says(method, labels, found.target, found.against)
    told = (verdict.kind, verdict.badge, verdict.why) if verdict else (None, "", "")
    shown = (method.name, meaning, up, down, *told)
    values, frames = (as_seen(x, order) for x in (found.values, found.frames))
    return HeatMap(values, frames, method.signed, *shown)
