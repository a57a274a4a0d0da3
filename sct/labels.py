"""Labels: how they are written, the order they come in, and which of them a person means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from sct.errors import DataError

_LABEL_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:e[+-]?[0-9]{1,3})?", re.IGNORECASE
)
_PLACE = re.compile(r"#?([0-9]{1,9})")
_MOST_NAMED = 20


def tidy(text: str) -> str:
    """Return a label as it is kept: NFC, as macOS writes accents apart, and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def ascii_digits(text: str) -> str:
    """Return `text` with the digits of all scripts, also full-width ones, as 0 to 9."""
    if text.isascii():
        return text
    return "".join(c if (n := unicodedata.decimal(c, None)) is None else str(n) for c in text)


def number_of(text: str) -> float | None:
    """Return the number that a text is, None if it is none; Python's 1_0, nan and inf are none."""
    text = ascii_digits(text)
    return float(text) if _NUMBER.fullmatch(text) else None


def sort_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return each label once, numbers first and by their value (2 before 10), the rest by letters.

    Raises DataError where two labels are one number in two ways of writing, such as 1 and 01.
    """
    numbered: dict[float, str] = {}
    different = set(labels)
    for label in sorted(different):
        if (number := _number(label)) is not None:
            other = numbered.setdefault(number, label)
            if other != label:
                raise DataError(
                    f'The labels "{other}" and "{label}" are one number in two ways of writing; '
                    "write it in one way."
                )
    words = sorted(different - set(numbered.values()))
    return (*(numbered[number] for number in sorted(numbered)), *words)


def names_of(config: Any) -> tuple[str, ...]:
    """Return the labels of a model's config; those of one without are "class 0" and so on."""
    return config.labels or tuple(f"class {i}" for i in range(config.num_classes))


def place_of(asked: str, labels: Sequence[str], name: str = "target") -> int:
    """Find the class that a person names.

    A label wins over a place. Where no label is a number, a number from 0 is the place of a class;
    where labels are numbers, one that is none of them is refused. "#3" is the place 3 in any case,
    unless there is such a label.

    Args:
        asked: a label or a place.
        labels: of all classes, in order.
        name: of what is asked for, which begins the message.

    Raises:
        ValueError: there is no such class, or several have this label.
    """
    wanted = tidy(asked)
    found = [place for place, label in enumerate(labels) if label == asked]
    found = found or [place for place, label in enumerate(labels) if tidy(label) == wanted]
    if len(found) == 1:
        return found[0]
    numbered = any(_number(label) is not None for label in labels)
    place = _PLACE.fullmatch(ascii_digits(wanted))
    bare = place is not None and not wanted.startswith("#")
    if place and int(place[1]) < len(labels) and not (bare and (numbered or found)):
        return int(place[1])
    if found:
        raise ValueError(
            f"{name} {wanted[:60]!r}: {len(found)} classes have this label; "
            f"name one by its place, as #{found[0]}"
        )
    last = len(labels) - 1
    places = f"a place from #0 to #{last}" if numbered else f"a number from 0 to {last}"
    why = ", as numbers are labels here," if bare and numbered else ""
    more = ", ..." if len(labels) > _MOST_NAMED else ""
    raise ValueError(
        f"{name} {wanted[:60]!r}: this model has no such class{why} and takes {places} or "
        f"one of {', '.join(labels[:_MOST_NAMED])}{more}"
    )


def _number(label: str) -> float | None:
    label = ascii_digits(label)
    return float(label) if _LABEL_NUMBER.fullmatch(label) else None
