"""Learn: the frame of a lesson, its questions, its code, its progress in the address."""

import json
import re

import numpy as np
import pytest
import torch

import sct
from pages.learn import course, source
from pages.shell import glossary
from pages.shell.router import PAGES
from sct.checkpoint.io import save
from sct.samples.catalogue import FIRST, samples
from sct.synthetic.clips import LABELS
from sct.video.clip import view as pixels_of
from viz.components.player.message import unpack

LESSONS = course.LESSONS
KEYS = [lesson.key for lesson in LESSONS]


def browser_components(at, name):
    """What the components of this name on the page were given."""

    def find(node):
        for child in getattr(node, "children", {}).values():
            if child.type == "bidi_component" and child.proto.component_name.endswith(name):
                yield child.proto
            yield from find(child)

    return list(find(at.main))


def cards(at):
    (found,) = browser_components(at, "sct_lesson_cards")
    return json.loads(found.json)["cards"]


def said(at):
    return " ".join(m.value for m in at.main.markdown)


@pytest.mark.parametrize("lesson", LESSONS, ids=KEYS)
def test_what_a_lesson_shows_of_the_source_is_there(lesson):
    assert lesson.code
    for code in lesson.code:
        lines = source.lines_of(code)
        assert 1 <= lines.text.count("\n") + 1 == lines.end - lines.start + 1 <= 60
        with open(lines.file, encoding="utf-8") as file:
            whole = file.read().split("\n")
        first = lines.text.split("\n")[0]
        assert whole[lines.start - 1].strip() == first.strip()
        assert code.first in lines.text.split("\n")[0] and code.last in lines.text.split("\n")[-1]


def test_source_that_has_gone_is_said():
    code = LESSONS[0].code[1]
    for gone in (
        {"place": "sct.model.chunks:nowhere"},
        {"first": "no such line"},
        {"last": "no such line"},
    ):
        with pytest.raises(LookupError, match="no "):
            source.lines_of(type(code)(**{**code.__dict__, **gone}))


@pytest.mark.parametrize("lesson", LESSONS, ids=KEYS)
def test_a_lesson_opens_and_tells_right_answers_from_wrong_ones(lesson, open_app, check):
    number = KEYS.index(lesson.key) + 1
    at = open_app("learn", lesson=lesson.key)
    assert at.header[0].value == f"{number} · {lesson.title}" and not at.error and not at.warning
    assert lesson.goal in said(at) and at.main.subheader[-1].value == "Two questions"
    steps = [s.value for s in at.main.subheader if s.value.startswith("Step ")]
    assert 2 < len(steps) <= 4
    for index, question in enumerate(lesson.questions):
        wrong = next(i for i in range(len(question.options)) if i != question.right)
        for option in (wrong, question.right):
            radio = at.radio(key=f"question_{number}_{index}")
            check(radio.set_value(option).run())
            at.button(key=f"check_{number}_{index}").click()
            check(at.run())
            told = at.success if option == question.right else at.warning
            assert any(question.options[option].why in each.value for each in told)
    letters = "".join("abcd"[q.right] for q in lesson.questions)
    assert at.query_params["answers"] == f"{number}{letters}"
    assert any("both questions right" in c.value for c in at.caption)
    at.button(key="lesson_all").click()
    check(at.run())
    assert [c["state"] for c in cards(at)] == [
        "done" if each is lesson else "new" for each in LESSONS
    ]
    assert "lesson" not in at.query_params


def letters(latex):
    """The signs of a formula: its letters without words and commands, and its Greek ones."""
    bare = re.sub(r"\\(text|operatorname|mathrm)\{[^}]*\}", "", latex)
    greek = set(re.findall(r"\\(alpha|theta|tau|rho|pi)\b", bare))
    return greek | set(re.findall(r"[A-Za-z]", re.sub(r"\\[a-zA-Z]+", "", bare)))


@pytest.mark.parametrize("lesson", LESSONS, ids=KEYS)
def test_each_sign_of_the_formulas_is_named_with_its_shape(lesson, open_app):
    text = said(open_app("learn", lesson=lesson.key))
    assert lesson.formulas.strip() in text
    rows = text[text.index("| sign |") :].split("\n")
    signs = [row.split("|")[1].strip() for row in rows if row.startswith("| $")]
    shapes = [row.split("|")[-2].strip() for row in rows if row.startswith("| $")]
    assert letters(lesson.formulas) <= letters(" ".join(signs)) and all(shapes)


