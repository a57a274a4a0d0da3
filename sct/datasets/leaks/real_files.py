"""Finds clips of one file under several names, so that none is both learned from and tested on."""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import NamedTuple

from sct.datasets.listing import Row
from sct.errors import DataError
from sct.video.sources import quoted

_NAMED = 3


class RealFile(NamedTuple):
    """Tells a file from all others, however it is spelt and whatever leads to it.

    key: the same for all names of a file, such as links; of a folder of pictures, too.
    size: in bytes; 0 for what is no file.
    folder: whether it is a folder.
    """

    key: Hashable
    size: int
    folder: bool = False


def real_files(rows: Sequence[Row]) -> list[RealFile]:
    """Return the file of each row."""
    known = {path: _real_file(path) for path in {row.path for row in rows}}
    return [known[row.path] for row in rows]


def _real_file(path: Path) -> RealFile:
    try:
        found = os.stat(path)
    except OSError:
        found = None
    if found is None or not found.st_ino:  # some file systems number no files
        return RealFile(os.path.normcase(os.path.realpath(path)), 0)
    size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return RealFile((found.st_dev, found.st_ino), size, stat.S_ISDIR(found.st_mode))


# -- files -----------------------------------------------------------------------------------------


def refuse_leaks(rows: Sequence[Row], files: Sequence[RealFile], title: str) -> None:
    """Raise DataError that names the files which the splits of a data set have on both sides."""
    first: dict[Hashable, dict[bool, Row]] = {}
    for row, file in zip(rows, files, strict=True):
        if row.split:
            first.setdefault(file.key, {}).setdefault(row.split == "train", row)
    shared = [[sides[True].name, sides[False].name] for sides in first.values() if len(sides) > 1]
    if shared:
        one = "a file" if len(shared) == 1 else f"{len(shared)} files"
        raise DataError(
            f"{title} puts {one} both into training and into validation or test: {_pairs(shared)}."
        )


def refuse_two_labels(rows: Sequence[Row], files: Sequence[RealFile], title: str) -> None:
    """Raise DataError where the same part of a file has one label under one name, and another."""
    first: dict[Hashable, Row] = {}
    for row, file in zip(rows, files, strict=True):
        other = first.setdefault((file.key, row.start_s, row.end_s, row.box), row)
        if other.label != row.label:
            both = (f"{quoted(one.name)} is {quoted(one.label)}" for one in (other, row))
            raise DataError(f"{title} gives one file two labels: {', '.join(both)}.")


def joined(keys: Sequence[str], *shared: Sequence[Hashable]) -> list[str]:
    """Join groups that have something in common.

    Args:
        keys: the group of each row.
        shared: for each row, too: rows with the same value belong together; None with no other.

    Returns:
        For each row the name of its group: where nothing is shared its own, else the first by
        alphabet of those that are one.
    """
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while (upper := above.get(key, key)) != key:
            above[key] = above.get(upper, upper)
            key = upper
        return key

    for values in shared:
        first: dict[Hashable, str] = {}
        for key, value in zip(keys, values, strict=True):
            if value is not None:
                low, high = sorted((top(key), top(first.setdefault(value, key))))
                above[high] = low
    return [top(key) for key in keys]


# -- what is said ----------------------------------------------------------------------------------


def shared_note(
    rows: Sequence[Row], tested: Sequence[bool | None], values: Sequence[Hashable | None], what: str
) -> str:
    """Say what rows for training share with rows for testing, "" if nothing.

    Args:
        rows: of the data set.
        tested: whether each is for testing; None is for neither.
        values: what a row may share; None is nothing.
        what: begins the sentence, such as "Copies of one file".
    """
    first: dict[Hashable, dict[bool, str]] = {}
    for row, test, value in zip(rows, tested, values, strict=True):
        if test is not None and value is not None:
            first.setdefault(value, {}).setdefault(test, row.name)
    shared = [[sides[False], sides[True]] for sides in first.values() if len(sides) > 1]
    return f"{what} are both in training and in testing: {_pairs(shared)}." if shared else ""


def _pairs(pairs: Sequence[Sequence[str]]) -> str:
    return few([" and ".join(map(quoted, dict.fromkeys(pair))) for pair in pairs])


def few(said: Sequence[str]) -> str:
    """Return the first of what there is to say, and how many more there are."""
    more = f"; and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return "; ".join(said[:_NAMED]) + more
