"""Measuring models of several questions, and of one taken out of them."""

import json

import numpy as np
import pytest
import torch

import sct
from sct.ablation_study import Variant, compare, one_at_a_time
from sct.attribution import attribute
from sct.checkpoint import accepted, io, model_card
from sct.evaluation.accuracy import evaluate
from sct.evaluation.certify import CUTS, certify
from sct.evaluation.motion_sweep import point
from sct.evaluation.open import made_data
from sct.questions import asking
from sct.synthetic.camera import CAMERA_LABELS, LABELS
from sct.synthetic.composite import QUESTIONS, answer_in
from sct.synthetic.spec import ClipSpec
from sct.synthetic.subjects import SUBJECT_LABELS
from sct.video.clip import write_mp4

EVERY = tuple(label for _, labels in QUESTIONS for label in labels)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    shape = {"image_size": 56, "frames": 3, "widths": (8, 16), "vilt_blocks": (1, 0)}
    named = {"num_classes": len(EVERY), "labels": EVERY, "questions": QUESTIONS}
    return sct.SCT(sct.SCTConfig(**shape, heads=(2, 2), clip_layers=1, **named)).eval()


@pytest.mark.parametrize(
    ("label", "camera", "subject"),
    [
        ("static", "static", "none"),
        ("pan left", "pan left", "none"),
        ("roll clockwise", "roll clockwise", "none"),
        ("object moves left", "static", "moves left"),
        ("object comes closer", "static", "comes closer"),
        ("object spins counter-clockwise", "static", "spins counter-clockwise"),
        (None, None, None),
        ("juggles", None, None),
    ],
)
def test_a_label_of_one_motion_answers_both_questions(label, camera, subject):
    assert answer_in(label, CAMERA_LABELS) == camera
    assert answer_in(label, SUBJECT_LABELS) == subject
    assert answer_in(label, LABELS) == (label if label in LABELS else None)
    assert answer_in(label, ("walk", "run")) is None
    assert answer_in(label, [*LABELS, "juggles"]) == label


def test_a_label_of_one_question_says_nothing_of_the_other():
    assert answer_in("camera static", CAMERA_LABELS) == "static"
    assert answer_in("camera static", SUBJECT_LABELS) is None
    assert answer_in("subject moves in place", SUBJECT_LABELS) == "moves in place"
    assert answer_in("subject moves in place", CAMERA_LABELS) is None
    assert answer_in("camera juggles", CAMERA_LABELS) is None
    assert answer_in("camera static", LABELS) is None


def test_every_motion_has_an_answer_to_each_question():
    for label in LABELS:
        assert answer_in(label, CAMERA_LABELS) in CAMERA_LABELS
        assert answer_in(label, SUBJECT_LABELS) in SUBJECT_LABELS


def test_made_clips_are_those_whose_answers_a_model_knows():
    assert made_data(LABELS) == made_data(LABELS[:4]) == "motion"
    assert made_data(EVERY) == made_data(CAMERA_LABELS) == made_data(SUBJECT_LABELS) == "composite"
    assert made_data(("walk", "run")) == made_data(("pan left", "run")) == ""


@pytest.mark.parametrize("name", ["camera", "subject"])
def test_a_question_alone_is_measured_as_it_is_in_the_whole_model(model, name):
    whole = evaluate(model, "composite", limit=20, seed=3)["questions"][name]
    alone = evaluate(asking(model, name), "composite", limit=20, seed=3)
    for key in ("n", "top1", "top1_ci95", "per_class", "labels", "confusion"):
        assert alone[key] == whole[key]
    found = compare(asking(model, name), "composite", [Variant("all", sct.Ablation())], 20, 3)
    assert found.scores[0].right == round(20 * whole["top1"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, clip: compare(model, "composite", [Variant("all", sct.Ablation())], 4),
        lambda model, clip: one_at_a_time(model, clip),
        lambda model, clip: attribute(model, clip, "saliency"),
        lambda model, clip: point(model, ClipSpec(), "speed", 2.0),
    ],
)
def test_several_questions_at_once_are_refused(model, ask):
    with pytest.raises(ValueError, match=r"several questions \(camera, subject\)"):
        ask(model, torch.zeros(1, 3, 3, 56, 56))


@pytest.mark.parametrize(
    ("name", "truth"),
    [("camera", "static"), ("subject", "moves left"), (None, "object moves left")],
)
def test_a_sweep_asks_for_the_answer_to_its_question(model, name, truth):
    if name is None:
        torch.manual_seed(0)
        one = sct.build(
            image_size=56, frames=3, widths=(8,), heads=(1,), vilt_blocks=(1,), clip_layers=1,
            grounded_heads=(), labels=LABELS, num_classes=17,
        ).eval()  # fmt: skip
    else:
        one = asking(model, name)
    found = point(one, ClipSpec("object moves left"), "speed", 2.0, scenes=2)
    assert found.truth == truth and len(found.probability) == 2


def test_a_question_that_no_clip_answers_is_left_out(model, tmp_path):
    cells = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    still = cells.repeat(8, axis=0).repeat(8, axis=1)
    write_mp4(np.stack([still] * 12), tmp_path / "still.mp4", fps=10)
    found = evaluate(model, f"footage-moving:{tmp_path}=moves in place", limit=4)
    assert list(found["questions"]) == ["camera"] and found["n"] == 4


def test_certify_measures_every_question_and_real_clips(model, tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    cells = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    still = cells.repeat(8, axis=0).repeat(8, axis=1)
    write_mp4(np.stack([still] * 12), folder / "still.mp4", fps=10)
    moving = tmp_path / "moving"
    moving.mkdir()
    # Wherever a crop falls something stirs in it.
    cells[::2, ::2] = 255 - cells[::2, ::2]
    other = cells.repeat(8, axis=0).repeat(8, axis=1)
    write_mp4(np.stack([still, still, other, other] * 3), moving / "stirs.mp4", fps=10)
    table = folder / "t.tsv"
    table.write_text("file\tstart\tcamera\tsubject\nstill.mp4\t0\tstatic\tnone\n")
    io.save(model, tmp_path / "mine", {"trained_with": "none"})
    certify(
        tmp_path / "mine", footage=folder, moving=f"{moving}=moves in place",
        accepted={"one still clip": table}, limit=4, footage_clips=4, flow_clips=2, cut_clips=3,
        device="cpu",
    )  # fmt: skip
    text = (tmp_path / "mine.json").read_text()
    card = json.loads(text)
    assert str(folder) not in text and "FILE.tsv" in card["accepted"]["one still clip"]["command"]
    assert card["measured"]["command"].startswith("python -m sct evaluate --data composite ")
    assert card["footage_moving"]["command"].split()[5] == "footage-moving:DIR"
    for key in ("synthetic", "moving"):
        for name, labels in QUESTIONS:
            found = model_card.measurement(card, key, name)
            assert found.n == 4 and found.labels == labels and found.confusion.sum() == 4
            assert found.command == card[model_card.MEASUREMENTS[key]]["command"]
        assert model_card.measurement(card, key).n == 4
    assert model_card.measurement(card, "footage", "camera").n == 4
    assert model_card.measurement(card, "footage", "subject") is None
    cut = card["ablated"]["shifted=self"]
    assert set(card["ablated"]) == set(CUTS) and set(cut["questions"]) == {"camera", "subject"}
    (real,) = accepted.accepted(card)
    assert (real.about, real.n) == ("one still clip", 1)
    assert real.both[0] == float(real.clips[0].right)
    assert [a.question for a in real.clips[0].answers] == ["camera", "subject"]
