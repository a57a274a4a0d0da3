"""The rooms under `pages/` import downwards only, in functions too, and no two files each other."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ("widgets", "state", "cache", "shell")  # each may import those before it
FILES = sorted((ROOT / "pages").rglob("*.py"))


def imported(file):
    """The modules under `pages` that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("pages."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pages"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = (ROOT / f"{inner.replace('.', '/')}.py").exists()
                yield inner if is_module else node.module


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_room_imports_only_those_below_it(file):
    room = file.relative_to(ROOT).parts[1]
    allowed = SHARED[: SHARED.index(room) + 1] if room in SHARED else (*SHARED, room)
    wrong = [name for name in imported(file) if name.split(".")[1] not in allowed]
    assert not wrong


def test_no_two_files_import_each_other():
    graph = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): set(imported(file))
        for file in FILES
    }
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError otherwise


def test_streamlits_old_page_discovery_finds_nothing():
    assert [file.name for file in (ROOT / "pages").glob("*.py")] == ["__init__.py"]
    assert not (ROOT / "pages" / "shell" / "pages").exists()


@pytest.mark.parametrize(
    "file", sorted((ROOT / "pages").glob("*/definition.md")), ids=lambda file: file.parent.name
)
def test_the_files_that_a_definition_names_are_there(file):
    named = re.findall(r"`((?:sct|viz|docs|benchmarks)/[\w/.]*)`", file.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []
