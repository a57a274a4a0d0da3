"""Reads a model's card with mistrust: whoever made the checkpoint wrote its card.

A card is JSON of any kind (`io.read_card` bounds its size and checks its config). What is read here
has the type that it should have, or is left out; texts stay texts of any content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sct.labels import check_labels, fault_of
from sct.validation import is_number, is_whole

MOST_LABELS = 1000
MOST_ROWS = 200
MOST_WHOLE = (1 << 53) - 1

# Of each measurement of accuracy: where it stands in a card.
MEASUREMENTS = {"synthetic": "measured", "footage": "footage", "moving": "footage_moving"}
Share = tuple[float, float, float]  # a share and its 95% interval


@dataclass(frozen=True, eq=False)
class Measurement:
    """Says how often a model was right on clips that it had not seen.

    Attributes:
        command: that prints it; "" if the card does not say.
        n: clips.
        top1: the share it was right for, with its interval.
        chance: the share that guessing is right for.
        per_class: label, clips and share of each class that had clips.
        labels, confusion: int (label, label), a row for what the clips show; None where unknown.
    """

    command: str
    n: int
    top1: Share
    chance: float | None
    per_class: tuple[tuple[str, int, Share], ...]
    labels: tuple[str, ...]
    confusion: np.ndarray | None

    def mistakes(self, most: int = 5) -> list[tuple[str, str, int, int]]:
        """List the commonest: what the clips showed, what was said, how often, of how many."""
        if self.confusion is None:
            return []
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        pairs = [divmod(int(i), len(self.labels)) for i in order if wrong.flat[i]]
        totals = self.confusion.sum(1)
        return [
            (self.labels[r], self.labels[c], int(wrong[r, c]), int(totals[r])) for r, c in pairs
        ]


def measurement(card: Mapping[str, Any], key: str, question: str = "") -> Measurement | None:
    """Read a measurement of `MEASUREMENTS`; None where the card has none that can be read.

    Args:
        question: of a model that answers several, one of them; "" takes all of them together.
    """
    found = table_of(card.get(MEASUREMENTS[key]))
    if question:
        own = table_of(table_of(found.get("questions")).get(question))
        found = {**own, "command": found.get("command")}
    top1, n = share_of(found, "top1", "top1_ci95"), whole(found, "n")
    if top1 is None or not n:
        return None
    rows = [
        (label, clips, share)
        for label, row in items_of(found.get("per_class"), MOST_LABELS)
        if (share := share_of(row, "top1", "ci95")) and (clips := whole(row, "n"))
    ]
    labels, confusion = _confusion(found)
    chance = number(found, "chance")
    return Measurement(text(found, "command"), n, top1, chance, tuple(rows), labels, confusion)


def _confusion(found: Mapping[str, Any]) -> tuple[tuple[str, ...], np.ndarray | None]:
    labels = tuple(_list(found.get("labels"))[:MOST_LABELS])
    try:
        check_labels(labels, "labels")
    except ValueError:
        return (), None
    rows = _list(found.get("confusion"))
    shape = len(rows) == len(labels) and all(len(_list(r)) == len(labels) for r in rows)
    if not labels or not shape or not all(is_whole(v, 0, MOST_WHOLE) for row in rows for v in row):
        return labels, None
    return labels, np.array(rows, np.int64)


@dataclass(frozen=True)
class MotionAgreement:
    """Says how far one head of shifted attention follows true motion.

    Attributes:
        r: correlation of its displacement with the truth, and its interval.
        chance: r of an even map, which knows nothing.
        direction: share of the moving tokens whose direction is within 30 degrees of the truth.
        block: of the stage's blocks of shifted attention, from 0.
    """

    stage: int
    head: int
    grounded: bool
    r: Share
    chance: float | None
    direction: float | None
    block: int = 0


def saw_footage(card: Mapping[str, Any]) -> bool:
    """Tell whether a model learned from real footage, by the options of its training."""
    commands = [text(row, "command") for row in rows_of(card.get("recipe"))]
    options = table_of(card.get("training")).get("footage")
    return bool(options) or any("--footage" in command for command in commands)


def motion_agreement(card: Mapping[str, Any], key: str) -> tuple[MotionAgreement, ...]:
    """Read how far each measured head follows motion, on the clips of a measurement."""
    found = table_of(card.get("attention_follows_motion"))
    if key != "synthetic":
        found = table_of(found.get(key))
    rows = []
    for row in rows_of(found.get("heads")):
        r = share_of(row, "correlation", "correlation_ci95", least=-1.0)
        stage, head = whole(row, "stage"), whole(row, "head")
        if r is not None and stage is not None and head is not None:
            grounded = row.get("grounded") is True
            more = number(row, "chance"), number(row, "direction"), whole(row, "block") or 0
            rows.append(MotionAgreement(stage, head, grounded, r, *more))
    return tuple(rows)


def ablated(card: Mapping[str, Any]) -> tuple[tuple[str, int, Share, str], ...]:
    """Read what is left without a part: ablation, clips, share, command."""
    return tuple(
        (name, n, share, text(row, "command"))
        for name, row in items_of(card.get("ablated"), MOST_ROWS)
        if (share := share_of(row, "top1", "top1_ci95")) and (n := whole(row, "n"))
    )


def failures(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Read sentences on where the model is known to fall short."""
    said = _list(card.get("falls_short"))[:MOST_ROWS]
    return tuple(v.strip() for v in said if isinstance(v, str) and v.strip())


