import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

import sct
from benchmarks.harness import rows, timing
from benchmarks.harness.rows import Row
from benchmarks.harness.timing import Settings, Unavailable
from benchmarks.speed import first, model

SETTINGS = Settings(threads=1)
TINY = sct.SCTConfig(
    image_size=56, frames=2, widths=(8, 16), vilt_blocks=(1, 0), heads=(2, 2), clip_layers=1
)


@pytest.fixture
def tiny_sizes(monkeypatch):
    for name in ("sct_ti", "sct_s", "sct_m", "sct_l"):
        monkeypatch.setitem(sct.SIZES, name, TINY)
    monkeypatch.setattr(model, "SIDE", 16)
    monkeypatch.setattr(timing, "LEAST_S", 0.0)


def test_the_rows_are_those_that_were_promised():
    promised = {
        ("sct_s, 24 frames", "88.1 GMACs of torch.mm's products"): "at most 1.6",
        ("sct_s, 24 frames", "88.1 GMACs of sct.kernels.linear's products"): "",
        ("sct_s, 24 frames", "TimeSformer-B, 8 frames"): "at least 2",
        ("sct_s, 24 frames", "VideoMAE-B, 16 frames"): "at least 1.6",
        ("sct_s, 24 frames", "ViViT-B, 32 frames"): "at least 4",
        ("sct_s, 24 frames", "timesformer-pytorch, 8 frames"): "",
        ("sct_s in bfloat16", "its float32"): "at least 1.6",
        ("sct_ti prediction, warm", "60 ms"): "at most 1",
        ("training step of sct_ti, 24 clips", "the first version"): "at least 2",
        ("peak memory, sct_ti", ""): "",
        ("peak memory, sct_s", ""): "",
        ("peak memory, sct_m", ""): "",
        ("peak memory, sct_l", "6 GB"): "at most 1",
    }
    found = [c.row() for group in model.groups(SETTINGS) for c in group]
    assert {(row.name, row.peer): row.goal for row in found} == promised


def test_the_machines_rate_is_scaled_to_the_models_multiply_adds(tiny_sizes, monkeypatch):
    """Products of 16 x 16 matrices in 1 ms each: a rate of 8.2 MFLOP/s, whatever is needed."""
    needed = model.macs(TINY)
    times = round(needed / 16**3)
    seconds = {"sct_s": 4.0, "products of torch.mm": times * 1e-3}
    monkeypatch.setattr(rows, "prepare", lambda contestant, settings: lambda: None)
    monkeypatch.setattr(
        rows, "side_by_side", lambda works, settings: {n: [seconds[n]] * 5 for n in works}
    )
    (row,) = rows.measure(model.groups(SETTINGS), SETTINGS, only="of torch.mm")
    assert row.theirs == pytest.approx(needed / 16**3 * 1e-3)
    assert row.ratio == pytest.approx(4.0 / row.theirs) and row.met is False
    row.theirs = 0.5
    model.say_rate(50_000_000_000, row, None, None)
    assert row.note == "products ran at 200 GFLOP/s"


def test_so_many_products(tiny_sizes):
    count = []
    model.matrix_products(3, lambda a, b: count.append(a.shape), SETTINGS)()
    assert count == [(16, 16)] * 3


def test_a_forward_pass_is_of_one_whole_clip(tiny_sizes):
    output = model.untrained("sct_s", SETTINGS, trace=True)()
    assert output.logits.shape == (1, TINY.num_classes) and output.trace is not None
    assert not output.logits.requires_grad
    assert model.untrained("sct_s", SETTINGS)().trace is None


def test_both_precisions_have_the_same_weights(tiny_sizes, monkeypatch):
    monkeypatch.setattr(model, "cpu_has_bfloat16", lambda: True)
    low = model.untrained("sct_s", SETTINGS, precision="bfloat16")().logits
    full = model.untrained("sct_s", SETTINGS, precision="float32")().logits
    torch.testing.assert_close(low, full, rtol=0.1, atol=0.05)
    assert not torch.equal(low, full)


def test_a_cpu_without_bfloat16_leaves_a_row_that_says_so(tiny_sizes, monkeypatch):
    for flags, has in (({"avx512_bf16": False, "sse2": True}, False), ({"amx_bf16": True}, True)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda flags=flags: flags)
        assert model.cpu_has_bfloat16() is has
    monkeypatch.setattr(model, "cpu_has_bfloat16", lambda: False)
    (row,) = rows.measure(model.groups(SETTINGS), SETTINGS, only="bfloat16")
    assert row.met is None and row.note == "this CPU has no products in bfloat16"


