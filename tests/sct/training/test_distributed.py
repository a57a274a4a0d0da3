import csv
import json
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

import sct
from sct.training import distributed
from sct.training.distributed import World
from sct.training.initialize import new_model
from sct.training.loss import TrainingLoss
from sct.training.trainer import TrainConfig, train

ROOT = Path(__file__).parents[3]
TINY = ("image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")
SHARED = {"overrides": TINY, "steps": 5, "batch": 6, "short_frames": 2, "log_every": 1}
# A block of 4 clips goes to both processes; their tokens with a partner differ in number.
CONFIGS = {
    "grounded": TrainConfig(**SHARED, block=4, threads=1),
    # With unused parameters.
    "twin": TrainConfig(**SHARED, ablate="clip=mean;lsh=full", optimizer="adamw", threads=1),
}
WORKER = """
import atexit, json, sys
from pathlib import Path
from sct.cli.main import cli
from sct.training.trainer import TrainConfig, train

words, out, config = json.loads(sys.argv[1])


@atexit.register  # runs after what is registered later
def tell():
    names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    print("threads left:", sum("gloo" in name for name in names))


try:
    cli(words)
except SystemExit as done:
    assert not done.code, done.code
train(TrainConfig.from_dict(config), out)
"""


def numbers(path, column) -> list[float]:
    with open(path, newline="") as file:
        return [float(row[column]) for row in csv.DictReader(file)]


def test_two_processes_take_the_course_of_one(tmp_path):
    """Loss, accuracy and weights of two gloo processes on this CPU, with the same global batch.

    The first run is the command under torchrun, the second one leaves some weights unused.
    """
    words = ["train", "--out", f"{tmp_path}/two-grounded", "--device", "cpu", "--threads", 1]
    words += [word for item in TINY for word in ("--config", item)]
    words += ["--steps", 5, "--batch", 6, "--short-frames", 2, "--log-every", 1, "--block", 4]
    twin = CONFIGS["twin"].to_dict()
    (tmp_path / "worker.py").write_text(WORKER)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        + [
            str(tmp_path / "worker.py"),
            json.dumps([[*map(str, words)], f"{tmp_path}/two-twin", twin]),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("5 steps, 30 clips") == 1, "one voice for both"
    if Path("/proc/self/task").is_dir():
        # One that is left may end the process with an error, now and then.
        assert done.stdout.count("threads left: 0") == 2, done.stdout
    for name, config in CONFIGS.items():
        one, two = tmp_path / f"one-{name}", tmp_path / f"two-{name}"
        train(config, one)
        for column in ("loss", "grounding", "accuracy"):
            expected = numbers(f"{one}.csv", column)
            assert numbers(f"{two}.csv", column) == pytest.approx(expected, abs=1e-4), column
        assert len(expected) == 5
        first, card = sct.load_with_card(one.with_suffix(".safetensors"), device="cpu")
        second, other = sct.load_with_card(two.with_suffix(".safetensors"), device="cpu")
        assert (card["device"], other["device"]) == ("CPU", "2 x CPU")
        if config.optimizer == "muon":
            continue  # its steps are of full size along directions that only rounding shows, too
        for key, value in first.state_dict().items():
            torch.testing.assert_close(second.state_dict()[key], value, rtol=0, atol=1e-4)
    assert numbers(tmp_path / "one-grounded.csv", "grounding")[0] > 0.1
    assert not list(tmp_path.glob("*.part"))


def test_shares_of_processes_add_up_to_the_gradient_of_the_whole(monkeypatch):
    """Without processes: each part's gradient, with the others' counts, averages to the whole's."""
    from sct.datasets.loaders import SyntheticLoader

    config = CONFIGS["grounded"]
    model = new_model(config)
    loader = SyntheticLoader(6, size=28, block=4)

    def gradient(batch, world):
        training_loss = TrainingLoss(model, config, world)
        model.zero_grad()
        loss, shares, right = training_loss(batch, sct.Ablation())
        loss.backward()
        return torch.cat([p.grad.flatten() for p in model.parameters()]), shares, right

    whole, shares, right = gradient(loader.batch(0, 4), World(0, 1, torch.device("cpu")))
    parts = [loader.batch(0, 4, rank, 2) for rank in range(2)]
    counts = []
    monkeypatch.setattr(World, "total", lambda self, value: counts.append(value) or value)
    for part in parts:
        gradient(part, World(0, 1, torch.device("cpu")))
    assert counts[0] != counts[1], "or the test would prove nothing"
    total = sum(counts)
    monkeypatch.setattr(World, "total", lambda self, value: total)
    halves = [gradient(part, World(r, 2, torch.device("cpu"))) for r, part in enumerate(parts)]
    torch.testing.assert_close((halves[0][0] + halves[1][0]) / 2, whole, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(halves[0][1] + halves[1][1], shares)
    assert halves[0][2] + halves[1][2] == right


def test_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with distributed.join("cpu") as world:
        assert (world.rank, world.size, world.first) == (0, 1, True)
        value = torch.ones(2)
        assert torch.equal(world.total(value), value)
        layer = torch.nn.Linear(1, 1)
        assert world.wrap(layer, some_unused=False) is layer
    assert distributed.rank() == 0
    with pytest.raises(ValueError, match="tpu"), distributed.join("tpu"):
        pass


@pytest.mark.parametrize(
    "env, says",
    [
        ({"RANK": "x", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}, "RANK='x'"),
        ({"RANK": "2", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}, "RANK=2"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, "LOCAL_RANK"),
    ],
)
def test_what_torchrun_would_not_set(monkeypatch, env, says):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=says), distributed.join("cpu"):
        pass


def test_a_batch_that_cannot_be_shared(tmp_path, monkeypatch):
    four = World(0, 4, torch.device("cpu"))
    monkeypatch.setattr(distributed, "join", lambda device: nullcontext(four))
    with pytest.raises(ValueError, match="batch=6: must be a multiple of 4 processes"):
        train(TrainConfig(**SHARED), tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_second_ctrl_c_interrupts_at_once(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(distributed.time, "monotonic", lambda: now[0])
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), distributed.Stop() as stop:
        assert not stop.wanted
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # as torchrun passes it on
        assert stop.wanted
        now[0] += 5
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
