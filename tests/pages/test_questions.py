"""The app with a model of two questions: each is answered, and the pages are about one."""

import re

import pytest
import torch

import sct
from sct.checkpoint import io
from sct.synthetic.composite import QUESTIONS

LABELS = tuple(label for _, labels in QUESTIONS for label in labels)


@pytest.fixture
def two(tmp_path, monkeypatch):
    """The name of an untrained checkpoint that answers two questions."""
    torch.manual_seed(3)
    shape = {"image_size": 56, "frames": 4, "widths": (16, 16), "heads": (2, 2)}
    config = sct.SCTConfig(
        **shape,
        vilt_blocks=(1, 1),
        clip_layers=1,
        num_classes=len(LABELS),
        labels=LABELS,
        questions=QUESTIONS,
        grounded_heads=((), (0,)),
    )
    io.save(sct.SCT(config), tmp_path / "two", {"data": "none"})
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    return "two"


def test_inspect_answers_both_questions(open_app, two):
    at = open_app(model=two)
    said = [header.value for header in at.main.get("subheader")]
    assert said[:2] == ["What does the camera do?", "What does the subject do?"]
    assert len(at.main.get("plotly_chart")) >= 2


def test_a_model_of_one_question_shows_no_question(open_app):
    at = open_app()
    assert not any(re.match("What does the", h.value) for h in at.main.get("subheader"))
    with pytest.raises(KeyError):
        at.segmented_control(key="question")


@pytest.mark.parametrize("page", ["attention", "buckets", "ablation", "attribution", "model"])
def test_every_page_is_about_the_question_that_was_chosen(open_app, two, page):
    open_app(page, model=two, question="subject")


def test_the_attribution_page_offers_the_labels_of_its_question(open_app, two, check):
    def offered():
        return " ".join(at.get_by_key("_attribution_target").options)

    at = open_app("attribution", model=two, question="subject")
    assert "moves left" in offered() and "pan left" not in offered()
    at.segmented_control(key="question").set_value("camera")
    check(at.run())
    assert "pan left" in offered() and "moves left" not in offered()


def test_a_question_that_there_is_not_gives_the_first(open_app, two):
    at = open_app(model=two, question="weather")
    assert at.segmented_control(key="question").value == "camera"
