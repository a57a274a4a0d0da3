"""The frame of a lesson: goal, steps, symbols, code, questions."""

from __future__ import annotations

from types import ModuleType

import streamlit as st

from pages.learn import progress, teaching
from pages.learn.course import LESSONS, MODULES
from pages.learn.lesson import Lesson, Question
from pages.learn.lesson_page import WIDTH, LessonPage, say, table
from pages.learn.source import lines_of


def show(page: LessonPage) -> None:
    lesson = page.lesson
    number = LESSONS.index(lesson) + 1
    live = MODULES[number - 1]
    showing = teaching.Showing.of(lesson)
    teaching.mount(lesson, showing)
    if showing.presenting:
        _present(page, number, live, showing.panel)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _leads_to("All lessons", "all", "apps", name="all")
        if teacher := not progress.hidden():  # who opened a class link is a student
            st.button(
                "Present",
                key="lesson_present",
                icon=":material/co_present:",
                help="One step at a time, large, without the sidebar; arrow keys turn, Esc leaves.",
                on_click=teaching.present,
                args=(max(showing.panel, 1),),
            )
            link = st.container(width="content")
        minutes = f"about {lesson.minutes} minutes"
        st.caption(f"Lesson {number} of {len(LESSONS)} · {minutes} · {_done(number)}")
    st.header(f"{number} · {lesson.title}", anchor=False)
    say(f"**Goal.** {lesson.goal}")
    _as_trained(page)
    live.show(page)
    _symbols(lesson, live.facts(page))
    _code(lesson)
    _questions(number, lesson)
    _foot(number)
    if teacher:
        with link:
            teaching.link(lesson)


def _as_trained(page: LessonPage) -> None:
    if page.view.everywhere and str(page.view.ablation) != "none":
        st.caption("Lessons show the model as trained, whatever is switched off elsewhere.")


def _done(number: int) -> str:
    if progress.hidden():
        return f"{progress.answered(number)} of 2 questions answered"
    right = progress.right(number)
    return "both questions right" if right == 2 else f"{right} of 2 questions right"


def _present(page: LessonPage, number: int, live: ModuleType, panel: int) -> None:
    """Draw all panels, so that none forgets what was done in it; the style shows one."""
    lesson = page.lesson
    with st.container(horizontal=True, gap="small", key="lesson_kicker"):
        st.title(f"Lesson {number}", anchor=False, width="content")
        st.header(lesson.title, anchor=False, width="content")
        _as_trained(page)
    live.show(page)
    for index, question in enumerate(lesson.questions):
        at = len(lesson.steps) + index + 1
        with st.container(key=f"panel_{at}", width=1600):
            if at == panel:
                with st.container(key=f"asked_{at}"):
                    st.markdown(question.text)
                teaching.poll(number, index, question)


def _leads_to(label: str, key: str, icon: str, name: str, **more: str) -> None:
    """Draw a button that opens a lesson, or "all" of them."""
    st.button(
        label,
        key=f"lesson_{name}",
        icon=f":material/{icon}:",
        on_click=progress.open_lesson,
        args=(key,),
        **more,
    )


def _symbols(lesson: Lesson, facts: dict[str, object] | None) -> None:
    st.subheader("In symbols", anchor="symbols")
    say(lesson.formulas)
    rows = []
    if facts is not None:
        for s in lesson.symbols:
            rows.append((f"${s.sign}$", s.name.format(**facts), s.shape.format(**facts)))
    say(table(("sign", "what it is", lesson.measured), rows))


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
    given = progress.answers().get(number, progress.NONE)
    for index, (question, letter) in enumerate(zip(lesson.questions, given, strict=True)):
        with st.container(border=True, width=WIDTH):
            _ask(number, index, question, letter)
    if progress.hidden() and progress.answered(number) == len(lesson.questions):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button("Show the answers", key="uncover", on_click=progress.uncover)
            st.caption("Both are answered. What is right is shown here once your teacher says so.")


def _ask(number: int, index: int, question: Question, given: str) -> None:
    key = f"question_{number}_{index}"
    letters = progress.LETTERS[: len(question.options)]
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
    if progress.hidden():
        st.info("Noted. What is right is shown later.", icon=":material/how_to_vote:")
    elif known == question.right:
        st.success(f"**Right.** {why}", icon=":material/check_circle:")
    else:
        st.warning(f"**Not quite.** {why}", icon=":material/replay:")


def _foot(number: int) -> None:
    with st.container(horizontal=True, gap="small"):
        if number > 1:
            _other(number - 1, "arrow_back", icon_position="left", type="secondary")
        if number < len(LESSONS):
            _other(number + 1, "arrow_forward", icon_position="right", type="primary")
        else:
            _leads_to("Finish", "all", "flag", name="end", type="primary")


def _other(number: int, icon: str, **more: str) -> None:
    lesson = LESSONS[number - 1]
    _leads_to(f"{number} · {lesson.title}", lesson.key, icon, name=lesson.key, **more)
