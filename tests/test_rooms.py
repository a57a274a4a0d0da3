"""Imports run one way: from page to picture to model, and from upper to lower room."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each room may import those below it, and its own files. Rooms of one line do not see each other.
PAGES = "inspect compare attention buckets ablation attribution motion_lab learn model collection"
ORDER = """
app benchmarks.__main__
benchmarks.speed benchmarks.studies benchmarks.load
benchmarks.harness
{pages}
pages.shell
pages.cache
pages.state
pages.widgets
viz.cli viz.notebook
viz.report
viz.views
viz.components
viz.plots
viz.html
viz.raster viz.text
viz.colors
sct.cli
sct.collection
sct.serving
sct.training sct.ablation_study sct.attribution
sct.evaluation
sct.checkpoint
sct.profiling sct.analysis sct.datasets sct.samples
sct.model sct.synthetic
sct.kernels sct.video
sct.limits
sct.questions
sct.labels sct.sites
sct.errors sct.grid sct.lazy sct.numbers sct.validation
"""
LEVEL = {
    room: level
    for level, line in enumerate(ORDER.strip().split("\n"))
    for room in line.format(pages=" ".join(f"pages.{name}" for name in PAGES.split())).split()
}


@cache
def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    files = [ROOT / "app.py"]
    for top in ("pages", "viz", "sct", "benchmarks"):
        files += sorted((ROOT / top).rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return dict(zip((name.removesuffix(".__init__") for name in names), files, strict=True))


@cache
def imports() -> dict[str, set[str]]:
    """The modules that each module imports anywhere in its text, lazily or for types too."""
    found: dict[str, set[str]] = {}
    for name, file in modules().items():
        seen = found[name] = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                seen.update(alias.name for alias in node.names if alias.name in modules())
            elif isinstance(node, ast.ImportFrom) and node.level:
                pytest.fail(f"{name} imports relative to itself: write the whole name")
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    target = inner if inner in modules() else node.module
                    seen.update({target} & set(modules()))
        seen.discard(name)
    return found


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_every_room_has_its_place_in_the_order():
    rooms = {room(name) for name in modules()} - {"pages", "viz", "sct", "benchmarks"}
    assert rooms - {"sct.__main__"} == set(LEVEL)


def test_no_arrow_runs_up():
    up = [
        f"{a} -> {b}"
        for a, targets in imports().items()
        for b in targets
        if room(a) in LEVEL and room(b) in LEVEL
        if room(a) != room(b) and LEVEL[room(a)] >= LEVEL[room(b)]
    ]
    assert not up, "\n".join(sorted(up))


def test_no_circle():
    try:
        assert list(TopologicalSorter(imports()).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_what_is_loaded_by_name_is_what_viz_brings():
    """The command line loads what viz brings by name, since nothing in sct needs it."""
    named = {}
    for name, file in modules().items():
        if name.startswith("sct.") and (found := re.findall(r'"(viz\.[\w.]+)"', file.read_text())):
            named[name] = found
    assert len(named) == 1 and next(iter(named)).startswith("sct.cli."), named
    assert all(target in modules() for target in next(iter(named.values())))


def test_folders_of_pages_hold_no_loose_file():
    """Streamlit takes a loose file of `pages/` for a page of its own."""
    assert [file.name for file in (ROOT / "pages").glob("*.py")] == ["__init__.py"]
    # Beside the script that runs for each visitor there is no such folder at all.
    assert not (ROOT / "pages" / "shell" / "pages").exists()


@pytest.mark.parametrize(
    "file", sorted((ROOT / "pages").glob("*/definition.md")), ids=lambda file: file.parent.name
)
def test_the_files_that_a_definition_names_are_there(file):
    named = re.findall(r"`((?:sct|viz|docs|benchmarks)/[\w/.]*)`", file.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_definition_can_be_read_in_one_sitting():
    lines = sum(len(f.read_text().splitlines()) for f in (ROOT / "sct/model").glob("*.py"))
    assert lines < 1680


def test_no_file_is_too_long_to_keep_in_mind():
    long = {n: k for n, f in modules().items() if (k := len(f.read_text().splitlines())) > 360}
    assert not long


def test_the_readme_names_the_rooms_that_there_are():
    table = (ROOT / "README.md").read_text("utf-8").partition("## Rooms")[2].partition("\n## ")[0]
    named = set(re.findall(r"`((?:pages|viz|sct|benchmarks|tests)/[\w/]*?)/?`", table))
    there = {
        str(folder.relative_to(ROOT))
        for top in ("pages", "viz", "sct", "benchmarks")
        for folder in (ROOT / top).iterdir()
        if folder.is_dir() and not folder.name.startswith(("_", "."))
    }
    assert there <= named, f"not in the README: {sorted(there - named)}"
    assert all((ROOT / name).is_dir() for name in named), "the README names a room that is gone"
