import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

import sct
from sct.checkpoint import io as checkpoint_io
from sct.cli.main import cli
from sct.synthetic import clips
from sct.synthetic.composite import CAMERA_LABELS, SUBJECT_LABELS


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="python -m sct")


@pytest.fixture(scope="module", params=["one question", "two questions"])
def model(request, tmp_path_factory) -> Path:
    torch.manual_seed(0)
    labels = {"labels": clips.LABELS, "num_classes": len(clips.LABELS)}
    if request.param == "two questions":
        questions = (("camera", CAMERA_LABELS), ("subject", SUBJECT_LABELS))
        every = (*CAMERA_LABELS, *SUBJECT_LABELS)
        labels = {"questions": questions, "labels": every, "num_classes": len(every)}
    shape = {"image_size": 56, "frames": 3, "widths": (8, 16), "vilt_blocks": (1, 0)}
    made = sct.SCT(sct.SCTConfig(**shape, heads=(2, 2), clip_layers=1, **labels)).eval()
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    checkpoint_io.save(made, path, {"data": "none"})
    return path


@pytest.fixture(scope="module")
def clip(make_video, tmp_path_factory) -> Path:
    grain = np.random.default_rng(0).integers(0, 256, (25, 56, 64, 3), np.uint8)
    path = tmp_path_factory.mktemp("clips") / "grain.mp4"
    path.write_bytes(make_video(grain))
    return path


def test_every_window_says_what_predict_says_there(model, clip):
    result = run("predict", clip, "--model", model, "--slide", "--json")
    assert result.exit_code == 0 and result.stderr == ""
    found = json.loads(result.stdout)
    assert found["step"] == 0.2 and len(found["windows"]) == 12
    assert found["clip"]["duration_s"] == pytest.approx(2.5)
    for window in found["windows"]:
        assert window["end"] == pytest.approx(window["start"] + 0.3)
        at = ("--start", window["start"], "--top", 99)
        alone = json.loads(run("predict", clip, "--model", model, *at, "--json").stdout)
        for name, one in window.get("answers", {"": window}).items():
            other = alone["answers"][name] if name else alone
            shares = {row["label"]: row["probability"] for row in other["predictions"]}
            assert one["probabilities"] == pytest.approx(shares, abs=1e-5)
            assert (one["sure"], one["unlike"]) == (other["sure"], other["unlike"])


def test_a_slide_sees_the_crop_that_predict_sees(model, clip):
    crop = ("--crop", "0,0.5", "--model", model, "--top", 99, "--json")
    found = json.loads(run("predict", clip, "--slide", *crop).stdout)
    alone = json.loads(run("predict", clip, *crop).stdout)
    other = json.loads(run("predict", clip, *crop[2:]).stdout)
    assert (found["clip"]["crop"], other["clip"]["crop"]) == ("0,0.5", "centre")
    first = found["windows"][0]
    for name, one in first.get("answers", {"": first}).items():
        shares = [
            {
                row["label"]: row["probability"]
                for row in (said["answers"][name] if name else said)["predictions"]
            }
            for said in (alone, other)
        ]
        assert one["probabilities"] == pytest.approx(shares[0], abs=1e-5)
        assert one["probabilities"] != pytest.approx(shares[1], abs=1e-5)


def test_stretches_are_printed_from_the_start_that_was_asked_for(model, clip):
    result = run("predict", clip, "--model", model, "--slide", "--start", "0.5")
    assert result.exit_code == 0 and result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[1].startswith("9 windows of 0.3 s, one every 0.2 s")
    rows = [line.split() for line in lines if " s  " in line and " to " in line]
    assert rows[0][0] == "0.50" and rows[-1][2] == "2.40"


@pytest.mark.parametrize("more", [(), ("--slide",)])
def test_the_crop_and_the_notices_are_printed(model, clip, more):
    given = ("predict", clip, "--model", model, *more)
    said = run(*given, "--crop", "fit").stdout
    assert "crop: fit" in said.splitlines()[0] and "crop" not in run(*given).stdout
    end = ("--start", "2.3")  # where too few frames are left
    notices = json.loads(run(*given, *end, "--json").stdout)["clip"]["notices"]
    printed = " ".join(run(*given, *end).stdout.split())
    assert notices and all(" ".join(notice.split()) in printed for notice in notices)


def test_what_cannot_be_read_is_refused_in_one_sentence(model, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"not a video")
    for path, *more in ((bad,), (tmp_path / "none.mp4",), (bad, "--start", "-1")):
        result = run("predict", path, "--model", model, "--slide", *more)
        assert result.exit_code == 2 and result.stdout == ""
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("crop", ["fit", "0.2,0.5,0.5", "views"])
def test_each_crop_gives_an_answer_of_its_own(model, clip, crop):
    def shares(*more):
        found = json.loads(run("predict", clip, "--model", model, "--json", *more).stdout)
        said = next(iter(found.get("answers", {"": found}).values()))
        return found["clip"]["crop"], [row["probability"] for row in said["predictions"]]

    asked, found = shares("--crop", crop)
    assert asked == crop and found != pytest.approx(shares()[1], abs=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--crop", "middle"), "or X,Y or X,Y,SIDE such as 0.2,0.5, or views. See:"),
        (("--crop", "0.5,0.5,9"), "from 0.25 to 1"),
        (("--crop", "views", "--slide"), "takes one crop"),
    ],
)
def test_a_wrong_crop_is_one_sentence(model, clip, words, said):
    result = run("predict", clip, "--model", model, *words)
    assert result.exit_code == 2 and said in result.stderr and result.stdout == ""
    assert "Traceback" not in result.stderr


def test_commands_that_show_maps_take_no_views(model, clip):
    for command in ("attribute", "ablate", "patch"):
        result = run(command, clip, "--model", model, "--crop", "views")
        assert result.exit_code == 2 and "it is centre, fit" in result.stderr
        assert "views" not in result.stderr.split("it is")[1]


def test_words_of_a_crop_may_be_large_or_small(model, clip):
    for word in ("VIEWS", " Fit "):
        found = json.loads(run("predict", clip, "--model", model, "--crop", word, "--json").stdout)
        assert found["clip"]["crop"] == word.strip().lower()
