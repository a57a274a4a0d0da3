"""The locks: each pin of the requirements is in them, with hashes, and no place to fetch from."""

import re
from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.dockerfile import ROOT

PAIRS = [
    ("requirements.txt", "requirements.lock"),
    ("requirements-sign-in.txt", "requirements-sign-in.lock"),
]


def entries(lock):
    """Each entry of a lock: (requirement, hashes)."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(), flags=re.M)
    found = []
    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, *hashes = re.split(r"\s*\\?\n?\s+--hash=", entry)
        found.append((Requirement(head.strip()), hashes))
    return found


@pytest.mark.parametrize("wanted, lock", PAIRS)
def test_each_pin_is_in_the_lock(wanted, lock):
    locked = {canonicalize_name(r.name): str(r.specifier) for r, _ in entries(lock)}
    pins = [Requirement(line) for line in (ROOT / wanted).read_text().split()]
    assert pins
    for pin in pins:
        assert locked[canonicalize_name(pin.name)] == str(pin.specifier), f"make {lock} anew"


@pytest.mark.parametrize("lock", [lock for _, lock in PAIRS])
def test_each_entry_is_one_version_with_hashes(lock):
    for requirement, hashes in entries(lock):
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), requirement


@pytest.mark.parametrize("lock", [lock for _, lock in PAIRS])
def test_no_entry_says_where_it_comes_from(lock):
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.startswith("#")]
    assert not [line for line in lines if "://" in line or "index" in line.split("#")[0]]
    assert not [line for line in lines if line.startswith("-")]


def test_the_two_locks_agree():
    first, second = ({r.name.lower(): r.specifier for r, _ in entries(lock)} for _, lock in PAIRS)
    assert not [name for name in first if name in second and first[name] != second[name]]


def test_all_that_is_needed_here_is_in_the_lock():
    """From pin to pin, as the installed packages state it, but for what the GPU build adds."""
    locked = {canonicalize_name(r.name) for r, _ in entries("requirements.lock")}
    todo = [(Requirement(line), "") for line in (ROOT / "requirements.txt").read_text().split()]
    seen = set()
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate(
            {**default_environment(), "extra": extra}
        ):
            continue
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is needed and not in the lock"
        if name in seen:
            continue
        seen.add(name)
        try:
            version(name)
        except PackageNotFoundError:
            continue
        for each in requires(name) or []:
            todo += [(Requirement(each), inner) for inner in ("", *requirement.extras)]
    assert len(seen) > 40
