"""The first screen of Learn: a card for each lesson."""

from __future__ import annotations

import streamlit as st

from pages.learn import progress
from pages.learn.course import LESSONS

CARDS = "lesson_cards"
_INTRODUCTION = (
    "Seven short lessons on how a video transformer pays attention, tried out on the clip in the "
    "sidebar with the real model. Each ends with two questions; what you have done stays in the "
    "address, so a link brings you back to it."
)


def show() -> None:
    from viz.components.lessons import mount_cards

    st.markdown(_INTRODUCTION)
    begun, hidden, cards = progress.answers(), progress.hidden(), []
    for number, lesson in enumerate(LESSONS, 1):
        right = (progress.answered if hidden else progress.right)(number)
        about = {name: getattr(lesson, name) for name in ("key", "title", "asks", "minutes")}
        done = right == 2 and not hidden
        state = "done" if done else "begun" if number in begun else "new"
        cards.append({**about, "state": state, "right": right})
    mount_cards(cards, "answered" if hidden else "right", key=CARDS, on_open=_open)


def _open(asked: object) -> None:
    if asked in [lesson.key for lesson in LESSONS]:
        progress.open_lesson(str(asked))
