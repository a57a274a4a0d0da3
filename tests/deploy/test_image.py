"""What the Dockerfile and .dockerignore say: who runs the app, what is in it, what it answers."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.dockerfile import ROOT, context, expand, health, stages

BUILD, IMAGE = stages((ROOT / "Dockerfile").read_text())
IGNORE = (ROOT / ".dockerignore").read_text()


def test_it_is_slim_and_of_two_stages():
    assert BUILD.base == IMAGE.base and re.fullmatch(r"python:3\.\d+-slim", IMAGE.base)
    assert BUILD.name == "build" and not IMAGE.name
    words = {word for stage in (BUILD, IMAGE) for word, _ in stage.steps}
    assert words <= {"ARG", "CMD", "COPY", "ENV", "EXPOSE", "HEALTHCHECK", "RUN", "USER", "WORKDIR"}


def test_it_runs_as_nobody_in_particular():
    words = [word for word, _ in IMAGE.steps]
    uid = IMAGE.last("USER")
    assert uid.isdigit() and int(uid) >= 10000  # a number, so that runAsNonRoot can be checked
    assert f"--uid {uid}" in IMAGE.steps[0][1]
    after = words[words.index("USER") + 1 :]
    assert set(after) == {"EXPOSE", "HEALTHCHECK", "CMD"}
    assert not any("--chown" in rest for _, rest in IMAGE.steps)  # the tree is root's


def test_it_starts_the_app_for_the_world_of_the_container():
    command = json.loads(IMAGE.last("CMD"))
    assert command[:3] == ["streamlit", "run", "app.py"]
    assert "--server.address=0.0.0.0" in command and "--server.headless=true" in command
    assert f"--server.port={IMAGE.last('EXPOSE')}" in command


def test_outside_a_container_it_serves_this_machine_alone():
    import tomllib

    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert config["server"]["address"] == "localhost"


def test_health_is_asked_with_what_the_image_has():
    command, options = health(IMAGE)
    assert command[:2] == ["python", "-c"] and IMAGE.last("EXPOSE") in command[2]
    assert "/_stcore/health" in command[2]
    assert set(options) == {"interval", "timeout", "start-period", "retries"}
    compile(command[2], "HEALTHCHECK", "exec")


def test_packages_come_by_their_hashes():
    for rest in (rest for word, rest in BUILD.steps if word == "RUN" and "pip install" in rest):
        for one in re.findall(r"pip install [^&;]*", rest):
            assert "--require-hashes" in one or "TORCH_INDEX" in one


@pytest.mark.parametrize("index, torch", [("https://example.org/cpu", False), ("", True)])
def test_another_index_of_torch_takes_torch_out_of_the_lock(tmp_path, index, torch):
    """The step itself is run, with a pip that only says what it was asked for."""
    (step,) = [rest for word, rest in BUILD.steps if word == "RUN" and "TORCH_INDEX" in rest]
    (tmp_path / "pip").write_text('#!/bin/sh\necho "$@" >> asked\n')
    (tmp_path / "pip").chmod(0o755)
    for name in ("requirements.txt", "requirements.lock"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    step = step.replace("/venv/bin/pip", "./pip")
    env = {"TORCH_INDEX": index, "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", "-ec", step], cwd=tmp_path, env=env, check=True)
    names = re.compile(r"^([\w.-]+)==", re.M)
    all_of_it = names.findall((tmp_path / "requirements.lock").read_text())
    rest = names.findall((tmp_path / "rest.lock").read_text())
    gone = [name for name in all_of_it if name not in rest]
    if torch:
        assert not gone and not (tmp_path / "asked").exists()
    else:
        assert {"torch", "triton", "nvidia-cublas", "cuda-toolkit"} <= set(gone)
        assert all(re.match("torch$|triton$|nvidia-|cuda-", name) for name in gone)
        assert not any(re.match("torch|triton|nvidia|cuda", name) for name in rest)
        asked = (tmp_path / "asked").read_text().split()
        assert asked[:3] == ["install", "--index-url", index]
        assert asked[3] in (ROOT / "requirements.txt").read_text().split()
    hashes = (tmp_path / "rest.lock").read_text()
    assert hashes.count("\n    --hash=") > 100 and not hashes.lstrip("#\n ").startswith("--hash")


def test_the_default_index_is_that_of_the_cpu():
    index = dict(BUILD.pairs("ARG"))["TORCH_INDEX"]
    assert index.endswith("/whl/cpu")
    assert expand("at $TORCH_INDEX", {"TORCH_INDEX": index}) == f"at {index}"


@pytest.fixture
def checkout(tmp_path):
    """What lies in a folder where someone has worked: also what must never leave it."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    if len(tracked) < 100:
        pytest.skip("this is no clone with git")
    extra = [
        ".env",
        ".git/config",
        ".streamlit/secrets.toml",
        ".venv/bin/python",
        "notes.txt",
        "pages/__pycache__/x.cpython-311.pyc",
        "runs/mine.safetensors",
        "sct/model/__pycache__/x.cpython-311.pyc",
        "viz/.DS_Store",
    ]
    for name in [*filter(None, tracked), *extra]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path, {Path(name) for name in tracked if name}


def test_the_context_is_what_the_app_needs_and_no_secret(checkout):
    folder, tracked = checkout
    kept = set(context(folder, IGNORE))
    assert kept <= tracked
    rooms = {path for path in tracked if path.parts[0] in ("pages", "viz", "sct")}
    assert rooms <= kept and Path("app.py") in kept and Path(".streamlit/config.toml") in kept
    assert Path("LICENSE") in kept
    tops = {path.parts[0] for path in kept}
    assert not tops & {"tests", "docs", "benchmarks", ".git", ".ci"}


def test_what_is_copied_by_name_is_in_the_context(checkout):
    kept = {str(path) for path in context(checkout[0], IGNORE)}
    (named,) = [rest for word, rest in BUILD.steps if word == "COPY"]
    assert set(named.split()[:-1]) <= kept


def test_the_last_line_that_fits_decides(tmp_path):
    for name in ("a/b.txt", "a/c/d.txt", "e.txt", "a/c/f.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [*map(str, context(tmp_path, "*\n!a\na/c/d.*\n# a\n"))] == ["a/b.txt", "a/c/f.pyc"]
    assert [*map(str, context(tmp_path, "**/*.pyc\na/c/*.txt"))] == ["a/b.txt", "e.txt"]
    assert [*map(str, context(tmp_path, "?.txt\n!e.txt\na"))] == ["e.txt"]
