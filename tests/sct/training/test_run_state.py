import csv
import errno
import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import sct
from sct.errors import RunError
from sct.training import data, run_state, trainer
from sct.training.run_state import RunState, Table
from sct.training.trainer import TrainConfig, train

ROOT = Path(__file__).parents[3]
TINY = ("image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")


def tiny(**values) -> TrainConfig:
    shown = {"overrides": TINY, "steps": 8, "batch": 2, "short_frames": 2}
    return TrainConfig.from_dict({**shown, "log_every": 2, "save_every": 3, "threads": 1, **values})


def rows(path) -> list[dict[str, str]]:
    """The table without the seconds, which no two runs share."""
    with open(path, newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def same(one: Path, two: Path) -> bool:
    """Whether two runs ended bit for bit alike: weights shipped, raw ones, moments, table."""
    shipped = [Path(f"{out}.safetensors").read_bytes() for out in (one, two)]
    states = [load_file(run_state.state_path(out)) for out in (one, two)]
    assert states[0].keys() == states[1].keys()
    equal = all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    tables = [rows(f"{out}.csv") for out in (one, two)]
    return equal and shipped[0] == shipped[1] and tables[0] == tables[1]


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> Path:
    """A run of eight steps that nothing disturbed."""
    out = tmp_path_factory.mktemp("straight") / "run"
    train(tiny(), out)
    return out


def stop_at(step: int):
    """A progress that fails as a crash would, after step `step` and before its save."""

    def progress(done, steps, figures):
        if done == step:
            raise MemoryError

    return progress


# -- going on --------------------------------------------------------------------------------------


def test_a_run_that_goes_on_ends_as_if_nothing_had_happened(tmp_path, straight):
    out = tmp_path / "run"
    for crash, left in ((2, 0), (5, 3), (6, 3), (8, 6)):
        with pytest.raises(MemoryError):
            train(tiny(), out, stop_at(crash), resume=crash > 2)
        assert run_state.read(out).step == left
        torch.rand(3)  # whoever else draws from the global state does not matter
    card = train(tiny(), out, resume=True)
    assert same(out, straight) and card["steps"] == 8
    assert [row["step"] for row in rows(f"{out}.csv")] == ["2", "4", "6", "8"]
    assert run_state.read(out).seconds > run_state.read(straight).seconds / 20


KILLED = """
import json, os, signal, sys, threading
from sct.training.trainer import TrainConfig, train

def progress(done, steps, figures):
    if done == 5:
        threading.Timer(0.005, os.kill, (os.getpid(), signal.SIGKILL)).start()

train(TrainConfig.from_dict(json.loads(sys.argv[1])), sys.argv[2], progress)
"""


def test_a_kill_at_any_moment_leaves_a_run_that_goes_on(tmp_path, straight):
    """A process of its own that SIGKILL ends somewhere in a step or a save, not between them."""
    out = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, json.dumps(tiny().to_dict()), str(out)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert run_state.read(out).step in (3, 6)
    assert sct.load(out.with_suffix(".safetensors"), device="cpu").config.frames == 4
    train(tiny(), out, resume=True)
    assert same(out, straight)


@pytest.mark.parametrize("broken", range(3))
def test_a_kill_between_two_files_leaves_a_run_that_goes_on(
    tmp_path, straight, monkeypatch, broken
):
    """The last save dies after `broken` of its three renames."""
    out, replaced, real = tmp_path / "run", [], Path.replace

    def replace(self, target):
        if Path(f"{out}.json").exists() and run_state.read(out).step >= 6:
            if len(replaced) == broken:
                raise SystemExit  # as good as a kill: nothing handles it
            replaced.append(target)
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(SystemExit):
            train(tiny(), out)
    assert run_state.read(out).step == 6
    sct.load(out.with_suffix(".safetensors"), device="cpu")
    train(tiny(), out, resume=True)
    assert same(out, straight)


def test_there_is_something_to_go_on_with_before_the_first_step(tmp_path, straight):
    out = tmp_path / "run"
    Path(f"{out}.safetensors").write_bytes(b"an older checkpoint")
    with pytest.raises(MemoryError):
        train(tiny(), out, stop_at(0))
    assert Path(f"{out}.safetensors").read_bytes() == b"an older checkpoint"
    train(tiny(), out, resume=True)
    assert same(out, straight)


def test_a_run_that_is_done_stays_as_it_is(tmp_path, straight):
    before = Path(f"{straight}.safetensors").read_bytes()
    card = train(tiny(), straight, resume=True)
    assert card["steps"] == 8 and Path(f"{straight}.safetensors").read_bytes() == before


def test_other_settings_are_named(straight):
    with pytest.raises(ValueError, match=r"lr=0.5, was 0.001; seed=1, was 0"):
        train(tiny(lr=0.5, seed=1), straight, resume=True)
    with pytest.raises(ValueError, match="init='sct-motion', was ''"):
        train(tiny(), straight, init="sct-motion", resume=True)
    train(tiny(save_every=5), straight, resume=True)


def test_other_data_is_refused(straight, monkeypatch):
    monkeypatch.setattr(data, "fingerprint", lambda *given: "another")
    with pytest.raises(RunError, match="are not those"):
        train(tiny(), straight, resume=True)


def test_a_run_that_is_not_there(tmp_path):
    with pytest.raises(RunError, match=r"no run to go on with.*a.run.safetensors"):
        train(tiny(), tmp_path / "a", resume=True)


# -- the state -------------------------------------------------------------------------------------


def test_a_state_survives_the_disk(tmp_path):
    state = RunState(
        step=3,
        config=tiny(freeze=("patch",)),
        shape=tiny().model_config(),
        init="sct-motion",
        data="abc",
        seconds=1.25,
        figures=[0.1, 1 / 3, 0.0],
        validated=[0.5, 30],
        weights={"a.b": torch.randn(2, 3)},
        ema={"a.b": torch.randn(2, 3)},
        moments={"a.b": {"exp_avg": torch.randn(2, 3), "step": torch.tensor(3.0)}},
    )
    out = tmp_path / "run"
    run_state.save(out, {run_state.state_path(out): state.to_bytes()})
    again = run_state.read(out)
    for name in ("step", "config", "shape", "init", "data", "seconds", "figures", "validated"):
        assert getattr(again, name) == getattr(state, name), name
    assert torch.equal(again.weights["a.b"], state.weights["a.b"])
    assert torch.equal(again.ema["a.b"], state.ema["a.b"])
    assert torch.equal(again.moments["a.b"]["step"], torch.tensor(3.0))


def _facts(path: Path) -> dict:
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["run"])


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\x80\x04 a pickle"),
        lambda path: save_file(load_file(path), path),
        lambda path: save_file(load_file(path), path, {"run": "[" * 100_000}),
        lambda path: save_file(load_file(path), path, {"run": "[]"}),
        lambda path: save_file(load_file(path), path, {"run": json.dumps({"format": 1})}),
        lambda path: save_file({"other": torch.zeros(1)}, path, {"run": json.dumps(_facts(path))}),
        lambda path: save_file(
            load_file(path), path, {"run": json.dumps({**_facts(path), "step": 99})}
        ),
        lambda path: save_file(
            load_file(path), path, {"run": json.dumps({**_facts(path), "figures": "abc"})}
        ),
        lambda path: save_file(
            load_file(path), path, {"run": json.dumps({**_facts(path), "seconds": None})}
        ),
        lambda path: save_file(
            {name: torch.zeros(1) for name in load_file(path)},
            path,
            {"run": json.dumps(_facts(path))},
        ),
    ],
)
def test_a_damaged_state_is_refused(tmp_path, straight, harm):
    out = tmp_path / "run"
    path = run_state.state_path(out)
    path.write_bytes(run_state.state_path(straight).read_bytes())
    harm(path)
    with pytest.raises(RunError, match="damaged") as error:
        train(tiny(), out, resume=True)
    assert "\n" not in str(error.value)


