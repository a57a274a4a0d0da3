"""The command line with a model of two questions."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import sct
from sct.checkpoint import io
from sct.cli.main import cli
from sct.synthetic.composite import QUESTIONS
from sct.video.clip import write_mp4

LABELS = tuple(label for _, labels in QUESTIONS for label in labels)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(1)
    shape = {"image_size": 28, "frames": 4, "widths": (16,), "heads": (2,), "vilt_blocks": (1,)}
    config = sct.SCTConfig(
        **shape, clip_layers=1, num_classes=len(LABELS), labels=LABELS, questions=QUESTIONS
    )
    path = tmp_path_factory.mktemp("two") / "two.safetensors"
    io.save(sct.SCT(config), path, {"data": "none"})
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "a.mp4"
    noise = np.random.default_rng(0).integers(0, 256, (12, 48, 64, 3), np.uint8)
    write_mp4(noise, path, fps=10)
    return path


def run(*words, model):
    words = [str(word) for word in (*words, "--model", model)]
    return CliRunner().invoke(cli, words, prog_name="python -m sct")


def test_predict_answers_both_questions(model, clip):
    found = json.loads(run("predict", clip, "--json", "--top", 20, model=model).stdout)
    assert "predictions" not in found and list(found["answers"]) == ["camera", "subject"]
    for name, labels in QUESTIONS:
        rows = found["answers"][name]["predictions"]
        assert {row["label"] for row in rows} == set(labels)
        assert sum(row["probability"] for row in rows) == pytest.approx(1, abs=1e-4)
    text = run("predict", clip, "--top", 2, model=model).stdout
    assert text.index("What does the camera do?") < text.index("What does the subject do?")


@pytest.mark.parametrize(
    "words",
    [
        ("attribute", "--method", "saliency"),
        ("ablate", "--variants", "clip=mean"),
        ("render", "--view", "attribution", "-o"),
    ],
    ids=lambda words: words[0],
)
def test_the_others_are_about_one_question(model, clip, tmp_path, words):
    out = [tmp_path / "a.npz"] if words[-1] == "-o" else ["--json"]

    def ask(*more):
        return run(words[0], clip, *words[1:], *out, *more, model=model)

    for more, labels in (
        ((), QUESTIONS[0][1]),
        (("--question", "camera"), QUESTIONS[0][1]),
        (("--question", "subject"), QUESTIONS[1][1]),
    ):
        done = ask(*more, *(["--overwrite"] if words[-1] == "-o" else []))
        assert done.exit_code == 0, done.output
        if words[-1] != "-o":
            assert json.loads(done.stdout)["target"] in labels
    for more, told in (
        (("--question", "weather"), "its questions are camera, subject"),
        (("--question", "camera", "--target", "moves left"), "moves left"),
    ):
        refused = ask(*more, *(["--overwrite"] if words[-1] == "-o" else []))
        assert refused.exit_code == 2 and told in refused.stderr, refused.output
        assert len(refused.stderr.splitlines()) == 1


def test_a_model_with_one_question_says_so(clip):
    refused = run("attribute", clip, "--question", "camera", model="sct-motion")
    assert refused.exit_code == 2 and "it has one question" in refused.stderr
    found = json.loads(run("predict", clip, "--json", model="sct-motion").stdout)
    assert "answers" not in found and len(found["predictions"]) == 5


def test_evaluate_measures_each_question(model):
    found = json.loads(
        run("evaluate", "--data", "composite", "--limit", 8, "--json", model=model).stdout
    )
    assert found["n"] == 8 and 0 <= found["top1"] <= 1
    assert list(found["questions"]) == ["camera", "subject"]
    for name, labels in QUESTIONS:
        one = found["questions"][name]
        assert one["n"] == 8 and tuple(one["labels"]) == labels
    text = run("evaluate", "--data", "composite", "--limit", 8, model=model).stdout
    assert "What does the camera do?" in text and "What does the subject do?" in text
