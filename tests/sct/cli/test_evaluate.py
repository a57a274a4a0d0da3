import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

import sct
from sct.checkpoint import io
from sct.cli.main import cli
from sct.evaluation import accuracy
from sct.synthetic import clips
from sct.video.clip import write_mp4


def run(*args: object) -> Result:
    return CliRunner().invoke(
        cli, ["evaluate", *(str(arg) for arg in args)], prog_name="python -m sct"
    )


def answer(*args: object) -> dict:
    result = run(*args, "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == "", "no progress bar where there is no terminal"
    return json.loads(result.stdout)


def assert_refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2 and result.stdout == "", result.output
    assert result.stderr.startswith("sct: error: ") and len(result.stderr.splitlines()) == 1
    for word in words:
        assert word in result.stderr


def save(path, labels=clips.LABELS, **card: object):
    torch.manual_seed(0)
    shape = {"image_size": 56, "frames": 3, "widths": (8, 16), "vilt_blocks": (1, 0)}
    shape |= {"heads": (2, 2), "clip_layers": 1, "grounded_heads": ((0,), (0,))}
    config = sct.SCTConfig(num_classes=len(labels), labels=labels, **shape)
    io.save(sct.SCT(config), path, card)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save(tmp_path_factory.mktemp("models") / "small.safetensors")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """Ten clips of two colours and two persons, one file missing, one that is no video."""
    root = tmp_path_factory.mktemp("data")
    rows = ["path,hue,who"]
    for i in range(10):
        frames = np.full((5, 32, 40, 3), 40 + 150 * (i % 2), np.uint8)
        write_mp4(frames, root / f"{i}.mp4", fps=10)
        rows.append(f"{i}.mp4,{('dark', 'bright')[i % 2]},{i // 2}")
    (root / "broken.mp4").write_bytes(b"no video")
    rows.append("broken.mp4,dark,6")
    (root / "list.csv").write_text("\n".join(rows))
    return root / "list.csv"


def test_json(model):
    found = answer("--data", "motion", "--model", model, "--limit", 20, "--seed", 3)
    facts = {name: found.pop(name) for name in ("model", "data", "ablation", "as_trained")}
    assert facts == {"model": str(model), "data": "motion", "ablation": "none", "as_trained": False}
    loaded = sct.load(model, device="cpu")
    known = accuracy.evaluate(loaded, limit=20, seed=3)
    assert found == json.loads(json.dumps(known)) and found["n"] == 20


def test_table(model):
    result = run("--data", "motion", "--model", model, "--limit", 17, "--device", "cpu")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "17 clips of motion" in lines[0] and "ablation: none" in lines[0]
    assert "95% interval" in lines[2] and "chance 5.9%" in lines[2]
    rows = lines[-17:]
    assert [row[2:].split("   ")[0].strip() for row in rows] == list(clips.LABELS)
    assert len({row.index("%") for row in rows}) == 1, "aligned"


def test_labels_that_are_left_out_are_said(tmp_path):
    path = save(tmp_path / "nine.safetensors", clips.CAMERA_LABELS)
    result = run("--data", "motion", "--model", path, "--limit", 9)
    assert "no such label: object moves left" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("  roll counter-clockwise")


def test_a_twin_is_measured_as_it_was_trained(tmp_path):
    path = save(tmp_path / "twin.safetensors", trained_with="clip=mean")
    args = ("--data", "motion", "--model", path, "--limit", 8)
    found = answer(*args)
    assert (found["ablation"], found["as_trained"]) == ("clip=mean", True)
    found = answer(*args, "--ablate", "none")
    assert (found["ablation"], found["as_trained"]) == ("none", False)
    found = answer(*args, "--ablate", "lsh=full")
    assert (found["ablation"], found["as_trained"]) == ("lsh=full", False)
    assert "ablation: clip=mean, as it was trained" in run(*args).stdout


def test_footage_tells_where_clips_are_from(tmp_path, model):
    for seed in range(2):
        cells = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
        still = cells.repeat(8, axis=0).repeat(8, axis=1)
        write_mp4(np.stack([still] * 5), tmp_path / f"{seed}.mp4", fps=10)
    args = ("--data", f"footage:{tmp_path}", "--model", model, "--limit", 18)
    found = answer(*args)
    assert found["n"] == 18 and set(found["per_class"]) == set(clips.CAMERA_LABELS)
    assert {name: row["n"] for name, row in found["per_group"].items()} == {"0.mp4": 9, "1.mp4": 9}
    result = run(*args)
    assert "if only the 9 labels were allowed" in result.stdout and "  0.mp4" in result.stdout
    found = answer(*args, "--flow")
    assert found["n"] == 18 and len(found["heads"]) == 4


def test_flow(model):
    args = ("--data", "motion", "--model", model, "--flow", "--limit", 2)
    found = answer(*args)
    assert found["n"] == 2 and found["ablation"] == "none"
    assert [row["grounded"] for row in found["heads"]] == [True, False, True, False]
    result = run(*args)
    assert "mean displacement:" in result.stdout and "peak of the map:" in result.stdout
    assert result.stdout.count("grounded") == result.stdout.count("free") == 4
    assert_refused(run(*args, "--ablate", "shifted=off"), "shifted=off")
    assert_refused(run(*args, "--confusion", "a.png"), "--confusion")
    assert_refused(run("--data", "ucf101:x", "--flow", "--model", model), "--flow", "ucf101:x")


def test_videos(tmp_path, manifest):
    """Columns, split and sampling come from the training unless they are asked for."""
    training = {"data": "list.csv", "label_column": "hue", "group_column": "who", "split_seed": 1}
    training |= {"sampling": "dense", "stride_s": 0.2, "test_share": "0.4"}
    path = save(tmp_path / "hues.safetensors", ("bright", "dark"), training=training)
    args = ("--data", manifest, "--model", path)
    found = answer(*args, "--split", "all", "--views", "2x1")
    assert found["n"] == 10 and set(found["per_class"]) == {"bright", "dark"}
    assert [file["path"].endswith("broken.mp4") for file in found["unreadable"]] == [True]
    assert set(found["per_group"]) == {"0", "1", "2", "3", "4"}
    usual = answer(*args)["per_group"]
    draws = [answer(*args, "--split-seed", seed)["per_group"] for seed in range(5)]
    assert usual == draws[1] and any(set(draw) != set(usual) for draw in draws)
    result = run(*args, "--split", "all")
    assert "could not be read: 1" in result.stdout and "broken.mp4" in result.stdout
    assert_refused(run(*args, "--label-column", "colour"), "colour", "hue")
    plain = save(tmp_path / "plain.safetensors", ("bright", "dark"))
    assert_refused(run("--data", manifest, "--model", plain), "label")


def test_what_is_assumed_of_videos_is_said(tmp_path, manifest):
    data = tmp_path / "data"
    for i, label in enumerate(("bright", "dark", "bright", "dark")):
        place = data / ("videos_train", "videos_test")[i // 2] / label
        place.mkdir(parents=True)
        more = bytes(i)  # of which no reader takes notice, so that none is a copy of another
        (place / f"{i}.mp4").write_bytes((manifest.parent / f"{i}.mp4").read_bytes() + more)
    path = save(tmp_path / "hues.safetensors", ("bright", "dark"))
    found = answer("--data", data, "--model", path)
    said = 'Folders taken for splits: "videos_test" for testing, "videos_train" for training.'
    assert found["n"] == 2 and found["notes"] == [said]
    assert f"  {said}\n" in run("--data", data, "--model", path).stdout
    (data / "videos_test" / "dark" / "0.mp4").symlink_to(data / "videos_train" / "bright" / "0.mp4")
    assert_refused(run("--data", data, "--model", path), "two labels", "0.mp4")


def test_the_figure(tmp_path, model):
    out = tmp_path / "confusion.png"
    result = run("--data", "motion", "--model", model, "--limit", 8, "--confusion", out)
    assert result.exit_code == 0 and out.read_bytes().startswith(b"\x89PNG")
    for bad in (tmp_path / "confusion.jpg", tmp_path / "no" / "a.png", tmp_path):
        result = run("--data", "motion", "--model", model, "--confusion", bad)
        assert_refused(result, "--confusion")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], ["--data"]),
        (["--data", "cats"], ["cats", "folder"]),
        (["--data", "footage"], ["footage:DIR"]),
        (["--data", "footage:"], ["footage:DIR"]),
        (["--data", "footage:/no/such/folder"], ["/no/such/folder"]),
        (["--data", "motion", "--limit", "0"], ["--limit"]),
        (["--data", "motion", "--limit", "9999999"], ["9999999"]),
        (["--data", "motion", "--seed", "9999999"], ["9999999"]),
        (["--data", "motion", "--batch", "0"], ["--batch"]),
        (["--data", "motion", "--views", "4x3"], ["4x3", "1x1"]),
        (["--data", "motion", "--views", "many"], ["--views", "4x3"]),
        (["--data", "motion", "--views", "0x1"], ["0x1"]),
        (["--data", "motion", "--ablate", "nonsense"], ["nonsense"]),
        (["--data", "motion", "--ablate", "heads-off=9.shifted.0"], ["heads-off", "9"]),
        (["--data", "motion", "--flow", "--ablate", "order=reversed"], ["reversed"]),
    ],
)
def test_refuses(model, args, words):
    assert_refused(run(*args, "--model", model), *words)


def test_refuses_a_model_of_other_labels(tmp_path):
    path = save(tmp_path / "other.safetensors", ("cat", "dog"))
    assert_refused(run("--data", "motion", "--model", path), "no label in common")
