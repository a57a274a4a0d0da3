"""The app with a model of two questions: each is answered, and the pages are about one."""

import json
import re

import numpy as np
import pytest
import torch

import sct
from sct.checkpoint import familiarity, io
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
    model = sct.SCT(config)
    with torch.no_grad():
        model.head[-1].bias[0] += 6  # of the camera it says "static", and is sure
    io.save(model, tmp_path / "two", {"data": "none"})
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    return "two"


def calibrated(tmp_path, known=None, **thresholds):
    """Write into the checkpoint's card from when its answers are sure, and where known clips lie.

    Args:
        known: where the mean of their embeddings is; None leaves it out.
    """
    card = json.loads((tmp_path / "two.json").read_text())
    card["calibration"] = {"questions": {name: {"threshold": t} for name, t in thresholds.items()}}
    if known is not None:
        spread = np.random.default_rng(0).normal(size=(100, 16)) / 100
        card["calibration"][familiarity.KEY] = familiarity.fit(spread + known, 2).to_card()
    (tmp_path / "two.json").write_text(json.dumps(card))


def answers(at):
    """What stands under each question on Inspect, without its style."""
    bodies = [node.proto.body for node in at.main.get("html")]
    return [body.split("</style>")[1] for body in bodies if "sct-said" in body]


def cautions(at):
    """The links to what the model cannot do."""
    return [link for link in at.main.get("page_link") if "cannot do" in link.label]


def test_an_answer_that_is_not_sure_says_so_and_a_sure_one_does_not(open_app, two, tmp_path):
    calibrated(tmp_path, camera=0.5, subject=0.9)
    at = open_app(model=two)
    camera, subject = answers(at)
    assert ">sure</span>" in camera and "Not sure" not in camera and "left:50.0%" in camera
    assert ">not sure</span>" in subject and "left:90.0%" in subject
    assert re.search(r"<div>Not sure: subject [\w -]+ [\d.]+%, [\w -]+ [\d.]+%\.</div>", subject)
    assert len(cautions(at)) == 1


@pytest.mark.parametrize("page", ["attribution", "ablation"])
def test_what_explains_an_answer_says_that_it_is_not_sure(open_app, two, tmp_path, page):
    calibrated(tmp_path, camera=0.5, subject=0.9)
    (said,) = open_app(page, model=two, question="subject").main.warning
    assert said.value.replace("\\", "").startswith("Not sure: subject ")
    assert not open_app(page, model=two, question="camera").main.warning


def test_the_lab_says_what_is_not_sure_and_praises_nothing_of_it(open_app, two, tmp_path):
    calibrated(tmp_path, camera=0.5, subject=0.9)
    at = open_app("motion_lab", model=two)
    camera, subject = (h.proto.body for h in at.main.get("html") if "sct-said" in h.proto.body)
    assert "Not sure" not in camera
    assert "Not sure: subject" in subject and "✓" not in subject


def test_a_clip_unlike_the_training_makes_both_answers_unsure(open_app, two, tmp_path):
    calibrated(tmp_path, known=100.0, camera=0.5, subject=0.5)
    said = answers(open_app(model=two))
    assert len(said) == 2
    assert all("Unlike what the model knows" in one for one in said)
    assert all(">not sure</span>" in one and "<u " not in one for one in said)


def test_nothing_is_called_unsure_where_the_card_does_not_say_or_a_part_is_off(
    open_app, two, tmp_path
):
    at = open_app(model=two)
    assert not any("sure" in one for one in answers(at)) and not cautions(at)
    calibrated(tmp_path, camera=0.9, subject=0.9)
    at = open_app(model=two, ablate="shifted=off", everywhere="true")
    assert len(answers(at)) == 2 and not any("sure" in one for one in answers(at))


def test_inspect_answers_both_questions(open_app, two):
    camera, subject = answers(open_app(model=two))
    assert "What does the camera do?" in camera and camera.count('class="row"') == 9
    assert "What does the subject do?" in subject and subject.count('class="row"') == 10


def test_a_model_of_one_question_shows_no_question(open_app):
    at = open_app(model="sct-motion")
    (said,) = answers(at)
    assert "What does the" not in said and "The model says" in said
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
