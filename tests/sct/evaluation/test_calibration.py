"""The arithmetic of calibration against values by hand, and a model that is calibrated."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import sct
from sct.checkpoint.certainty import sure_from
from sct.checkpoint.familiarity import KEY, familiarity
from sct.checkpoint.io import load_with_card, save
from sct.cli.main import cli
from sct.evaluation.calibration import fit_temperature
from sct.evaluation.reliability import auroc, calibration_error, least_confidence, sureness
from sct.synthetic import unlike
from sct.synthetic.composite import QUESTIONS


def test_calibration_error_by_hand():
    # Bins of 1/15: 0.95 three times, of which two are right; 0.5 twice, of which one is.
    confidence, right = [0.95, 0.95, 0.95, 0.5, 0.5], [True, True, False, True, False]
    gap = 3 / 5 * (0.95 - 2 / 3) + 2 / 5 * 0
    assert calibration_error(confidence, right) == pytest.approx(gap)
    assert calibration_error([1.0, 0.0], [True, False]) == 0
    assert calibration_error([1.0], [False]) == 1
    with pytest.raises(ValueError, match="0 confidences"):
        calibration_error([], [])
    with pytest.raises(ValueError, match="one each"):
        calibration_error([0.5], [True, False])


def test_least_confidence_by_hand():
    confidence = [0.9, 0.8, 0.7, 0.6, 0.5]
    right = [True, True, False, True, True]
    assert least_confidence(confidence, right, 1.0) == 0.8
    assert least_confidence(confidence, right, 0.75) == 0.5  # 4 of 5: the others are carried
    assert least_confidence(confidence, [False] * 5, 0.5) == 1.0
    assert least_confidence([], [], 0.5) == 1.0
    # Equal ones cannot be told apart: one wrong of two that are 0.9.
    assert least_confidence([0.9, 0.9, 0.4], [True, False, False], 0.9) == 1.0


def test_a_temperature_is_found_again():
    rng = np.random.default_rng(0)
    logits = torch.tensor(rng.normal(size=(20_000, 4)) * 2)
    shares = logits.softmax(1).numpy()
    truth = torch.tensor((shares.cumsum(1) > rng.random((len(shares), 1))).argmax(1))
    for wrong in (0.25, 1.0, 3.0):
        assert fit_temperature(logits * wrong, truth) == pytest.approx(wrong, rel=0.04)
        found = logits * wrong / fit_temperature(logits * wrong, truth)
        error = calibration_error(
            found.softmax(1).amax(1).tolist(), (found.argmax(1) == truth).tolist()
        )
        assert error < 0.015


def test_auroc_by_hand():
    assert auroc([3.0, 4.0], [1.0, 2.0]) == 1
    assert auroc([1.0, 2.0], [3.0, 4.0]) == 0
    assert auroc([1.0, 1.0], [1.0]) == 0.5
    assert auroc([1.0, 3.0], [2.0, 0.0]) == 0.75


def test_sureness_by_hand():
    given = [0.9, 0.8, 0.6], [True, False, True]
    assert list(sureness(*given, None)) == ["calibration_error"]
    found = sureness(*given, [True, True, False])
    assert (found["sure"], found["right_if_sure"]) == (pytest.approx(2 / 3), 0.5)
    assert sureness(*given, [False] * 3)["right_if_sure"] is None


def test_unlike_clips_are_drawn_alike_and_differ_by_kind():
    for kind in unlike.KINDS:
        clips = unlike.draw(kind, 3, 5, 8, 48)
        assert clips.shape == (3, 8, 3, 48, 48) and clips.dtype == np.uint8
        assert (clips == unlike.draw(kind, 3, 5, 8, 48)).all()
        assert (clips != unlike.draw(kind, 3, 6, 8, 48)).any()
    assert unlike.draw("black frames", 4, 0, 4, 32).mean() < 20
    changes = np.abs(np.diff(unlike.draw("static noise", 4, 0, 4, 32).astype(int), axis=1)).mean()
    assert changes > 60


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    labels = tuple(label for _, some in QUESTIONS for label in some)
    shape = {"image_size": 28, "frames": 4, "widths": (16,), "heads": (2,), "vilt_blocks": (1,)}
    config = sct.SCTConfig(
        **shape,
        clip_layers=1,
        num_classes=19,
        labels=labels,
        questions=QUESTIONS,
        grounded_heads=(),
    )
    made = sct.SCT(config).eval()
    with torch.no_grad():
        made.head[-1].weight.mul_(12)  # far too sure of itself
    return made


def test_a_checkpoint_is_calibrated_in_place(model, tmp_path):
    path = tmp_path / "m.safetensors"
    save(model, path, {"data": "made"})
    args = ["--data", "composite", "--model", str(path), "--limit", "240", "--device", "cpu"]
    result = CliRunner().invoke(cli, ["calibrate", *args, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    changed, card = load_with_card(path)
    assert card["data"] == "made" and card["calibration"] == found
    for name, _ in QUESTIONS:
        one = found["questions"][name]
        assert one["temperature"] > 1.5
        assert one["calibration_error"] < one["error_before"]
        assert sure_from(card, name) == one["threshold"] >= 0.5
    told = found[KEY]
    assert told["n"] == 240 and set(told["auroc"]) == set(unlike.KINDS)
    # It is stored where it tells known clips from strange ones, as far as it was measured.
    tells = np.mean(list(told["auroc"].values())) >= 0.7
    assert (familiarity(card) is not None) == tells
    # The order of the answers stays, their spread shrinks: by the temperature of each question.
    frames = torch.randn(3, 4, 3, 28, 28, generator=torch.Generator().manual_seed(1))
    before, after = model(frames).logits, changed(frames).logits
    camera = found["questions"]["camera"]["temperature"]
    assert torch.allclose(after[:, :9] * camera, before[:, :9], atol=1e-4)


@pytest.mark.parametrize(
    ("args", "said"),
    (
        (["--data", "motion", "--model", "sct-motion"], "must be a .safetensors file"),
        (["--data", "motion", "--model", "none.safetensors"], "no checkpoint file"),
        (["--data", "nowhere", "--model", "M"], "There is no data"),
        (["--data", "nowhere", "--model", "M"], "composite"),
        (["--data", "accepted:t.tsv", "--model", "M"], "what is accepted, not what is true"),
        (["--data", "composite", "--model", "M", "--limit", "12"], "50 or more are needed"),
    ),
)
def test_what_cannot_be_calibrated_gets_a_sentence(args, said, model, tmp_path):
    save(model, tmp_path / "m.safetensors", {})
    args = [str(tmp_path / "m.safetensors") if a == "M" else a for a in args]
    result = CliRunner().invoke(cli, ["calibrate", *args])
    assert result.exit_code == 2 and said in result.stderr and "Traceback" not in result.stderr
