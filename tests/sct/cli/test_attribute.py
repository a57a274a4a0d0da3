"""`python -m sct attribute`, on an untrained model: what it prints, writes and refuses."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import sct.video.clip
from sct import ablation_study, attribution
from sct.checkpoint import io
from sct.cli.main import cli
from sct.synthetic import clips


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    shape = {"widths": (8, 16), "vilt_blocks": (1, 1), "heads": (1, 2), "clip_layers": 1}
    more = {"image_size": 56, "frames": 3, "num_classes": 17, "labels": clips.LABELS}
    io.save(sct.build("sct_ti", **shape, **more, grounded_heads=()), path, {"data": "none"})
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "made.mp4"
    sct.video.clip.write_mp4(clips.make_clip("pan left", 3).frames, path, fps=10)
    return path


def run(*args):
    return CliRunner().invoke(cli, ["attribute", *map(str, args)], prog_name="python -m sct")


def test_what_it_prints_and_writes(model, clip, tmp_path):
    out = tmp_path / "values.npz"
    asked = ["--method", "frames", "--target", "pan left", "--against", "2", "--check"]
    result = run(clip, "--model", model, *asked, "--json", "-o", out)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["target"], found["against"]) == ("pan left", "pan right")
    assert found["method"] == "frames" and len(found["frames"]) == 3
    assert isinstance(found["check"]["passed"], bool) and found["check"]["why"]
    with np.load(out) as kept:
        assert kept["values"].shape == (3, 14, 14)
        np.testing.assert_allclose(kept["frames"], found["frames"], rtol=1e-5, atol=1e-9)

    plain = run(clip, "--model", model, *asked[:4])
    assert plain.exit_code == 0, plain.output
    assert "Frame ablation of" in plain.stdout and "why pan left (" in plain.stdout
    assert plain.stdout.count("  frame ") == 3


@pytest.fixture(scope="module")
def ids(tmp_path_factory):
    """A model whose labels are numbers, and not those of their places."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "ids.safetensors"
    shape = {"widths": (8, 16), "vilt_blocks": (1, 1), "heads": (1, 2), "clip_layers": 1}
    more = {"image_size": 56, "frames": 3, "num_classes": 4, "labels": ("0", "2", "10", "1")}
    io.save(sct.build("sct_ti", **shape, **more, grounded_heads=()), path, {"data": "none"})
    return path


@pytest.mark.parametrize("label", ["1", "2", "10"])
def test_a_label_that_is_a_number_is_a_label(ids, clip, label):
    result = run(clip, "--model", ids, "--method", "saliency", "--target", label, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["target"] == label


def test_a_number_that_is_none_of_the_labels_is_refused_everywhere(ids, clip, tmp_path):
    out = tmp_path / "out.npz"
    for command in (
        ["attribute", clip, "--target", "3"],
        ["attribute", clip, "--against", "3"],
        ["ablate", clip, "--target", "3"],
        ["render", clip, "--view", "attribution", "-o", out, "--target", "3"],
    ):
        result = CliRunner().invoke(cli, [*map(str, command), "--model", str(ids)])
        assert result.exit_code == 2 and result.stdout == "" and not out.exists()
        assert "'3': this model has no such class, as numbers are labels here" in result.stderr
        assert "0, 2, 10, 1" in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_program_may_name_a_class_too(ids, clip):
    model = sct.load(ids)
    frames = sct.preprocess(sct.read_clip(clip, frames=3), 56)
    found = attribution.attribute(model, frames, "saliency", "1", "2")
    assert (found.target, found.against) == (3, 1)
    with pytest.raises(ValueError, match="target '3': this model has no such class"):
        attribution.attribute(model, frames, "saliency", "3")
    assert ablation_study.effects_of(model, frames, (), "10").target == 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--target", "sideways"], ["'sideways'", "pan left", "0 to 16"]),
        (["--target", "17"], ["'17'", "0 to 16"]),
        (["--target", "1", "--against", "1"], ["against 'pan left'"]),
        (["--method", "magic"], ["magic", "occlusion"]),
        (["-o", "values.csv"], ["values.csv", ".npz"]),
    ],
)
def test_what_it_refuses(model, clip, args, words):
    result = run(clip, "--model", model, *args)
    assert result.exit_code == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    for word in words:
        assert word in result.stderr


def test_out_of_memory_is_one_line(model, clip, monkeypatch):
    def none(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ...")

    monkeypatch.setattr(sct.SCT, "embed_clip", none)
    result = run(clip, "--model", model, "--method", "frames")
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.startswith("sct: error: There is not enough memory to attribute")
    assert len(result.stderr.splitlines()) == 1
