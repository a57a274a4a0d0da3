"""What a lesson is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pages.learn.context import Desk


@dataclass(frozen=True)
class Option:
    """An answer that can be chosen, and what to say to one who chose it."""

    text: str
    why: str


@dataclass(frozen=True)
class Question:
    """Two to four options, of which number `right` (from 0) is right. Texts are Markdown."""

    text: str
    options: tuple[Option, ...]
    right: int


@dataclass(frozen=True)
class Symbol:
    """A sign of the formulas (LaTeX), what it is called, and its shape or value in this clip."""

    sign: str
    name: str
    shape: str


@dataclass(frozen=True)
class Code:
    """Some lines of the source: what they do, and where they stand.

    Args:
        what: one sentence for people.
        place: "module:object", such as "sct.model.chunks:partition".
        first, last: texts of the first and the last line to show; "" is the object's own.
    """

    what: str
    place: str
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Args:
        key: in the address. title: on its card.
        asks: the question that it answers. goal: what one can do after it, one sentence.
        minutes: about how long it takes.
        steps: draws the steps and their live pieces.
        formulas: Markdown with LaTeX.
        symbols: every sign of the formulas, with its shape in the clip on the screen.
        code: the lines that do it. questions: two, of any clip and model.
        measured: what the shapes of the symbols are taken from.
    """

    key: str
    title: str
    asks: str
    goal: str
    minutes: int
    steps: Callable[[Desk], None]
    formulas: str
    symbols: Callable[[Desk], Sequence[Symbol]]
    code: tuple[Code, ...]
    questions: tuple[Question, Question]
    measured: str = "in this clip"