def test_the_answers_of_a_link_come_back(open_app):
    at = open_app("learn", lesson=KEYS[0], answers="1ca")
    assert at.radio(key="question_1_0").value == 2 and at.radio(key="question_1_1").value == 0
    assert len(at.success) == 2
    assert (
        cards(open_app("learn", answers="1c-"))[0] | {"right": 1, "state": "begun"}
        == (cards(open_app("learn", answers="1cb"))[0])
    )


@pytest.mark.parametrize("text", ["9aa", "1zz", "1ab.4", "<b>", "1ab4c-"])
def test_answers_that_cannot_be_are_said(text, open_app):
    at = open_app("learn", answers=text)
    assert "Answers" in at.warning[0].value
    assert {c["state"] for c in cards(at)} == {"new"}


def test_a_lesson_that_is_not_there_is_said(open_app):
    at = open_app("learn", lesson="nowhere")
    assert "Lesson" in at.warning[0].value and len(cards(at)) == len(LESSONS)


def test_the_code_is_read_when_it_is_asked_for(open_app, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "pages.learn.layout.lines_of",
        lambda code: asked.append(code) or source.lines_of(code),
    )
    at = open_app("learn", lesson=KEYS[0])
    assert not asked and all("lesson=" in code.value for code in at.code)  # the class's link


def test_without_a_twin_lesson_7_says_so(open_app, monkeypatch):
    monkeypatch.setattr("pages.cache.inference.twin_of", lambda name: None)
    at = open_app("learn", lesson="explanation")
    assert any("Choose sct-motion" in each.value for each in at.info) and len(at.radio) == 2


def test_the_words_open_when_they_are_asked_for(open_app):
    at = open_app("learn")
    assert not any("sct-words" in h.value for h in at.main.get("html"))


def test_words_are_in_order_explained_once_and_lead_to_lessons_that_are_there():
    words = [term.word for term in glossary.TERMS]
    assert words == sorted(words, key=str.lower) and len(set(words)) == len(words)
    for term in glossary.TERMS:
        assert term.meaning.endswith(".") and "<" not in term.meaning + term.word
        page, _, lesson = term.see.partition("?lesson=")
        known = ("", *(folder for folder, *_ in PAGES))
        assert page.partition("?")[0] in known and lesson in ("", *KEYS)


@pytest.mark.parametrize("lesson", LESSONS, ids=KEYS)
def test_a_model_without_some_parts_has_lessons_that_say_so(
    lesson, open_app, tmp_path, monkeypatch
):
    torch.manual_seed(0)
    bare = {"shifted_blocks": 0, "vilt_blocks": (0, 1, 1), "lsh_bucket": 784, "clip_layers": 1}
    model = sct.build("sct_ti", num_classes=3, frames=3, heads=(1, 2, 2), **bare)
    save(model.eval(), tmp_path / "bare", {})
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    at = open_app("learn", lesson=lesson.key, model="bare")
    assert at.main.header and not at.error and not at.warning
    lacks = lesson.key in ("inside", "shifted", "ablation")  # another pair explains attention
    assert bool(at.info) == lacks and len(at.radio) == 2


@pytest.mark.parametrize("lesson", LESSONS, ids=KEYS)
def test_one_frame_is_enough_for_a_lesson(lesson, open_app, tmp_path, monkeypatch):
    torch.manual_seed(0)
    model = sct.build("sct_ti", num_classes=17, labels=LABELS, frames=1)
    save(model.eval(), tmp_path / "single", {})
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    at = open_app("learn", lesson=lesson.key, model="single", vote="A", guess5="0")
    assert at.main.header and not at.error and not at.warning and len(at.radio) == 2


@pytest.mark.parametrize("key", ["inside", "shifted", "frames", "explanation"])
def test_lessons_take_a_clip_of_ones_own(key, open_app, check, film):
    at = open_app("learn", lesson=key, source="Upload", vote="B", guess5="1")
    assert not at.main.header and "Choose a video" in at.info[0].value
    at.file_uploader(key="upload").upload("moving.mp4", film().read_bytes())
    check(at.run())
    assert at.main.header and not at.error and not at.info and "truth is" not in said(at)
    if key == "explanation":
        assert "against OpenCV’s dense flow" in said(at)


@pytest.mark.parametrize("lesson", ["patches", "inside", "hashing"])
def test_the_first_patch_of_the_app_s_own_clip_has_something_in_it(lesson, open_app):
    at = open_app("learn", sample=None, lesson=lesson)
    (shown,) = browser_components(at, f"sct_lesson_{lesson}")
    place = unpack(shown.bytes)[0]["view"]
    pixels = pixels_of(samples()[FIRST].open()[1], 112)[3].mean(-1)
    contrast = pixels.reshape(28, 4, 28, 4).std((1, 3))
    assert contrast[place["row"], place["column"]] > 5 * np.median(contrast)
