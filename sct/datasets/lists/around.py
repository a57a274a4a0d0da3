"""Tells the split from what is around a list's rows: folders in its paths, and lists beside it.

A list of `train/a/1.mp4` and `test/a/5.mp4` says its split as surely as a column does. Were it
drawn anew, clips that are there to test would be learned from, and nobody would see it.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from sct.datasets.files import plain
from sct.datasets.folders.split_names import SPLIT_NAMES, listed, split_roles
from sct.datasets.listing import EVAL, eval_is_test
from sct.errors import DataError
from sct.video.sources import quoted

_WORDS = sorted(SPLIT_NAMES, key=len, reverse=True)
_NAMED = re.compile("|".join(_WORDS), re.IGNORECASE)
_ROLE = re.compile(rf"{_NAMED.pattern}|^(?:tr|va|te|ts)(?![a-z])", re.IGNORECASE)
_BEGINS = re.compile(rf"({_NAMED.pattern})(?![a-z])", re.IGNORECASE)
_MOST_FOLDERS = 1000  # called like splits, in one list


def splits_of_paths(
    title: str, rows: Sequence[tuple[int, str, str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the split of each row by the folders in its path, none if they say none, and notes.

    A folder that is called like the row's label is that of a class, such as a vehicle called train.
    Folders that hold all the paths say nothing.

    Args:
        title: of the list, for messages.
        rows: (number, path, label) of each.

    Raises:
        DataError: only some of the paths lie in folders that are called like splits, or one lies
            in those of two.
    """
    places = [_folders(path) for _, path, _ in rows]
    if not any(map(_ROLE.search, {name for place in places for name in place})):
        return _splits_of_names(rows)
    ends = zip(min(places, default=()), max(places, default=()), strict=False)
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], ends)))
    inner = [
        tuple(name for name in place[shared:] if plain(name) != plain(label))
        for place, (_, _, label) in zip(places, rows, strict=True)
    ]
    names = {name for place in inner for name in place if _ROLE.search(name)}
    roles = split_roles(sorted(names)) if len(names) <= _MOST_FOLDERS else {}
    tests = EVAL if eval_is_test(roles) else ()
    roles = {n: "test" if n.lower() in tests else role for n, role in roles.items() if role}
    found = [sorted({roles[name] for name in place if name in roles}) for place in inner]
    said = {role for some in found for role in some}
    if not said or (len(said) == 1 and (all(found) or _of_classes(rows, found))):
        return _splits_of_names(rows)
    folders = listed(sorted(roles))
    for (number, path, _), some in zip(rows, found, strict=True):
        if len(some) != 1:
            raise DataError(
                f"{title} has no column of splits, but paths in folders called {folders}; "
                f"{quoted(path)} in row {number} lies in {'none' if not some else 'two'} of them. "
                'Say the split of each row in a column "split".'
            )
    return (
        tuple(role for (role,) in found),
        (f"The split is read from folders in the paths: {folders}.",),
    )


def _splits_of_names(
    rows: Sequence[tuple[int, str, str]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the splits that all the files' names begin with, as train_1.mp4 and test_5.mp4 do."""
    begun = [_BEGINS.match(ntpath.basename(path)) for _, path, _ in rows]
    words = [match[1].lower() for match in begun if match]
    roles = {word: SPLIT_NAMES[word] for word in words}
    if len(words) < len(rows) or len(set(roles.values())) < 2:
        return (), ()
    tests = EVAL if eval_is_test(roles) else ()
    return (
        tuple("test" if word in tests else roles[word] for word in words),
        (f"The split is read from what files' names begin with: {listed(sorted(roles))}.",),
    )


def lists_beside(path: Path) -> list[Path]:
    """Return the lists beside one that is named after a split, such as val.csv by train.csv."""
    found: list[Path] = []
    for match in _NAMED.finditer(path.name):
        before, after = path.name[: match.start()], path.name[match.end() :]
        for word in _WORDS:
            forms = dict.fromkeys((word, word.capitalize(), word.upper()))
            others = [path.with_name(before + form + after) for form in forms]
            found += [other for other in others if other.name != path.name and other.is_file()]
    return list(dict.fromkeys(found))


def beside_notes(path: Path) -> tuple[str, ...]:
    """Say which lists of other splits lie beside one that says no split, and are not used."""
    own = _role_of(path)
    others = [other.name for other in lists_beside(path) if _role_of(other) != own]
    if not others:
        return ()
    are = "is" if len(others) == 1 else "are"
    return (
        f"{listed(others)} beside it {are} not used, and a test is drawn from "
        f'{quoted(path.name)} alone: put all in one list with a column "split".',
    )


def _role_of(path: Path) -> str:
    match = _NAMED.search(path.name)
    return SPLIT_NAMES[match[0].lower()] if match else ""


def _folders(path: str) -> tuple[str, ...]:
    """Return the folders in a path that is written with slashes or backslashes."""
    parts = ntpath.dirname(path).replace("\\", "/").split("/")
    return tuple(part for part in parts if part not in ("", "."))


def _of_classes(rows: Iterable[tuple[int, str, str]], found: Sequence[Sequence[str]]) -> bool:
    """Say whether those in a folder called like a split all have one label, and no others do."""
    within = {row[2] for row, some in zip(rows, found, strict=True) if some}
    without = {row[2] for row, some in zip(rows, found, strict=True) if not some}
    return len(within) == 1 and not within & without
