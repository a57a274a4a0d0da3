"""Which lesson is open and which questions were answered: in the session, and in the address."""

from __future__ import annotations

import re

from pages.learn.content import Lesson
from pages.learn.course import LESSONS
from pages.state import url_values

OPEN, ANSWERS = "lesson", "answers"
_ONE = re.compile(r"([1-9])([a-d-])([a-d-])")


def chosen() -> Lesson | None:
    """The lesson that is open; None is the first screen with all of them."""
    answers()  # keeps them in the address, whatever is open
    keys = [each.key for each in LESSONS]
    key = url_values.value(OPEN, "Lesson", url_values.one_of("all", *keys), "all")
    return None if key == "all" else LESSONS[keys.index(key)]


def open_lesson(key: str) -> None:
    """For the callback of a widget: `key` of a lesson, or "all"."""
    url_values.put(OPEN, key)


def answers() -> dict[int, str]:
    """The last answers, number of a lesson (from 1) -> a letter for each question, "-" for none."""
    text = url_values.value(ANSWERS, "Answers", _read, "")
    return {int(part[0]): part[1:] for part in text.split(".") if part}


def answer(number: int, question: int, letter: str) -> None:
    """For the callback of a widget: question (from 0) of lesson `number` was answered."""
    known = answers()
    given = list(known.get(number, "--"))
    given[question] = letter
    known[number] = "".join(given)
    url_values.put(ANSWERS, ".".join(f"{n}{known[n]}" for n in sorted(known)))


def _read(text: str) -> str:
    parts = text.split(".") if text else []
    known = {}
    for part in parts:
        found = _ONE.fullmatch(part)
        if not found or int(found[1]) > len(LESSONS):
            raise ValueError("answers look like 1ab.4c-")
        known[int(found[1])] = part
    return ".".join(known[n] for n in sorted(known))


def letter(option: int) -> str:
    return "abcd"[option]


def right(number: int, lesson: Lesson) -> int:
    """How many questions of a lesson were last answered right."""
    given = answers().get(number, "--")
    return sum(letter(q.right) == g for q, g in zip(lesson.questions, given, strict=True))
