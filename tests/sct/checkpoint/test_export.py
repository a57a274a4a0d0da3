"""Graphs for other programs: the same logits from ONNX Runtime and from torch.export."""

import io
import json
import sys

import onnxruntime
import pytest
import torch
from click.testing import CliRunner

import sct
from sct.checkpoint.export import export
from sct.cli.main import cli
from sct.errors import ModelError
from sct.model.hashing import rotations
from sct.synthetic import clips
from sct.video.clip import normalise


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    stages = {"widths": (16, 32), "heads": (1, 2), "vilt_blocks": (1, 1), "grounded_heads": ()}
    small = {"image_size": 56, "frames": 4, "clip_layers": 1, "num_classes": 5}
    return sct.build(**stages, **small, lsh_bucket=7, lsh_rounds=2).eval()


@pytest.fixture(scope="module")
def motion():
    """Gives the shipped model, and clips of every motion as it takes them."""
    model = sct.load(device="cpu")
    batch = clips.make_batch(17, seed=11, frames=8, size=112)
    return model, normalise(batch.frames)


def logits(model, frames, ablation="none"):
    with torch.inference_mode():
        return model(frames, sct.Ablation.parse(ablation), precision="float32").logits


def from_onnx(path, frames):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [i.name for i in session.get_inputs()] == ["frames"]
    found = session.run(["logits"], {"frames": frames.numpy()})[0]
    return torch.from_numpy(found), session.get_modelmeta().custom_metadata_map


def test_torch_export_works_and_leaves_nothing_behind(tiny):
    frames = torch.randn(2, 4, 3, 56, 56)
    rotations.cache_clear()  # so that they are drawn within the export
    with torch.no_grad():
        graph = torch.export.export(tiny, (frames,)).module()
        again = torch.randn(2, 4, 3, 56, 56)
        torch.testing.assert_close(graph(again).logits, tiny(again).logits, rtol=0, atol=1e-5)
    assert graph(again).trace is None


def test_the_shipped_model_as_onnx_gives_its_logits(motion, tmp_path):
    model, frames = motion
    path = tmp_path / "motion.onnx"
    assert export(model, path, "onnx") < 1e-4
    for clip in frames.split(1)[::4]:
        found, about = from_onnx(path, clip)
        torch.testing.assert_close(found, logits(model, clip), rtol=0, atol=1e-4)
    assert tuple(json.loads(about["labels"])) == model.config.labels
    assert json.loads(about["mean"]) == [0.45] * 3 and json.loads(about["std"]) == [0.225] * 3


@pytest.mark.parametrize(
    ("format", "ablation"),
    [
        *(("onnx", text) for text in ("lsh=full;order=reversed", "rounds=3;shifted=off")),
        *(("pt2", text) for text in ("none", "rounds=3;shifted=off")),
    ],
)
def test_ablations_and_shapes_are_part_of_the_graph(tiny, tmp_path, format, ablation):
    path = tmp_path / f"graph.{format}"
    asked = {"ablation": sct.Ablation.parse(ablation), "frames": 3, "size": 112, "batch": 2}
    assert export(tiny, path, format, **asked) < 1e-4
    frames = torch.randn(2, 3, 3, 112, 112)
    if format == "onnx":
        found, about = from_onnx(path, frames)
    else:
        extra = {"sct.json": ""}
        program = torch.export.load(io.BytesIO(path.read_bytes()), extra_files=extra)
        found, about = program.module()(frames), json.loads(extra["sct.json"])
    torch.testing.assert_close(found, logits(tiny, frames, ablation), rtol=0, atol=1e-4)
    assert about["ablation"] == str(sct.Ablation.parse(ablation))


def test_what_cannot_be_exported_is_said(tiny, tmp_path, monkeypatch):
    for asked, told in (
        ({"format": "pb"}, "onnx, pt2"),
        ({"format": "pt2", "frames": 5}, "takes 1 to 4"),
        ({"format": "pt2", "size": 60}, "multiples of 56"),
        ({"format": "pt2", "batch": 0}, "batch=0"),
    ):
        with pytest.raises(ValueError, match=told):
            export(tiny, tmp_path / "a", **asked)
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ModelError, match="pip install onnx onnxscript"):
        export(tiny, tmp_path / "a", "onnx")
    assert not list(tmp_path.iterdir())


def test_without_onnxruntime_nothing_is_compared(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert export(tiny, tmp_path / "a.onnx", "onnx") is None
    assert (tmp_path / "a.onnx").stat().st_size > 10_000


def test_the_command(tiny, tmp_path):
    from sct.checkpoint import io as checkpoint_io

    checkpoint_io.save(tiny, tmp_path / "tiny", {"data": "none"})
    out, model = tmp_path / "new" / "a.pt2", tmp_path / "tiny.safetensors"

    def run(*words):
        words = ["export", "--model", model, *words]
        return CliRunner().invoke(cli, [str(w) for w in words], prog_name="python -m sct")

    done = run(out)
    assert done.exit_code == 0 and done.stderr == "", done.output
    assert "frames (1, 4, 3, 56, 56)" in done.stdout and "largest difference" in done.stdout
    before = out.read_bytes()
    for words, told in (((out,), "--overwrite"), ((tmp_path / "a.pb",), ".onnx or .pt2")):
        refused = run(*words)
        assert refused.exit_code == 2 and refused.stdout == "" and told in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert out.read_bytes() == before
    told = run("--format", "pt2", "--overwrite", "--ablate", "clip=mean", "--json", out)
    found = json.loads(told.stdout)
    assert found["ablation"] == "clip=mean" and found["largest_difference"] < 1e-4


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_model_in_half_precision_keeps_its_top_labels(motion, dtype):
    model, frames = motion
    half = sct.load(device="cpu").to(dtype)
    for given in (frames[:4], frames[4:8].to(dtype)):
        sure = logits(model, given.float())
        with torch.inference_mode():
            found = half(given).logits
        assert found.dtype == torch.float32 and torch.equal(found.argmax(1), sure.argmax(1))
