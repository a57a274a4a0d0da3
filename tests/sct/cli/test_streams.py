"""Ends of a command that no code of its own brings about: a lost reader, a full disk, Ctrl-C."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from sct.cli import console
from sct.errors import OutOfMemory, out_of_memory
from sct.video.mp4 import write_mp4

ROOT = Path(__file__).parents[3]
SCT = [sys.executable, "-m", "sct"]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A second of 3840 x 2176 pictures."""
    texture = np.random.default_rng(0).integers(0, 256, (68, 120, 3), np.uint8)
    texture = texture.repeat(32, 0).repeat(32, 1)
    path = tmp_path_factory.mktemp("clips") / "large.mp4"
    write_mp4(np.stack([np.roll(texture, 8 * t, axis=1) for t in range(10)]), path, fps=10)
    return path


def ended(words: list[str], **options: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        words, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=120, **options
    )


def assert_one_line(done: subprocess.CompletedProcess, code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("sct: error: "), done.stderr
    for word in words:
        assert word in done.stderr


@linux
@pytest.mark.parametrize("words", [["sizes"], ["sizes", "--json"]], ids=" ".join)
def test_a_full_disk_is_one_sentence(words):
    with open("/dev/full", "w") as full:
        said = ("The result could not be printed", "No space left")
        assert_one_line(ended([*SCT, *words], stdout=full), 2, *said)


@linux
def test_help_on_a_full_disk_is_one_sentence():
    with open("/dev/full", "w") as full:
        assert_one_line(ended([*SCT, "--help"], stdout=full), 2, "No space left")


@linux
def test_a_closed_stdout_is_one_sentence():
    words = ["sh", "-c", '"$@" >&-', "sh", *SCT, "sizes"]
    assert_one_line(ended(words), 2, "standard output is closed")


@linux
def test_a_closed_stderr_is_silent():
    words = ["sh", "-c", '"$@" 2>&-', "sh", *SCT, "predict", "none.mp4"]
    done = ended(words, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.parametrize("words", [["sizes"], ["sizes", "--json"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_error(words):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*SCT, *words], cwd=ROOT, **pipes) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def interrupted(words: list[str], after: float, wait_for: str = "") -> tuple[float, str]:
    """Start a program, send Ctrl-C; return the seconds until it ended, and its stderr."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=ROOT, **pipes) as process:
        try:
            if wait_for:
                assert process.stdout.readline() == f"{wait_for}\n"
            time.sleep(after)
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]
            took = time.monotonic() - begun
        finally:
            process.kill()
    assert process.returncode == 130 and "Traceback" not in said, said
    return took, said


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize("after", [0.5, 2.0])
def test_ctrl_c_while_libraries_are_read(after):
    took, said = interrupted([*SCT, "evaluate", "--data", "motion", "--limit", "5000"], after)
    assert said.strip() in ("", "sct: interrupted") and took < 4, took


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_ctrl_c_while_a_library_runs_text_as_code_ends_by_our_exit_code(tmp_path):
    (tmp_path / "click.py").write_text("exec('raise KeyboardInterrupt')")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(SCT, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_ctrl_c_while_the_kernels_of_the_cpu_work():
    code = (
        "import torch, sct\n"
        "from sct.cli import console\n"
        "model = sct.build('sct_s', num_classes=400).eval()\n"
        "c = model.config\n"
        "x = torch.zeros(1, c.frames, 3, c.image_size, c.image_size)\n"
        "print('working', flush=True)\n"
        "def work():\n"
        "    with torch.inference_mode():\n"
        "        while True: model(x)\n"
        "console.run(work, 'sct')\n"
    )
    took, said = interrupted([sys.executable, "-c", code], 1.0, "working")
    assert said == "sct: interrupted\n" and took < 2, took


# -- memory ----------------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("megabytes", [1100, 1200])
def test_memory_that_runs_out_is_one_sentence(large, megabytes):
    limit = (megabytes << 20, megabytes << 20)
    done = ended(
        [*SCT, "predict", str(large), "--device", "cpu"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit),
        stdout=subprocess.PIPE,
    )
    if done.returncode not in (0, 2):
        pytest.skip("other libraries needed more to be read at all")
    if done.returncode:
        assert_one_line(done, 2, "Memory ran out", "smaller")


def _numpy() -> None:
    np.empty(1 << 60, np.uint8)


def _torch() -> None:
    torch.empty(1 << 60, dtype=torch.uint8)


def _system() -> None:
    raise OSError(12, os.strerror(12))


def _cuda() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")


def _cublas() -> None:
    raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`")


@pytest.mark.parametrize("fault", [_numpy, _torch, _system, _cuda, _cublas])
def test_each_way_that_memory_runs_out_is_known(fault, monkeypatch):
    with pytest.raises(Exception) as caught:
        fault()
    assert out_of_memory(caught.value)
    said, code = console.explain(caught.value)
    assert code == 2 and said.startswith("Memory ran out; what helps is") and "\n" not in said


@pytest.mark.parametrize(
    "error",
    [ValueError("out of memory"), OutOfMemory("out of memory"), RuntimeError("bad luck"),
     FileNotFoundError(2, "No such file", "out of memory.mp4"), KeyboardInterrupt()],
)  # fmt: skip
def test_other_errors_are_not_taken_for_it(error):
    assert not out_of_memory(error)


@pytest.mark.parametrize("command", ["train", "evaluate", "export", "render", "predict"])
def test_what_helps_is_what_the_command_has(command):
    from sct.cli.main import cli

    said = console.memory_ran_out(command)
    known = {flag for param in cli.commands[command].params for flag in param.opts}
    flags = {word.strip(",().") for word in said.split() if word.strip("(").startswith("--")}
    assert {flag.strip("(") for flag in flags} <= known
