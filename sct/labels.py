"""Labels: how they are written, the order they come in, and which of them a person means."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from sct.errors import DataError
from sct.validation import short

_LABEL_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:e[+-]?[0-9]{1,3})?", re.IGNORECASE
)
_PLACE = re.compile(r"#?([0-9]{1,9})")
_MOST_NAMED, _MOST_PAIRS = 20, 5
# Signs that show nothing and that Unicode counts among letters, marks and symbols all the same:
# joiners, fillers, selectors of a form, blanks.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSEEN = re.compile(f"(?![\u200c\u200d])[{INVISIBLE}]")  # joiners change the form of letters
MOST_LETTERS = 200  # of a label
# Joiners beside ASCII do nothing, and so do most selectors but for those behind a symbol, as many
# emoji are written with one.
_JOINED = re.compile(
    r"(?<=[^\0-\x7f\u200c\u200d])[\u200c\u200d]|(?<=[\xa9\xae\u203c-\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]|"
    r"(?<=[#*0-9])\ufe0f(?=\u20e3)"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# What file managers write behind the name of a second copy.
_COPY = re.compile(r"( - copy)?( ?\(\d{1,2}\))?$", re.IGNORECASE)
_PARTED = re.compile(r"(?<=[^\W_])[\s_-]+(?=[^\W_])")
_ALIKE = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
# Letters of Cyrillic and Greek that look like Latin ones, small.
_TWINS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u03bf\u03bd\u03b9",
    "aeopcyxijsovi",
)
# What programs write where there is no label.
_EMPTY = frozenset(
    """nan none null nil na n/a #n/a #na #value! #ref! #name? undefined missing - -- ? . <na>
    nat""".split()  # noqa: SIM905
)


def tidy(text: str) -> str:
    """Return a label as it is kept: NFC, as macOS writes accents apart, and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fault_of(label: object) -> str:
    """Say in a few words what keeps a label from being shown; "" where nothing does.

    Characters that join or part letters, as Persian, Hindi and emoji need them, are kept.
    """
    if not isinstance(label, str):
        return "is no text"
    if not label.strip():
        return "is empty"
    if len(label) > MOST_LETTERS:
        return f"has more than {MOST_LETTERS} characters"
    rest = label if label.isascii() else _JOINED.sub("", label)
    if not rest.isprintable() or _INVISIBLE.search(rest):
        return "has characters that cannot be shown"
    return ""


def check_labels(labels: Iterable[object], what: str) -> None:
    """Raise ValueError unless all labels can be shown and told apart.

    Two that differ by spaces, or by how accents are written, look the same.

    Args:
        labels: of one question; anything, as a card may hold it.
        what: whose they are, which begins the message.
    """
    seen: set[str] = set()
    for label in labels:
        if why := fault_of(label):
            raise ValueError(f"{what}: {short(label)} {why}")
        if (plain := tidy(label)) in seen:
            raise ValueError(f"{what}: two of them are {short(label)}")
        seen.add(plain)


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


def label_notes(labels: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence each on labels nearly alike, joined out of others, and that say nothing.

    They may differ by capitals, by spaces, underscores and hyphens, by kinds of quotes and dashes,
    by forms of letters and joiners, or by what copies are called: walk (1), walk - Copy.

    Raises DataError where two of them differ by nothing that is seen.
    """
    seen: dict[str, str] = {}
    alike: dict[str, list[str]] = {}
    for label in labels:
        other = seen.setdefault(_UNSEEN.sub("", label), label)
        if other != label:
            raise DataError(
                f"Two labels look like {_UNSEEN.sub('', label)[:60]!r} and differ by characters "
                f"that cannot be seen: {other[:60]!a} and {label[:60]!a}; write it in one way."
            )
        alike.setdefault(_plain(label), []).append(label)
    pairs = [" and ".join(map(_shown, some)) for some in alike.values() if len(some) > 1]
    every = set(labels)
    joined = [
        _shown(label)
        for label in labels
        if len(parts := re.split(r"[,;|]", label)) > 1
        and every.issuperset(part.strip() for part in parts)
    ]
    empty = [_shown(label) for label in labels if label.lower() in _EMPTY]
    notes = []
    if pairs:
        notes.append(
            f"Labels that are written nearly alike are different classes: {_few(pairs)}; write "
            "those in one way that mean one class."
        )
    if joined:
        notes.append(
            f"Classes that seem to be several labels in one cell: {_few(joined)}; a clip has one "
            "label."
        )
    if empty:
        notes.append(
            f"{_few(empty)} is read as a label; leave out clips that have none."
            if len(empty) == 1
            else f"{_few(empty)} are read as labels; leave out clips that have none."
        )
    return tuple(notes)


def _plain(label: str) -> str:
    text = html.unescape(re.sub("[\u200c\u200d]", "", label)).translate(_ALIKE)
    text = _COPY.sub("", unicodedata.normalize("NFKC", text)).translate(_ALIKE)
    text = text.casefold().translate(_TWINS)
    return _PARTED.sub(" ", text).strip("'\" ") or label


def _shown(label: str) -> str:
    return f'"{label[:60]}"'


def _few(texts: Sequence[str]) -> str:
    more = len(texts) - _MOST_PAIRS
    return ", ".join(texts[:_MOST_PAIRS]) + (f" and {more} more" if more > 0 else "")


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
