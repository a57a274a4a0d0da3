"""What the grid of a collection is sent, and what it sends back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sct.collection.schema import Header, Question
from viz.colors import answer_colours
from viz.components.player.message import Part, pack
from viz.text.numbers import change, percent

UNIT = 8  # of a pixel: arrows are stored in eighths
# Keys of labels, in their order; Enter, Backspace and the space bar mean something else.
KEYS = "123456789abcdefghijklmnopqrstuvw"
_MOST_PICTURE = 1 << 20  # bytes of one strip
_MOST_ARROWS = 1 << 19
_MOST_SAID = 2000  # labels of one message


@dataclass(frozen=True)
class Card:
    """One row as the grid shows it.

    Attributes:
        file, start_s, end_s: where the window is.
        error: why there is none; then nothing else is said.
        label, probability, sure, unlike: the model's answer.
        known: the right label, where the source says it; "" where not.
        effect: what an ablation does to the answer's probability; None where none was run.
        ordered: the number that the order goes by, in words; "" where the card has it anyway.
        mine: what a person said; "" for nothing.
        strip, arrows: as `sct.collection.schema` has them; b"" where there are none.
        link: an address that opens the clip.
    """

    file: str
    start_s: float = 0.0
    end_s: float = 0.0
    error: str = ""
    label: str = ""
    probability: float = 0.0
    sure: bool | None = None
    unlike: bool | None = None
    known: str = ""
    effect: float | None = None
    ordered: str = ""
    mine: str = ""
    strip: bytes = b""
    arrows: bytes = b""
    link: str = ""


class Said(NamedTuple):
    """One label that a person gave.

    Attributes:
        number: grows from one to the next; whoever has heard it need not take it again.
        subject: the page that it was given on. place: of the card.
        label: "" for taken back.
    """

    number: int
    subject: str
    place: int
    label: str


class Told(NamedTuple):
    """What the grid sends back.

    Attributes:
        subject: the page that it shows.
        open: place of the card to be opened; None if none is.
        labels: what a person said of late, on this page and on those before, in order. Most of it
            was sent before: of two messages that come at once the server sees the later one alone.
        further: whether the next page is wanted.
    """

    subject: str
    open: int | None
    labels: list[Said]
    further: bool


def message(
    cards: Sequence[Card],
    header: Header,
    question: Question,
    subject: str,
    labelling: bool,
    first: int,
    total: int,
    effect: str = "",
) -> bytes:
    """Make the message of one page.

    Args:
        subject: says which page it is; while it is the same the grid keeps what was done there.
        labelling: whether cards are labelled by keys, in place of being opened.
        first: place of the first card among all, from 0. total: how many there are.
        effect: the ablation whose effect is written on cards; "" for none.
    """
    parts: dict[str, Part] = {}
    told = []
    for i, card in enumerate(cards):
        grid = _grid(card.arrows, header.frames)
        if 0 < len(card.strip) <= _MOST_PICTURE:
            parts[f"strip{i}"] = card.strip
            if grid:
                parts[f"arrows{i}"] = card.arrows
        told.append({**_words(card, effect), "grid": grid})
    asks = f"What does the {question.name} do?" if question.name else "What does it show?"
    about = {
        "subject": subject,
        "labelling": labelling,
        "frames": header.frames,
        "stride": header.stride,
        "side": header.image_size,
        "unit": UNIT,
        "asks": asks,
        "labels": list(question.labels),
        "keys": list(KEYS[: len(question.labels)]),
        "colours": answer_colours(len(question.labels)),
        "first": first,
        "total": total,
        "cards": told,
    }
    return pack(about, parts)


def _grid(arrows: bytes, frames: int) -> int:
    """Return the tokens a side that so many bytes of arrows are of; 0 where they are none."""
    side = round((len(arrows) / (2 * max(frames, 1))) ** 0.5)
    fits = side > 0 and side * side * 2 * frames == len(arrows) <= _MOST_ARROWS
    return side if fits else 0


def _words(card: Card, effect: str) -> dict[str, Any]:
    if card.error:
        return {"file": card.file, "error": card.error}
    said = {
        "file": card.file,
        "when": f"{card.start_s:.1f}–{card.end_s:.1f} s",
        "label": card.label,
        "share": round(min(max(float(np.nan_to_num(card.probability)), 0.0), 1.0), 4),
        "percent": percent(card.probability),
        "sure": card.sure,
        "unlike": bool(card.unlike),
        "known": card.known,
        "mine": card.mine,
        "ordered": card.ordered,
        "link": card.link,
    }
    if effect and card.effect is not None and np.isfinite(card.effect):
        said["effect"] = f"{effect}: {change(card.effect)} pp"
    return said


def told_of(sent: object, count: int) -> Told | None:
    """Read what the grid sends, which may be anything; None where it is nothing.

    Whether its labels are some of the question's is for those to say who know the page.

    Args:
        count: cards of a page at most.
    """
    if not isinstance(sent, dict) or not isinstance(sent.get("subject"), str):
        return None
    chosen = sent.get("open")
    chosen = int(chosen) if _whole(chosen, count) else None
    given = sent.get("labels")
    given = given[-_MOST_SAID:] if isinstance(given, list) else []
    found = sorted(one for each in given if (one := _said(each, count)))
    return Told(sent["subject"], chosen, found, sent.get("further") is True)


def _said(sent: object, count: int) -> Said | None:
    if not isinstance(sent, list) or len(sent) != len(Said._fields):
        return None
    number, subject, place, label = sent
    whole = _whole(number, 1 << 53) and _whole(place, count)
    if not whole or not isinstance(subject, str) or not isinstance(label, str):
        return None
    return Said(int(number), subject, int(place), label)


def _whole(value: object, below: int) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value < below and value == int(value)
