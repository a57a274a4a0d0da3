"""Which rows of a run are meant: a filter as plain data, with a text form that round-trips."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from sct.collection.schema import Header
from sct.validation import short

MOST = 6000  # characters of a text form
_MOST_PARTS, _MOST_CORNERS = 200, 40
_LABELLED = ("yes", "no", "corrected")

Named = tuple[str, str]
Pair = tuple[str, str, str]


@dataclass(frozen=True)
class Filter:
    """Rows that meet all of these; where one names several values, any of them.

    Rows of files that could not be read are left out, unless `errors` asks for them alone.

    Attributes:
        said: (question, label) that the model gave. known: the same of the right label.
        pairs: (question, known, said).
        moved: (question, what another run said, said).
        ranges: (column of numbers, least, most), the ends among them.
        facts: (column of yes and no, which).
        name: a text that the file's name contains, in any case.
        errors: files that could not be read, and no others.
        area: corners (x, y) of an area of the map.
        labelled: (question, whether a person answered it): "yes", "no" or "corrected".
    """

    said: tuple[Named, ...] = ()
    known: tuple[Named, ...] = ()
    pairs: tuple[Pair, ...] = ()
    moved: tuple[Pair, ...] = ()
    ranges: tuple[tuple[str, float, float], ...] = ()
    facts: tuple[tuple[str, bool], ...] = ()
    name: str = ""
    errors: bool = False
    area: tuple[tuple[float, float], ...] = ()
    labelled: tuple[Named, ...] = ()

    def range(self, column: str) -> tuple[float, float] | None:
        """Return the range of a column; None if it has none."""
        return next(((low, high) for name, low, high in self.ranges if name == column), None)

    def with_range(self, column: str, ends: tuple[float, float] | None) -> Filter:
        """Return it with another range of a column; with none for None."""
        kept = tuple(one for one in self.ranges if one[0] != column)
        return replace(self, ranges=kept if ends is None else (*kept, (column, *ends)))

    def with_said(self, question: str, labels: tuple[str, ...]) -> Filter:
        """Return it with other answers to a question; with none for any."""
        kept = tuple(one for one in self.said if one[0] != question)
        return replace(self, said=(*kept, *((question, label) for label in labels)))

    def with_labelled(self, question: str, which: str) -> Filter:
        """Return it with other labels of a question; with "" for any."""
        kept = tuple(one for one in self.labelled if one[0] != question)
        return replace(self, labelled=(*kept, (question, which)) if which else kept)

    def __str__(self) -> str:
        parts = [f"said.{_text(q)}={_text(label)}" for q, label in self.said]
        parts += [f"known.{_text(q)}={_text(label)}" for q, label in self.known]
        for kind, pairs in (("pair", self.pairs), ("moved", self.moved)):
            parts += [f"{kind}.{_text(q)}={_text(a)}~{_text(b)}" for q, a, b in pairs]
        ranges = ((c, _beyond(low, -1), _beyond(high, 1)) for c, low, high in self.ranges)
        parts += [f"in.{_text(c)}={low}..{high}" for c, low, high in ranges]
        parts += [f"is.{_text(c)}={'yes' if which else 'no'}" for c, which in self.facts]
        parts += [f"name={_text(self.name)}"] * bool(self.name)
        parts += ["errors=yes"] * self.errors
        parts += ["area=" + ",".join(f"{v:.4g}" for at in self.area for v in at)] * bool(self.area)
        parts += [f"labelled.{_text(q)}={which}" for q, which in self.labelled]
        return ";".join(parts)

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read the text form. Raises ValueError that says which part is wrong."""
        found: dict[str, list] = {}
        plain: dict[str, object] = {}
        if len(text) > MOST:
            raise ValueError(f"a filter has at most {MOST} characters")
        parts = [part for part in text.split(";") if part]
        if len(parts) > _MOST_PARTS:
            raise ValueError(f"a filter has at most {_MOST_PARTS} parts")
        for part in parts:
            head, _, value = part.partition("=")
            kind, _, about = head.partition(".")
            try:
                if kind in _LISTS:
                    into, read = _LISTS[kind]
                    found.setdefault(into, []).append((unquote(about), *read(value)))
                else:
                    plain[kind] = _PLAIN[kind](value)
            except (KeyError, ValueError):
                raise ValueError(f"{short(part)} is no part of a filter") from None
        lists = {name: tuple(dict.fromkeys(values)) for name, values in found.items()}
        return cls(**lists, **plain)

    def check(self, header: Header) -> Filter:
        """Return it if a run has all that it names. Raises ValueError otherwise."""
        questions = {one.name for one in header.questions}
        lists = (self.said, self.known, self.pairs, self.moved, self.labelled)
        for question in {one[0] for each in lists for one in each}:
            if question not in questions:
                raise ValueError(f"the run has no question {short(question)}")
        for names, known in (
            ((c for c, *_ in self.ranges), numbers_of(header)),
            ((c for c, _ in self.facts), facts_of(header)),
        ):
            for name in names:
                if name not in known:
                    raise ValueError(f"the run has no column {short(name)} of that kind")
        return self


EVERYTHING = Filter()


def numbers_of(header: Header) -> tuple[str, ...]:
    """Return the columns of numbers that a range can be of."""
    found = ["shot", "start_s", "end_s", "width", "height", "fps", "duration_s", "held"]
    for one in header.questions:
        found += [one.column("probability"), one.column("entropy")]
        found += [header.effect(i, one) for i in range(len(header.ablations))]
    for stage in header.stages:
        found += [f"stage{stage}_{what}" for what in ("shift_px", "direction_deg", "flow_r")]
    return tuple(found)


def facts_of(header: Header) -> tuple[str, ...]:
    """Return the columns of yes and no."""
    own = [one.column(what) for one in header.questions for what in ("sure", "unlike")]
    return ("crosses_cut", *own)


def _text(value: str) -> str:
    return quote(value, safe=" ").replace("~", "%7E")


def _label(value: str) -> tuple[str]:
    return (unquote(value),)


def _pair(value: str) -> tuple[str, str]:
    first, sign, second = value.partition("~")
    if not sign:
        raise ValueError
    return unquote(first), unquote(second)


def _range(value: str) -> tuple[float, float]:
    low, high = map(float, value.split(".."))
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError
    return low, high


def _yes(value: str) -> bool:
    return {"yes": True, "no": False}[value]


def _area(value: str) -> tuple[tuple[float, float], ...]:
    numbers = [float(text) for text in value.split(",")]
    corners = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    if not (3 <= len(corners) <= _MOST_CORNERS and all(map(math.isfinite, numbers))):
        raise ValueError
    return corners


def _labelled(value: str) -> tuple[str]:
    if value not in _LABELLED:
        raise ValueError
    return (value,)


def _beyond(value: float, side: int) -> str:
    """Write a number short, and so that it is not on the inner side of itself."""
    texts = (f"{value:.{digits}g}" for digits in range(6, 18))
    return next(text for text in texts if (float(text) - value) * side >= 0)


_LISTS: dict[str, tuple[str, Callable]] = {
    **{"said": ("said", _label), "known": ("known", _label)},
    **{"pair": ("pairs", _pair), "moved": ("moved", _pair)},
    **{"in": ("ranges", _range), "is": ("facts", lambda value: (_yes(value),))},
    "labelled": ("labelled", _labelled),
}
_PLAIN: dict[str, Callable] = {
    **{"name": unquote, "errors": _yes, "area": _area},
}


def thinned(corners: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return an outline drawn by hand with as many corners as a filter may have."""
    step = max(1, math.ceil(len(corners) / _MOST_CORNERS))
    return tuple(corners[::step])
