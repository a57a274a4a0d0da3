"""The open lesson and the answered questions, in the session and in the address."""

from __future__ import annotations

import re

from pages.learn.course import LESSONS
from pages.learn.lesson import Lesson
from pages.state import url_values

OPEN, STEP, ANSWERS = "lesson", "step", "answers"
SOLUTIONS, SHOWN, HIDDEN = "solutions", "shown", "hidden"
LETTERS = "abcd"  # of the options, in their order
NONE = "--"  # the letters of a lesson of which no question was answered
_ONE = re.compile(r"([1-9])([a-d-])([a-d-])")


def chosen() -> Lesson | None:
    """Return the lesson that is open; None is the first screen with all of them."""
    answers(), hidden()  # keeps them in the address, whatever is open
    keys = [each.key for each in LESSONS]
    key = url_values.value(OPEN, "Lesson", url_values.one_of("all", *keys), "all")
    return None if key == "all" else LESSONS[keys.index(key)]


def open_lesson(key: str) -> None:
    """Open the lesson `key`, or "all", at its top; for the callback of a widget."""
    url_values.set_value(OPEN, key)
    url_values.set_value(STEP, 0)


def hidden() -> bool:
    """Return whether what is right stays covered, as a link for a class asks for."""
    read = url_values.one_of(SHOWN, HIDDEN)
    return url_values.value(SOLUTIONS, "Solutions", read, SHOWN) == HIDDEN


def uncover() -> None:
    """Show what is right from now on; for the callback of a widget."""
    url_values.set_value(SOLUTIONS, SHOWN)


def answers() -> dict[int, str]:
    """Return the last answers: lesson (from 1) -> a letter for each question, "-" for none."""
    text = url_values.value(ANSWERS, "Answers", _read, "")
    return {int(part[0]): part[1:] for part in text.split(".") if part}


def answer(number: int, question: int, letter: str) -> None:
    """Note the answer to a question (from 0) of a lesson; for the callback of a widget."""
    known = answers()
    given = list(known.get(number, NONE))
    given[question] = letter
    known[number] = "".join(given)
    url_values.set_value(ANSWERS, ".".join(f"{n}{known[n]}" for n in sorted(known)))


def answered(number: int) -> int:
    """Count the questions of a lesson (from 1) that were answered."""
    return sum(letter in LETTERS for letter in answers().get(number, NONE))


def right(number: int) -> int:
    """Count the questions of a lesson (from 1) that were last answered right."""
    pairs = zip(LESSONS[number - 1].questions, answers().get(number, NONE), strict=True)
    return sum(LETTERS[question.right] == given for question, given in pairs)


def _read(text: str) -> str:
    known = {}
    for part in text.split(".") if text else []:
        found = _ONE.fullmatch(part)
        if not found or int(found[1]) > len(LESSONS):
            raise ValueError("answers look like 1ab.4c-")
        known[int(found[1])] = part
    return ".".join(known[n] for n in sorted(known))
