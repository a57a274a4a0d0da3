"""What a teacher needs: a lesson one panel at a time, a show of hands, and a link for the class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from pages.learn import progress
from pages.learn.lesson import Lesson, Question
from pages.learn.lesson_page import say
from pages.state import url_values
from pages.state.url_values import whole

PRESENT, STEP = "present", progress.STEP
# What a student is to find for themselves is no part of a link for the class.
_PRIVATE = {PRESENT, STEP, progress.ANSWERS, progress.SOLUTIONS}
_PRIVATE |= {"guess4", "guess5", "guess6", "look", "vote"}
_HANDS, _REVEALED = "_hands", "_revealed"
_HERE = Path(__file__).parent
_STYLE, _BESIDE = (
    (_HERE / name).read_text(encoding="utf-8") for name in ("presenter.css", "beside.css")
)
_MOST_HANDS = 999
_ONLY_HERE = (
    "The count has no names and lives in this browser session alone: nothing is stored, and a "
    "reload or “Clear the count” drops it."
)


@dataclass(frozen=True)
class Showing:
    """Holds how a lesson is shown.

    Args:
        presenting: one panel at a time, large, without the sidebar.
        panel: where it is, from 1: first the steps, then the questions; 0 is the top.
    """

    presenting: bool
    panel: int

    @classmethod
    def of(cls, lesson: Lesson) -> Showing:
        """Read it from the address."""
        panel = url_values.value(STEP, "Step", whole(0, panels(lesson)), 0)
        presenting = presented()
        return cls(presenting, max(panel, 1) if presenting else panel)


def presented() -> bool:
    """Return whether lessons are shown one panel at a time."""
    return bool(url_values.value(PRESENT, "Presenter mode", whole(0, 1), 0))


def panels(lesson: Lesson) -> int:
    """Count the panels of a lesson."""
    return len(lesson.steps) + len(lesson.questions)


def mount(lesson: Lesson, showing: Showing) -> None:
    """Put keys and buttons for the panels on the page, and hide all that is not the panel."""
    from viz.components.lessons import mount_presenter

    at, steps = showing.panel, len(lesson.steps)
    if showing.presenting:
        beside = lesson.steps[at - 1].beside if at <= steps else 0
        style = _STYLE + _BESIDE if beside else _STYLE
        style = style.replace("PANEL", str(at)).replace("BESIDE", str(beside or at))
        st.html(f"<style>{style}</style>")
    anchor = f"step-{at}" if 0 < at <= steps else "questions" if at else ""
    mount_presenter(
        showing.presenting,
        at,
        panels(lesson),
        anchor,
        key="lesson_presenter",
        on_go=lambda asked: _go(asked, panels(lesson)),
    )


def present(lesson_panel: int) -> None:
    """Begin to present at a panel; for the callback of a widget."""
    url_values.set_value(PRESENT, 1)
    url_values.set_value(STEP, lesson_panel)


def _go(asked: object, last: int) -> None:
    if asked == "leave":
        url_values.set_value(PRESENT, 0)
    elif _whole(asked, last) and asked:
        url_values.set_value(STEP, int(asked))


def link(lesson: Lesson) -> None:
    """Draw a link that opens the lesson on the students' own screens; last, once all is known."""
    with st.popover("Class link", icon=":material/link:", key="class_link"):
        say("Opens this lesson, on the clip shown here, on the students’ own screens.")
        names = ["the top", *(f"step {n}" for n in range(1, len(lesson.steps) + 1))]
        names += ["the questions"]
        at = st.selectbox(
            "Opens at",
            range(len(names)),
            format_func=names.__getitem__,
            key="class_step",
        )
        hidden = st.toggle("Answers hidden", True, key="class_hidden")
        query = {k: v for k, v in st.query_params.items() if k not in _PRIVATE}
        query |= {STEP: str(at)} if at else {}
        query |= {progress.SOLUTIONS: progress.HIDDEN} if hidden else {}
        here = (st.context.url or "").partition("?")[0]
        st.code(f"{here}?{urlencode(query)}", language=None, wrap_lines=True)
        st.caption(
            "Your own guesses and answers are left out. With answers hidden, a student’s choice is "
            "noted, and what is right stays covered until both questions are answered and the "
            "student asks for it: they wait for your word. It is courtesy, not an exam: the "
            "address can be edited."
        )
        if st.query_params.get("source") == "Upload":
            st.caption("A link cannot carry an upload: each student is asked to upload the clip.")


def poll(number: int, index: int, question: Question) -> None:
    """Draw a question before the class: a show of hands, and what is right once it is asked for.

    Args:
        number: of the lesson, from 1. index: of the question, from 0.
    """
    from viz.components.lessons import mount_ballot

    name = f"{number}.{index}"
    hands = st.session_state.setdefault(_HANDS, {})
    options = [option.text for option in question.options]
    known = hands.get(name, {"counts": [0] * len(options), "edit": 0})
    revealed = st.session_state.setdefault(_REVEALED, set())
    shown = name in revealed
    mount_ballot(
        question.text,
        options,
        known["counts"],
        question.right if shown else None,
        known["edit"],
        key=f"ballot_{number}_{index}",
        on_count=lambda told: _count(name, told, len(options)),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            "Hide the answer" if shown else "Show the answer",
            key=f"reveal_{number}_{index}",
            icon=":material/visibility_off:" if shown else ":material/visibility:",
            type="secondary" if shown else "primary",
            on_click=lambda: revealed.symmetric_difference_update({name}),
        )
        st.caption(_ONLY_HERE)
    if shown:
        order = sorted(range(len(options)), key=lambda i: i != question.right)
        whys = [f"**{progress.LETTERS[i].upper()}.** {question.options[i].why}" for i in order]
        with st.container(key=f"whys_{number}_{index}"):
            st.success(whys[0], icon=":material/check_circle:")
            st.markdown("\n\n".join(whys[1:]))


def _count(name: str, told: object, options: int) -> None:
    """Keep a count that the browser tells of, if it is one."""
    if not isinstance(told, dict):
        return
    counts, edit = told.get("counts"), told.get("edit")
    if not (isinstance(counts, list) and len(counts) == options and _whole(edit, 10**9)):
        return
    if all(_whole(each, _MOST_HANDS) for each in counts):
        kept = {"counts": [int(each) for each in counts], "edit": int(edit)}
        st.session_state[_HANDS][name] = kept


def _whole(value: object, most: int) -> bool:
    """Return whether it is a whole number up to `most`; the browser has one kind of number."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value <= most and value == int(value)
