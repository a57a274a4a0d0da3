"""Finds clips of the same content: copies of files, and of folders of pictures."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Hashable, Sequence
from pathlib import Path

from sct.datasets.leaks.real_files import RealFile, few
from sct.datasets.listing import Row
from sct.video.endings import is_picture, may_be_still
from sct.video.sources import quoted

_SAMPLE = 1 << 14  # bytes of the beginning, the middle and the end by which copies are known
_MOST_COMPARED = 4096  # files of equal size, or folders; in sets with more none are looked for

Piece = tuple[Path, int]  # a file, and its size in bytes


def copies(rows: Sequence[Row], files: Sequence[RealFile]) -> list[Hashable | None]:
    """Return for each row what it shares with rows of other files of the same content, else None.

    Files of equal size are compared by three samples of 16 KB, and only if they are few enough;
    folders of as many pictures by the samples of their first, middle and last one.
    """
    paths = {file: row.path for row, file in zip(rows, files, strict=True)}
    pieces = {file: [(path, file.size)] for file, path in paths.items() if file.size}
    counts = dict.fromkeys(pieces, 1)
    folders = [file for file in paths if file.folder]
    for file in folders if len(folders) <= _MOST_COMPARED else ():
        pieces[file], counts[file] = _pictures(paths[file])
    alike: dict[Hashable, list[RealFile]] = {}
    for file, found in pieces.items():
        if found:
            sizes = tuple(size for _, size in found)
            alike.setdefault((counts[file], sizes), []).append(file)
    several = {size: found for size, found in alike.items() if len(found) > 1}
    if sum(map(len, several.values())) > _MOST_COMPARED:
        return [None] * len(rows)
    same: dict[Hashable, list[RealFile]] = {}
    for size, found in several.items():
        for file in found:
            same.setdefault((size, _content(pieces[file], file)), []).append(file)
    twin = {file: value for value, found in same.items() if len(found) > 1 for file in found}
    return [twin.get(file) for file in files]


def _pictures(folder: Path) -> tuple[list[Piece], int]:
    """Return the first, the middle and the last picture in a folder, and how many there are."""
    try:
        names = sorted(n for n in os.listdir(folder) if is_picture(n) or may_be_still(n))
        chosen = [folder / names[i] for i in (0, len(names) // 2, -1)] if names else []
        found = [os.stat(path) for path in chosen]
    except OSError:
        return [], 0
    if not all(stat.S_ISREG(one.st_mode) for one in found):
        return [], 0
    return [(path, one.st_size) for path, one in zip(chosen, found, strict=True)], len(names)


def _content(pieces: Sequence[Piece], file: RealFile) -> Hashable:
    digest = hashlib.sha256()
    try:
        for path, size in pieces:
            with open(path, "rb") as opened:
                for place in (0, size // 2, max(0, size - _SAMPLE)):
                    opened.seek(place)
                    digest.update(opened.read(_SAMPLE))
    except OSError:
        return file.key  # nothing is like it
    return digest.digest()


def labels_note(rows: Sequence[Row], twins: Sequence[Hashable | None], what: str) -> str:
    """Say which of several that are one have different labels, "" if none.

    Args:
        rows: of the data set.
        twins: what each shares with its copies, as `copies` returns it.
        what: begins the sentence, such as "Copies of one file".
    """
    first: dict[Hashable, Row] = {}
    pairs = {}
    for row, twin in zip(rows, twins, strict=True):
        if twin is not None:
            other = first.setdefault((twin, row.start_s, row.end_s, row.box), row)
            if other.label != row.label:
                pairs.setdefault((twin, row.label), (other, row))
    said = [
        " and ".join(f"{quoted(one.name)} is {quoted(one.label)}" for one in pair)
        for pair in pairs.values()
    ]
    return f"{what} have different labels: {few(said)}." if said else ""
