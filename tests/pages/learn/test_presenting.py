"""Learn for teachers: presented panels, links for a class, hidden answers, a show of hands."""

import math
from urllib.parse import parse_qsl, urlsplit

import pytest
import streamlit as st

from pages.learn import teaching
from pages.learn.course import LESSONS

PATCHES = LESSONS[0]


def said(at):
    return " ".join(m.value for m in at.main.markdown)


def link_of(at):
    (code,) = (c.value for c in at.code if "?" in c.value)
    return dict(parse_qsl(urlsplit(code).query))


def test_a_lesson_is_presented_from_where_its_link_was(open_app, check):
    at = open_app("learn", lesson="patches", step="2")
    assert at.title[0].value == "Learn"
    at.button(key="lesson_present").click()
    check(at.run())
    assert at.query_params["present"] == "1" and at.query_params["step"] == "2"
    assert at.title[0].value == "Lesson 1" and at.header[0].value == PATCHES.title
    assert not at.radio and "In symbols" not in [s.value for s in at.subheader]
    assert any(".st-key-panel_2" in h.value for h in at.get("html"))


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.key for lesson in LESSONS])
def test_each_question_is_a_panel_that_tells_what_is_right_when_asked(lesson, open_app, check):
    number, first = LESSONS.index(lesson) + 1, len(lesson.steps) + 1
    for index, question in enumerate(lesson.questions):
        at = open_app("learn", lesson=lesson.key, present="1", step=str(first + index))
        assert question.text in said(at) and not at.success and not at.error
        assert not any(option.why in said(at) for option in question.options)
        at.button(key=f"reveal_{number}_{index}").click()
        check(at.run())
        right = question.options[question.right]
        assert at.success[0].value == f"**{'ABCD'[question.right]}.** {right.why}"
        for i, option in enumerate(question.options):
            assert option is right or f"**{'ABCD'[i]}.** {option.why}" in said(at)
        at.button(key=f"reveal_{number}_{index}").click()
        check(at.run())
        assert not at.success


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"step": "6"}, "Step"),
        ({"step": "-1"}, "Step"),
        ({"step": "two"}, "Step"),
        ({"present": "yes"}, "Presenter mode"),
        ({"solutions": "none"}, "Solutions"),
        ({"present": "1", "step": "1e9"}, "Step"),
    ],
)
def test_what_cannot_be_is_said(asked, told, open_app):
    at = open_app("learn", lesson="patches", **asked)
    assert at.warning[0].value.count("cannot be had here") == 1 and told in at.warning[0].value


def test_a_presented_lesson_without_its_clip_asks_for_it(open_app):
    at = open_app("learn", lesson="patches", present="1", source="Upload")
    assert "Choose a video" in at.info[0].value
    assert not any("st-key-panel_" in h.value for h in at.get("html"))  # with the sidebar


def test_the_first_screen_is_never_presented(open_app):
    assert open_app("learn", present="1").title[0].value == "Learn"


def test_what_is_right_is_covered_until_both_are_answered_and_it_is_asked_for(open_app, check):
    at = open_app("learn", lesson="patches", solutions="hidden")
    for index in range(2):
        assert not {"uncover", "lesson_present"} & {b.key for b in at.button}
        at.radio(key=f"question_1_{index}").set_value(1)
        check(at.run())
        at.button(key=f"check_1_{index}").click()
        check(at.run())
        assert len(at.info) == index + 1 and not at.success and not at.warning
    assert any("2 of 2 questions answered" in c.value for c in at.caption)
    assert not any("right" in c.value and "questions right" in c.value for c in at.caption)
    at.button(key="uncover").click()
    check(at.run())
    assert "solutions" not in at.query_params and len(at.warning) == 2
    assert at.button(key="lesson_present")
    assert any("0 of 2 questions right" in c.value for c in at.caption)


def test_a_class_link_has_the_view_and_none_of_the_teacher_s_answers(open_app, check):
    asked = {"lesson": "frames", "guess5": "1", "answers": "5ab", "clip_layer": "2"}
    at = open_app("learn", scene="5", step="2", **asked)
    link = link_of(at)
    expected = {"sample": "pan right", "scene": "5", "lesson": "frames", "clip_layer": "2"}
    assert link == expected | {"solutions": "hidden"}
    at.selectbox(key="class_step").set_value(3)
    at.toggle(key="class_hidden").set_value(False)
    check(at.run())
    assert link_of(at) == expected | {"step": "3"}
    again = open_app("learn", **link_of(at))
    assert not again.warning and again.query_params["step"] == "3"


def test_a_link_of_an_upload_says_that_it_carries_none(open_app, check, film):
    at = open_app("learn", lesson="patches", source="Upload")
    at.file_uploader(key="upload").upload("moving.mp4", film().read_bytes())
    check(at.run())
    assert any("cannot carry an upload" in c.value for c in at.caption)


@pytest.mark.parametrize(
    "told",
    [
        None,
        [3, 1],
        {"counts": [1, 2], "edit": 1},
        {"counts": [1, 2, -1], "edit": 1},
        {"counts": [1, 2, 1000], "edit": 1},
        {"counts": [1, 2, 0.5], "edit": 1},
        {"counts": [1, 2, math.inf], "edit": 1},
        {"counts": [1, 2, math.nan], "edit": 1},
        {"counts": [1, 2, True], "edit": 1},
        {"counts": [1, 2, "3"], "edit": 1},
        {"counts": [1, 2, 3], "edit": "x"},
        {"counts": [1, 2, 3]},
    ],
)
def test_a_count_that_is_none_is_not_kept(told, monkeypatch):
    hands = {}
    monkeypatch.setattr(st, "session_state", {"_hands": hands})
    teaching._count("1.0", told, 3)
    assert not hands
    teaching._count("1.0", {"counts": [1.0, 2, 999], "edit": 4.0}, 3)
    assert hands == {"1.0": {"counts": [1, 2, 999], "edit": 4}}


@pytest.mark.parametrize("asked", [None, "next", -1, 0, 6, 1.5, math.nan, [2], True])
def test_a_panel_that_is_not_there_is_not_gone_to(asked, monkeypatch):
    state = {}
    monkeypatch.setattr(st, "session_state", state)
    teaching._go(asked, 5)
    assert not state
    teaching._go(5.0, 5)
    assert state["_url_values"] == {"step": "5"}
    teaching._go("leave", 5)
    assert state["_url_values"]["present"] == "0"