@dataclass(frozen=True)
class RealClip:
    """Holds what a person saw in a real clip and what the model said; `right` None: hard to say."""

    clip: str
    seen: str
    predicted: str
    probability: float | None
    right: bool | None


def real_clips(card: Mapping[str, Any]) -> tuple[RealClip, ...]:
    """Read what the model said of real clips."""
    rows = []
    for row in rows_of(table_of(card.get("real_clips")).get("clips")):
        agrees = row.get("a_person_agrees")
        right = agrees if isinstance(agrees, bool) else None
        said = (text(row, name) for name in ("clip", "seen", "predicted"))
        rows.append(RealClip(*said, number(row, "probability"), right))
    return tuple(rows)


def training_commands(card: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Read the commands that trained the model, each with a note or ""."""
    rows = rows_of(card.get("recipe"))
    return tuple((text(r, "command"), text(r, "note")) for r in rows if text(r, "command"))


def text(values: Mapping[str, Any], key: str) -> str:
    """Read a text; "" where there is none."""
    found = values.get(key)
    return found.strip() if isinstance(found, str) else ""


def number(values: Mapping[str, Any], key: str) -> float | None:
    """Read a number below 1e15; None where there is none."""
    found = values.get(key)
    return float(found) if is_number(found) and abs(found) < 1e15 else None


def whole(values: Mapping[str, Any], key: str) -> int | None:
    """Read a whole number of 0 or more; None where there is none."""
    found = values.get(key)
    return found if is_whole(found, 0, MOST_WHOLE) else None


def share_of(
    values: Mapping[str, Any], key: str, interval: str, least: float = 0.0
) -> Share | None:
    """Read a share, from `least` to 1, and its interval; None where they do not fit."""
    found = number(values, key)
    ends = _list(values.get(interval))
    low, high = (number({"v": v}, "v") for v in ends) if len(ends) == 2 else (None, None)
    if found is None or low is None or high is None:
        return None
    # An interval's end is computed, and may miss a share of 1 by the last digit.
    if not least <= low <= found + 1e-9 <= high + 2e-9 <= 1 + 3e-9:
        return None
    return found, low, high


def table_of(value: object) -> Mapping[str, Any]:
    """Return names and values; none where there are none."""
    return value if isinstance(value, dict) else {}


def rows_of(value: object) -> Iterator[Mapping[str, Any]]:
    """Return a list of tables, at most `MOST_ROWS`."""
    return map(table_of, _list(value)[:MOST_ROWS])


def items_of(value: object, most: int) -> list[tuple[str, Mapping[str, Any]]]:
    """Return names and tables, at most `most` of them, without names that cannot be shown."""
    found = list(table_of(value).items())[:most]
    return [(name, table_of(row)) for name, row in found if not fault_of(name)]


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()
