"""Lines of the installed source, so that what a lesson shows is what runs."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from dataclasses import dataclass

from pages.learn.lesson import Code


@dataclass(frozen=True)
class Lines:
    """Holds lines `start` to `end` of `file`, such as "sct/model/chunks.py"."""

    text: str
    file: str
    start: int
    end: int


def lines_of(code: Code) -> Lines:
    """Read the lines of a lesson's code.

    Raises:
        LookupError: the source has no such object or line any more.
    """
    module, _, name = code.place.partition(":")
    found = importlib.import_module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise LookupError(f"{code.place}: there is no {part}")
        found = getattr(found, part)
    lines, start = inspect.getsourcelines(inspect.unwrap(found))
    begin = _line(code, lines, code.first, 0) if code.first else 0
    end = _line(code, lines, code.last, begin) if code.last else len(lines) - 1
    text = textwrap.dedent("".join(lines[begin : end + 1])).rstrip()
    return Lines(text, module.replace(".", "/") + ".py", start + begin, start + end)


def _line(code: Code, lines: list[str], text: str, after: int) -> int:
    for number in range(after, len(lines)):
        if text in lines[number]:
            return number
    raise LookupError(f"{code.place}: no line has “{text}”")
