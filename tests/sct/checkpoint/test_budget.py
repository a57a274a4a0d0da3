"""A model's memory is estimated from its shape, near what it takes, and refused beforehand."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import sct
from sct.checkpoint import budget, io
from sct.model.config import SIZES, SCTConfig

ROOT = Path(__file__).parents[3]
SMALL = {"image_size": 56, "frames": 4, "widths": (16,), "vilt_blocks": (1,), "heads": (2,)}

# Prints how much a process grew by loading a checkpoint and tracing one clip.
GROWS = """
import sys, threading, time, torch, sct, safetensors.torch
from sct.checkpoint import io
from sct.kernels import allocator
small = sct.build("sct_ti").eval()
with torch.inference_mode():
    small(torch.zeros(1, 2, 3, 112, 112), trace=True)  # the libraries themselves
del small
allocator.hand_back()
begun = most = allocator.resident()
done = False
def watch():
    global most
    while not done:
        most = max(most, allocator.resident())
        time.sleep(0.002)
thread = threading.Thread(target=watch)
thread.start()
model = sct.load(sys.argv[1], device="cpu")
config = model.config
with torch.inference_mode():
    model(torch.randn(1, config.frames, 3, *(config.image_size,) * 2), trace=True)
done = True
thread.join()
print(most - begun, torch.get_num_threads())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("config", "least", "most"),
    [
        (None, 0.6, 2.5),  # 40 to 80 MB, of which a fixed part is most
        (SIZES["sct_s"], 0.75, 1.4),
        (replace(SIZES["sct_ti"], image_size=448), 0.75, 1.4),
    ],
    ids=["sct-scene", "sct_s", "448 pixels"],
)
def test_the_estimate_is_near_what_is_taken(config, least, most, tmp_path):
    name = "sct-scene"
    if config:
        name = str(tmp_path / "one.safetensors")
        io.save(sct.SCT(config), name, {})
    done = subprocess.run(
        [sys.executable, "-c", GROWS, name], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr
    took, workers = map(int, done.stdout.split())
    estimate = budget.needed(config or sct.load(name, device="cpu").config, workers)
    print(f"{took / 1e6:.0f} MB taken, {estimate / 1e6:.0f} estimated: {estimate / took - 1:+.0%}")
    assert least < estimate / took < most


@pytest.fixture
def greedy(tmp_path):
    """The weights of the default size under a card that asks for pictures of 3920 pixels."""
    path = tmp_path / "greedy.safetensors"
    io.save(sct.build("sct_ti"), path, {})
    card = json.loads(path.with_suffix(".json").read_text())
    card["config"]["image_size"] = 3920
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def test_a_card_that_asks_for_too_much_is_refused_before_weights_are_read(greedy, monkeypatch):
    monkeypatch.setenv(budget.VARIABLE, "8")
    greedy.write_bytes(b"never looked at")
    for what in (sct.load, io.check):
        with pytest.raises(sct.ModelError) as error:
            what(greedy)
        said = str(error.value)
        assert "needs about" in said and "8 x 3920 x 3920" in said and "\n" not in said
        assert "8 GB are allowed: SCT_MAX_MODEL_GB" in said


def test_the_variable_moves_the_limit(tmp_path, monkeypatch):
    path = tmp_path / "small.safetensors"
    io.save(sct.SCT(SCTConfig(**SMALL)), path, {})
    monkeypatch.setenv(budget.VARIABLE, "0.01")
    with pytest.raises(sct.ModelError, match=r"needs about 0\.0\d+ GB .* 0\.01 GB are allowed"):
        sct.load(path, device="cpu")
    monkeypatch.setenv(budget.VARIABLE, "0.5")
    assert sct.load(path, device="cpu").config.frames == 4


@pytest.mark.parametrize("said", ["0", "-1", "much", "nan", "inf", "1e9"])
def test_a_variable_that_says_nothing_is_named(said, monkeypatch):
    monkeypatch.setenv(budget.VARIABLE, said)
    with pytest.raises(sct.ModelError, match="SCT_MAX_MODEL_GB must be gigabytes"):
        budget.allowed()


def test_the_named_sizes_fit_a_machine_of_4_gb():
    for config in SIZES.values():
        assert budget.needed(config, 4) < 4e9 * budget.SHARE


@pytest.mark.parametrize(
    ("groups", "files", "bytes_"),
    [
        ("0::/app\n", {"app/memory.max": "2000000000\n"}, 2_000_000_000),
        ("0::/app\n", {"memory.max": "3000000000\n", "app/memory.max": "max\n"}, 3_000_000_000),
        ("0::/a/b\n", {"a/memory.max": "1000000000", "a/b/memory.max": "max"}, 1_000_000_000),
        # Version 1, in a container that sees the path of the host.
        (
            "4:memory:/docker/c0ffee\n0::/\n",
            {"memory/memory.limit_in_bytes": "1500000000\n"},
            1_500_000_000,
        ),
        ("4:memory:/x\n", {"memory/x/memory.limit_in_bytes": "9223372036854771712"}, 8 << 30),
        ("", {}, 8 << 30),
        ("nonsense\n0::/../..\n", {"memory.max": "nonsense"}, 8 << 30),
    ],
)
def test_a_control_group_bounds_what_a_machine_has(groups, files, bytes_, tmp_path, monkeypatch):
    (tmp_path / "cgroup").write_text(groups)
    (tmp_path / "meminfo").write_text(f"MemTotal: {8 << 20} kB\nMemFree: 1 kB\n")
    for name, text in files.items():
        place = tmp_path / "mounted" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    monkeypatch.setattr(budget, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(budget, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(budget, "_MOUNTED", tmp_path / "mounted")
    monkeypatch.delenv(budget.VARIABLE, raising=False)
    assert budget.machine_bytes() == bytes_
    assert budget.allowed() == bytes_ * budget.SHARE
    monkeypatch.setattr(budget, "_MEMORY", tmp_path / "none")
    monkeypatch.setattr(budget, "_GROUPS", tmp_path / "none")
    assert budget.allowed() is None


def test_more_rounds_than_pages_can_wait_for_are_refused_in_cards_and_ablations():
    with pytest.raises(ValueError, match="lsh_rounds=17: must be a whole number from 1 to 16"):
        SCTConfig(lsh_rounds=17)
    with pytest.raises(ValueError, match="1 to 16"):
        sct.Ablation(rounds=17)
