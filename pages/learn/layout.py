"""The frame of a lesson: goal, steps, symbols, code, questions."""

from __future__ import annotations

import streamlit as st

from pages.learn import progress
from pages.learn.content import Lesson, Question
from pages.learn.context import WIDTH, Desk, say
from pages.learn.course import LESSONS
from pages.learn.source import lines_of


def show(lesson: Lesson, desk: Desk) -> None:
    number = LESSONS.index(lesson) + 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "All lessons",
            key="lesson_all",
            icon=":material/apps:",
            on_click=progress.open_lesson,
            args=("all",),
        )
        done = progress.right(number, lesson)
        st.caption(
            f"Lesson {number} of {len(LESSONS)} · about {lesson.minutes} minutes · {_of(done)}"
        )
    st.header(f"{number} · {lesson.title}", anchor=False)
    say(f"**Goal.** {lesson.goal}")
    if desk.view.everywhere and str(desk.view.ablation) != "none":
        st.caption("Lessons show the model as trained, whatever is switched off elsewhere.")
    lesson.steps(desk)
    _symbols(lesson, desk)
    _code(lesson)
    _questions(number, lesson)
    _foot(number)


def _of(done: int) -> str:
    return "both questions right" if done == 2 else f"{done} of 2 questions right"


def _symbols(lesson: Lesson, desk: Desk) -> None:
    st.subheader("In symbols", anchor="symbols")
    say(lesson.formulas)
    rows = "".join(f"| ${s.sign}$ | {s.name} | {s.shape} |\n" for s in lesson.symbols(desk))
    say(f"| sign | what it is | {lesson.measured} |\n|---|---|---|\n{rows}")


def _code(lesson: Lesson) -> None:
    with st.expander(
        "Show me the code", icon=":material/code:", on_change="rerun", key=f"code_{lesson.key}"
    ) as opened:
        if not opened.open:
            return
        for code in lesson.code:
            found = lines_of(code)
            say(f"{code.what} `{found.file}`, lines {found.start} to {found.end}:")
            st.code(found.text, language="python")


def _questions(number: int, lesson: Lesson) -> None:
    st.subheader("Two questions", anchor="questions")
    given = progress.answers().get(number, "--")
    for index, (question, letter) in enumerate(zip(lesson.questions, given, strict=True)):
        with st.container(border=True, width=WIDTH):
            _ask(number, index, question, letter)


def _ask(number: int, index: int, question: Question, given: str) -> None:
    key = f"question_{number}_{index}"
    letters = [progress.letter(i) for i in range(len(question.options))]
    known = letters.index(given) if given in letters else None
    picked = st.radio(
        question.text,
        range(len(letters)),
        index=known,
        format_func=lambda i: question.options[i].text,
        key=key,
    )
    st.button(
        "Check",
        key=f"check_{number}_{index}",
        disabled=picked is None,
        on_click=lambda: progress.answer(number, index, letters[st.session_state[key]]),
    )
    if known is None or picked != known:
        return
    why = question.options[known].why
    if known == question.right:
        st.success(f"**Right.** {why}", icon=":material/check_circle:")
    else:
        st.warning(f"**Not quite.** {why}", icon=":material/replay:")


def _foot(number: int) -> None:
    with st.container(horizontal=True, gap="small"):
        for other, icon in ((number - 1, "arrow_back"), (number + 1, "arrow_forward")):
            if not 1 <= other <= len(LESSONS):
                continue
            lesson = LESSONS[other - 1]
            st.button(
                f"{other} · {lesson.title}",
                key=f"lesson_{lesson.key}",
                icon=f":material/{icon}:",
                icon_position="left" if other < number else "right",
                type="primary" if other > number else "secondary",
                on_click=progress.open_lesson,
                args=(lesson.key,),
            )
        if number == len(LESSONS):
            st.button(
                "Finish",
                key="lesson_end",
                icon=":material/flag:",
                type="primary",
                on_click=progress.open_lesson,
                args=("all",),
            )
