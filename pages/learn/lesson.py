"""Lessons as data: all that a lesson says, read from its file in `content/`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

CONTENT = Path(__file__).parent / "content"


@dataclass(frozen=True)
class Option:
    """Holds an answer that can be chosen, and what to say to one who chose it."""

    text: str
    why: str


@dataclass(frozen=True)
class Question:
    """Holds two to four options, of which number `right` (from 0) is right. Texts are Markdown."""

    text: str
    options: tuple[Option, ...]
    right: int


@dataclass(frozen=True)
class Step:
    """Holds what to do and see, which stands above a live part.

    beside: an earlier step whose live part it speaks of, and which is presented with it.
    """

    title: str
    text: str
    beside: int = 0


@dataclass(frozen=True)
class Symbol:
    """Explains a sign of the formulas (LaTeX): its name, and its shape or value in this clip."""

    sign: str
    name: str
    shape: str


@dataclass(frozen=True)
class Code:
    """Points at some lines of the source.

    Args:
        what: says in one sentence what they do.
        place: "module:object", such as "sct.model.chunks:partition".
        first, last: texts of the first and the last line to show; "" is the object's own.
    """

    what: str
    place: str
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Metric:
    """Names a number that is shown large; `help` is said to one who asks about it."""

    label: str
    help: str = ""


@dataclass(frozen=True)
class Lesson:
    """Holds one lesson. Names in braces stand for what its live part fills in.

    Args:
        key: in the address. title: on its card.
        asks: the question that it answers. goal: what one can do after it, one sentence.
        minutes: about how long it takes.
        formulas: Markdown with LaTeX.
        steps: in their order.
        symbols: every sign of the formulas.
        code: the lines that do it. questions: two, of any clip and model.
        texts: what its live parts say, by name. metrics: their numbers.
        choices: the options of its widgets: name of a widget -> value -> words.
        measured: what the shapes of the symbols are taken from.
    """

    key: str
    title: str
    asks: str
    goal: str
    minutes: int
    formulas: str
    steps: tuple[Step, ...]
    symbols: tuple[Symbol, ...]
    code: tuple[Code, ...]
    questions: tuple[Question, ...]
    texts: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    measured: str = "in this clip"


def read(path: Path) -> Lesson:
    """Read a lesson from its TOML file. Lines of a paragraph are joined, but those of formulas.

    Raises:
        ValueError: it is no TOML, or a field is missing, unknown or not what it should be; the
            message names the file and the field.
    """
    try:
        lesson = _checked(Lesson, tomllib.loads(path.read_text(encoding="utf-8")), "")
        if len(lesson.questions) != 2:
            raise ValueError(f"questions: {len(lesson.questions)}, but a lesson has two")
        for number, question in enumerate(lesson.questions):
            count = len(question.options)
            if not 2 <= count <= 4:
                raise ValueError(f"questions.{number}.options: {count}, allowed: 2 to 4")
            if not 0 <= question.right < count:
                raise ValueError(
                    f"questions.{number}.right: {question.right}, allowed: 0 to {count - 1}"
                )
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    return lesson


def _checked(kind: Any, value: Any, where: str) -> Any:
    """Return the value as a `kind`: a dataclass, a tuple or dict of them, a str or an int."""
    if is_dataclass(kind):
        return _of_fields(kind, _is(dict, value, where), f"{where}." if where else "")
    if get_origin(kind) is tuple:
        of = get_args(kind)[0]
        return tuple(_checked(of, v, f"{where}.{i}") for i, v in enumerate(_is(list, value, where)))
    if get_origin(kind) is dict:
        of = get_args(kind)[1]
        return {k: _checked(of, v, f"{where}.{k}") for k, v in _is(dict, value, where).items()}
    _is(kind, value, where)
    if kind is str:
        if not value.strip():
            raise ValueError(f"{where}: it is empty")
        return value if where == "formulas" else re.sub(r"(?<!\n)\n(?!\n)", " ", value.strip())
    return value


def _of_fields(kind: Any, table: dict[str, Any], before: str) -> Any:
    known = {f.name: f.default is f.default_factory is MISSING for f in fields(kind)}
    if unknown := [name for name in table if name not in known]:
        raise ValueError(f"{before}{unknown[0]}: there is no such field")
    if missing := [name for name, needed in known.items() if needed and name not in table]:
        raise ValueError(f"{before}{missing[0]}: it is missing")
    kinds = get_type_hints(kind)
    return kind(**{name: _checked(kinds[name], v, before + name) for name, v in table.items()})


def _is(kind: type, value: Any, where: str) -> Any:
    if type(value) is not kind:
        names = {dict: "a table", list: "a list", str: "a text", int: "a whole number"}
        raise ValueError(f"{where}: {names[kind]} is needed, not {value!r}")
    return value
