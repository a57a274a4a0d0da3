"""The Model page of a checkpoint that answers two questions."""

import json

import pytest
import torch

import sct
from sct.checkpoint import io
from sct.synthetic.composite import QUESTIONS

LABELS = tuple(label for _, labels in QUESTIONS for label in labels)
HOSTILE = "<img src=x onerror=alert(1)> **b**"


def exam(question):
    labels = dict(QUESTIONS)[question]
    counts = [
        [3 if i == j else int(j == 0) for j in range(len(labels))] for i in range(len(labels))
    ]
    return {
        "n": 40, "top1": 0.75, "top1_ci95": [0.6, 0.86], "chance": 0.1, "labels": list(labels),
        "confusion": counts, "per_class": {},
    }  # fmt: skip


def judged(file):
    answers = {
        "camera": {"label": "static", "probability": 0.987, "accepted": True, "sure": True},
        "subject": {"label": "none", "probability": 0.4, "accepted": False, "sure": False},
    }
    return {
        "command": "python -m sct evaluate --data accepted:FILE.tsv --model two", "n": 9,
        "both": 0.5555, "both_ci95": [0.26, 0.81], "clips": [
            {"file": file, "start": "0", "right": False, "answers": answers}
        ],
        "questions": {"camera": {"top1": 0.8889, "top1_ci95": [0.56, 0.98]}},
        "certainty": {
            "calibration_error": 0.07, "sure": 0.7222, "right_if_sure": 0.9231,
            "right_if_sure_ci95": [0.6, 0.99],
        },
    }  # fmt: skip


@pytest.fixture
def two(tmp_path, monkeypatch):
    torch.manual_seed(0)
    shape = {"image_size": 56, "frames": 4, "widths": (16,), "heads": (2,), "vilt_blocks": (1,)}
    config = sct.SCTConfig(
        **shape, clip_layers=1, num_classes=len(LABELS), labels=LABELS, questions=QUESTIONS,
        grounded_heads=(),
    )  # fmt: skip
    every = {"n": 40, "top1": 0.5, "top1_ci95": [0.35, 0.65], "command": "python -m sct evaluate"}
    card = {
        "measured": {**every, "questions": {name: exam(name) for name, _ in QUESTIONS}},
        "footage": {**every, "questions": {"camera": exam("camera")}},
        "accepted": {f"clips {HOSTILE}": judged(HOSTILE)},
        "calibration": {"questions": {}},
    }
    io.save(sct.SCT(config), tmp_path / "two", card)
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    return "two"


def test_real_clips_come_first_and_each_question_has_its_figures(open_app, check, two):
    at = open_app("model", show="Checkpoint", model=two)
    drawn = " ".join(node.value for node in at.main.get("html"))
    rows = drawn.split("<tr")
    place = {
        key: next(i for i, row in enumerate(rows) if key in row)
        for key in ("clips &lt;img", "pictures of real videos", "made clips")
    }
    assert list(place.values()) == sorted(place.values())
    assert "<img src=x" not in drawn
    real = rows[place["clips &lt;img"]]
    assert "88.8%" in real and "55.5%" in real  # not rounded up
    said = " ".join(node.value for node in at.markdown)
    assert "72.2% of the answers were sure, and 92.3% of those right" in said
    assert (
        "9 answers about the camera and 10 answers about the subject" in said and "not sure" in said
    )
    options = at.segmented_control(key="exam").options
    assert options == ["unseen clips, camera", "real pictures, camera", "unseen clips, subject"]
    at.segmented_control(key="exam").set_value("unseen clips, subject")
    check(at.run())
    assert "moves left" in " ".join(node.value for node in at.main.get("html"))


def test_each_real_clip_shows_both_answers(open_app, check, two):
    at = open_app("model", show="Checkpoint", model=two)
    (more,) = [e for e in at.expander if e.label.startswith("What it said of")]
    assert HOSTILE.split()[0] not in json.dumps(more.label) or "\\" in more.label
    at.session_state["accepted_0"] = True
    check(at.run())
    drawn = " ".join(node.value for node in at.main.get("html"))
    assert "98.7%, right" in drawn and "40.0%, wrong, not sure" in drawn
    assert "<img src=x" not in drawn