def says(*logits: float):
    return lambda: SimpleNamespace(logits=torch.tensor([logits]))


@pytest.mark.parametrize(
    ("low", "shared"),
    [((9, 8, 7, 6, 5, 0, 0), 5), ((8, 9, 7, 6, 5, 0, 0), 5), ((9, 8, 7, 6, 0, 5, 0), 4)],
)
def test_the_same_five_labels_come_first(low, shared):
    row = Row("x", met=True)
    model.check_top5(row, says(*low), says(9, 8, 7, 6, 5, 1, 0))
    assert row.met is (shared == 5) and row.note.startswith(str(shared))
    row = Row("x", met=False)  # too slow stays too slow
    model.check_top5(row, says(*low), says(*low))
    assert row.met is False


def test_missing_peers_leave_rows(tiny_sizes, monkeypatch):
    for package in ("transformers", "timesformer_pytorch"):
        monkeypatch.setitem(sys.modules, package, None)
    found = rows.measure(model.groups(SETTINGS), SETTINGS, only="sct_s, 2 frames")
    assert len(found) == 6 and found[0].ratio > 0 and found[1].ratio > 0
    for row in found[2:]:
        assert row.ours == found[0].ours and row.ratio is None
        assert "cannot be imported" in row.note and "requirements.txt" in row.note


def test_peers_get_their_frames(monkeypatch):
    seen = []

    class Model(torch.nn.Module):
        def __init__(self, config):
            super().__init__()
            seen.append(config)

        def forward(self, clip):
            seen.append((tuple(clip.shape), self.training, torch.is_inference_mode_enabled()))

    package = SimpleNamespace(VivitConfig=lambda **given: given, VivitForVideoClassification=Model)
    monkeypatch.setitem(sys.modules, "transformers", package)
    model.hugging_face("ViViT-B", 32).build(SETTINGS)()
    assert seen == [{"num_frames": 32, "num_labels": 400}, ((1, 32, 3, 224, 224), False, True)]


# -- training steps, in a process of their own -----------------------------------------------------


def test_steps_train_the_sct_that_they_were_given(tmp_path):
    """A package of another kind answers if it is the one that is imported, and first in line."""
    (tmp_path / "sct").mkdir()
    other = (
        "import sys\nprint('ready' if sys.path[0] == {!r} else sys.path, flush=True)\nsys.exit()"
    )
    (tmp_path / "sct" / "__init__.py").write_text(other.format(str(tmp_path)))
    steps = first.Steps(tmp_path, TINY, 2, SETTINGS)
    with pytest.raises(RuntimeError, match="ended before it was done"):
        steps()


@pytest.mark.parametrize("make", [first.our_steps, first.first_steps])
def test_a_step_of_either_version_is_waited_for(make):
    try:
        steps = make(TINY, 2, SETTINGS)
    except Unavailable as error:
        pytest.skip(str(error))  # a clone without its history
    try:
        assert steps() is None and steps() is None
        steps._child.terminate()
        with pytest.raises(RuntimeError, match="ended before it was done"):
            steps()
    finally:
        steps.close()


def repository(folder) -> str:
    """A repository with one commit of an `sct`; its revision."""
    (folder / "sct").mkdir()
    (folder / "sct" / "old.txt").write_text("the first version")
    (folder / "app.py").touch()
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True, env=environment)
    told = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    return subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()


def test_an_old_version_is_unpacked_out_of_the_history(tmp_path, monkeypatch):
    (tmp_path / "clone").mkdir()
    (tmp_path / "out").mkdir()
    revision = repository(tmp_path / "clone")
    monkeypatch.setattr(first, "ROOT", tmp_path / "clone")
    first.unpack(revision, tmp_path / "out")
    files = [p.relative_to(tmp_path / "out") for p in (tmp_path / "out").rglob("*.*")]
    assert list(map(str, files)) == ["sct/old.txt"]
    with pytest.raises(Unavailable, match="0123456 is not in the history"):
        first.unpack("0123456", tmp_path / "out")
    monkeypatch.setattr(first, "FIRST", "0123456")
    with pytest.raises(Unavailable):
        first.first_steps(TINY, 2, SETTINGS)