def test_another_version_is_refused(tmp_path, straight):
    path = run_state.state_path(tmp_path / "run")
    source = run_state.state_path(straight)
    save_file(load_file(source), path, {"run": json.dumps({**_facts(source), "format": 0})})
    with pytest.raises(RunError, match="another version"):
        run_state.read(tmp_path / "run")


# -- a full disk -----------------------------------------------------------------------------------


@contextmanager
def small_files():
    """Gives a function that lets files grow to some bytes only, as a disk that fills up would.

    No longer than it must: the file that a test run is written to is a file as well.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_the_last_save(tmp_path, straight):
    out = tmp_path / "run"
    kept = r"the disk is full\. What was saved at step 3 is kept"
    with small_files() as fill, pytest.raises(RunError, match=kept) as error:
        train(tiny(), out, lambda done, steps, figures: fill(20_000) if done == 5 else None)
    assert "step 6" in str(error.value) and "--resume" in str(error.value)
    assert json.loads(Path(f"{out}.json").read_text())["steps"] == 3 == run_state.read(out).step
    sct.load(out.with_suffix(".safetensors"), device="cpu")
    assert not list(tmp_path.glob("*.part"))
    train(tiny(), out, resume=True)
    assert same(out, straight)


def test_a_disk_that_is_full_from_the_start(tmp_path):
    begun = r"step 0, as the disk is full\. Nothing has begun"
    with small_files() as fill, pytest.raises(RunError, match=begun):
        fill(1000)
        train(tiny(), tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_a_disk_too_full_for_a_row_of_the_table(tmp_path, straight, monkeypatch):
    def add(self, row):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Table, "add", add)
        with pytest.raises(RunError, match=r"the disk is full\. What was saved at step 0"):
            train(tiny(), tmp_path / "run")
    train(tiny(), tmp_path / "run", resume=True)
    assert same(tmp_path / "run", straight)


# -- the table -------------------------------------------------------------------------------------


def test_rows_after_the_save_and_half_a_row_are_dropped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("step,loss\n2,1.5\n4,1.25\n6,1.125\n8,1.\nx,1\n")
    table = Table(path, ("step", "loss"), done=4)
    table.add({"step": 6, "loss": 1 / 3})
    table.add({"step": 8, "loss": None, "other": 5})
    table.close()
    assert path.read_text() == "step,loss\n2,1.5\n4,1.25\n6,0.3333333\n8,\n"
    path.write_text("step,loss\n2,1.5\n4,1.2")
    Table(path, ("step", "loss"), done=4).close()
    assert path.read_text() == "step,loss\n2,1.5\n"
    Table(path, ("step", "loss"), done=0).close()
    assert path.read_text() == "step,loss\n"


@pytest.mark.parametrize("out", ["a.b", "", "x/..", "a.pt"])
def test_names_with_a_dot_are_refused(out):
    with pytest.raises(ValueError, match="without a dot"):
        train(tiny(), out)
    assert run_state.stem("x/a.safetensors") == Path("x/a")


def test_nothing_is_pickled():
    for module in (run_state, trainer, data):
        text = Path(module.__file__).read_text()
        assert "torch.save" not in text and "torch.load" not in text and "pickle" not in text
