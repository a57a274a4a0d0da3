"""Two programs do not write one checkpoint; one that was killed leaves nothing in the way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sct.cli.main import cli
from sct.errors import RunError
from sct.training import lock

ROOT = Path(__file__).parents[3]
SMALL = ["frames=1", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1", "image_size=28"]
WORDS = ["--batch=1", "--no-grounded", "--no-curves", *(f"--config={each}" for each in SMALL)]
HOLD = (
    "import sys, time, pathlib; from sct.training import lock\n"
    "with lock.alone(pathlib.Path(sys.argv[1])):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


@pytest.fixture
def holder(tmp_path):
    """Another program that holds the right to write `tmp_path / "run"`."""
    out = tmp_path / "run"
    words = [sys.executable, "-c", HOLD, str(out)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        try:
            yield out, other
        finally:
            other.kill()


def test_the_second_gets_one_sentence(holder, tmp_path):
    out, _ = holder
    with pytest.raises(RunError, match="Another program is writing"), lock.alone(out):
        pass
    assert lock.busy(out) and not lock.busy(tmp_path / "other")
    before = sorted(tmp_path.iterdir())
    (tmp_path / "run.json").touch()
    ways = [["train", "--out", str(out), "--steps=1", *more, *WORDS] for more in
            ([], ["--overwrite"])]  # fmt: skip
    ways.append(["calibrate", "--data", "motion", "--model", f"{out}.safetensors"])
    for words in ways:
        result = CliRunner().invoke(cli, words)
        assert result.exit_code == 2 and result.stdout == ""
        assert result.stderr.count("\n") == 1 and "Another program is writing" in result.stderr
    (tmp_path / "run.json").unlink()
    assert sorted(tmp_path.iterdir()) == before, "nothing was touched"


def test_a_killed_one_is_in_nobodys_way(holder):
    out, other = holder
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert lock.lock_path(out).exists() and not lock.busy(out)
    result = CliRunner().invoke(cli, ["train", "--out", str(out), "--steps=1", *WORDS])
    assert result.exit_code == 0, result.output
    assert not lock.lock_path(out).exists(), "taken away at the end"


def test_it_is_given_back_after_an_error(tmp_path):
    with pytest.raises(KeyboardInterrupt), lock.alone(tmp_path / "a"):
        raise KeyboardInterrupt
    with lock.alone(tmp_path / "a"), lock.alone(tmp_path / "b"):
        assert lock.busy(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written(tmp_path):
    with (
        pytest.raises(RunError, match="none/a cannot be written"),
        lock.alone(tmp_path / "none" / "a"),
    ):
        pass
