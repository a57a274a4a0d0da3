"""The Dockerfile's steps, run: built in a root folder of its own, then used as a container is.

TORCH_INDEX in the environment is handed on as the build argument, as `docker build --build-arg`
would.
"""

import json
import os
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.deploy import chroot
from tests.deploy.dockerfile import ROOT, context, copy_context, expand, health, stages

pytestmark = pytest.mark.slow


@dataclass
class Built:
    """A stage as it was built: its folder, and what ENV, WORKDIR and USER have come to."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"
    user: str | None = None


def machine():
    """What the base image would set, and what pip needs here to find packages."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    home = chroot.python_home()
    python = f"{home}/bin:" if home else ""
    return {"PATH": f"{python}/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **kept}


def build(stage, root, context, done, args):
    """Carry out the steps of a stage in the folder `root`."""
    chroot.base(root)
    built = Built(root, machine())
    for word, rest in stage.steps:
        if word in ("ARG", "ENV"):
            for name, _, value in (pair.partition("=") for pair in shlex.split(rest)):
                value = args.get(name, value) if word == "ARG" else expand(value, built.env)
                built.env[name] = value
        elif word == "WORKDIR":
            built.cwd = rest
            (root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "USER":
            built.user = rest
        elif word == "COPY":
            *names, target = rest.split()
            there = root / str(Path(built.cwd) / target).lstrip("/")
            if names[0].startswith("--from="):
                source = done[names[0].removeprefix("--from=")].root / names[1].lstrip("/")
                shutil.copytree(source, there, symlinks=True)
            elif names == ["."]:
                shutil.copytree(context, there, dirs_exist_ok=True)
            else:
                there.mkdir(parents=True, exist_ok=True)
                for name in names:
                    shutil.copy(context / name, there)
        elif word == "RUN":
            assert built.user is None
            ran = chroot.run(root, rest, cwd=built.cwd, env=built.env)
            assert ran.returncode == 0, f"{rest}\n{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}"
    return built


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image that the Dockerfile makes."""
    if reason := chroot.missing():
        pytest.skip(f"no root folder of its own can be made: {reason}")
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o755)
    for parent in folder.parents[:2]:
        parent.chmod(0o755)  # pytest's own folders are for their owner alone
    copy_context(ROOT, (ROOT / ".dockerignore").read_text(), folder / "context")
    index = os.environ.get("TORCH_INDEX")
    done = {}
    for number, stage in enumerate(stages((ROOT / "Dockerfile").read_text())):
        args = {} if index is None else {"TORCH_INDEX": index}
        built = build(stage, folder / f"stage{number}", folder / "context", done, args)
        done[stage.name] = built
    return built


def used(image, script, shut=True):
    """Run a script as a container of the image is run: read-only, as its user, no network."""
    known = {name: value for name, value in image.env.items() if not name.startswith("PIP_")}
    return chroot.run(image.root, script, cwd=image.cwd, env=known, user=image.user, shut=shut)


@pytest.mark.parametrize("shut", [True, False])
def test_it_can_write_nowhere_but_where_it_must(image, shut):
    """Also where the root is not read-only, since all in it is another's."""
    script = 'for d in / /app /venv /etc /usr; do touch $d/x 2>/dev/null && echo "$d"; done; '
    script += 'touch /tmp/x "$HOME/x"; id -u; command -v python; command -v streamlit'
    done = used(image, script, shut)
    wanted = [image.user, "/venv/bin/python", "/venv/bin/streamlit"]
    assert done.stdout.split() == wanted, done.stderr


def test_the_app_starts_and_its_health_answers(image):
    stage = stages((ROOT / "Dockerfile").read_text())[-1]
    check, _ = health(stage)
    command = shlex.join(json.loads(stage.last("CMD")))
    script = f"""
        if {shlex.join(check)} 2>/dev/null; then echo answered too early; fi
        {command} & app=$!
        for second in $(seq 60); do
            if {shlex.join(check)} 2>/dev/null; then echo healthy; break; fi
            sleep 1
        done
        kill $app; wait $app || true
        if {shlex.join(check)} 2>/dev/null; then echo still there; fi
    """
    done = used(image, script)
    said = done.stdout
    assert "healthy" in said and "too early" not in said and "still there" not in said, (
        said + done.stderr
    )
    assert "Traceback" not in said + done.stderr


def test_each_page_answers_within_it(image):
    """Streamlit's own test client, in the image's Python, as the image's user, without network."""
    script = """
from streamlit.testing.v1 import AppTest
at = AppTest.from_file("pages/shell/main.py", default_timeout=300).run()
for page in ("inspect", "attention", "buckets", "model"):
    at.switch_page(f"../{page}/page.py").run()
    assert not at.exception and not at.error, (page, [e.value for e in [*at.exception, *at.error]])
    assert at.title, page
print("all there")
"""
    done = used(image, f"python -c {shlex.quote(script)}")
    assert done.stdout.split("\n")[-2:] == ["all there", ""], done.stdout + done.stderr


def test_the_command_line_answers_within_it(image):
    film = next((ROOT / "sct/samples").rglob("*.mp4")).relative_to(ROOT)
    done = used(image, f"python -m sct predict {shlex.quote(str(film))} --json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["device"] == "cpu" and ("answers" in answer or "predictions" in answer)


def test_nothing_is_in_it_that_has_no_business_there(image):
    kept = {str(path) for path in context(image.root / "app", "**/*.pyc")}
    assert kept == {str(path) for path in context(ROOT, (ROOT / ".dockerignore").read_text())}
