"""docs/deploy.md: its table of variables is complete, and what it quotes is what the files say."""

import re
import subprocess
import tomllib

import pytest

from sct.video.sources import Limits
from tests.deploy.dockerfile import ROOT

PAGE = (ROOT / "docs" / "deploy.md").read_text()
VARIABLE = r"\bSCT_[A-Z0-9_]*[A-Z0-9]\b"


def table():
    """The rows of the table of all variables: (what it sets, default) by name."""
    part = PAGE.partition("## All variables")[2].partition("\n## ")[0]
    return {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", part, re.M)}


def texts():
    """All that reads a variable: code of the product, its tests, and what starts them."""
    for top in ("sct", "viz", "pages", "benchmarks", "tests", ".ci"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".py", "") and path.is_file() and "__pycache__" not in path.parts:
                yield path.read_text("utf-8", errors="ignore")
    for name in ("app.py", "Dockerfile", "compose.yaml", "Caddyfile", "pyproject.toml"):
        yield (ROOT / name).read_text()


def test_each_variable_has_its_row():
    used = {name for text in texts() for name in re.findall(VARIABLE, text)}
    assert {"SCT_MAX_MB", "SCT_MODELS", "SCT_DATA", "SCT_KERNELS", "SCT_DEBUG"} <= used
    assert used == set(table())


@pytest.mark.parametrize("page", ["README.md", "SECURITY.md"])
def test_other_pages_name_none_that_is_not_in_it(page):
    assert set(re.findall(VARIABLE, (ROOT / page).read_text())) <= set(table())


def test_the_limits_are_those_of_the_code():
    own = {
        "SCT_MAX_MB": Limits.megabytes,
        "SCT_MAX_MINUTES": Limits.minutes,
        "SCT_MAX_SIDE": Limits.side,
        "SCT_MAX_DECODE_S": Limits.decode_s,
    }
    assert {name: float(table()[name][1]) for name in own} == own


def test_settings_of_compose_are_listed_with_their_defaults():
    compose = (ROOT / "compose.yaml").read_text()
    defaults = dict(re.findall(r"\$\{([A-Z_]+):?-(.+?)\}", compose))
    listed = dict(re.findall(r"^\| `([A-Z_]+)` \| .+ \| (.+) \|$", PAGE.split("## All")[0], re.M))
    del defaults["SCT_LOG"]
    assert set(listed) == set(defaults)
    for name in set(listed) - {"TORCH_INDEX"}:
        assert listed[name] == f"`{defaults[name]}`"


def test_the_torch_that_it_names_is_the_one_that_is_pinned():
    (pin,) = re.findall(r"^torch==.*$", (ROOT / "requirements.txt").read_text(), re.M)
    assert set(re.findall(r"torch==[\d.]+", PAGE)) == {pin}


def test_its_examples_are_yaml_and_toml():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (requirements-dev.txt)")
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S):
        assert set(yaml.safe_load(block)["services"]) <= set(services)
    (block,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
    assert set(tomllib.loads(block)["auth"]) == {
        *("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
    }


def test_the_files_that_it_names_are_there():
    # What is only to be made by whoever runs it.
    own = {"compose.override.yaml", "secrets.toml"}
    for page in (PAGE, (ROOT / "SECURITY.md").read_text()):
        for name in set(re.findall(r"[\w./-]+\.(?:md|py|toml|yaml|txt|lock)\b", page)):
            if name.rpartition("/")[2] in own:
                continue
            places = (ROOT, ROOT / "docs", ROOT / "tests/deploy")
            assert any((place / name).exists() for place in places), name


@pytest.mark.parametrize(
    "name", [".streamlit/secrets.toml", "secrets.toml", ".env", "compose.override.yaml"]
)
def test_what_an_operator_adds_is_never_committed(name):
    done = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
    if done.returncode == 128:
        pytest.skip("this is no clone with git")
    assert done.returncode == 0
