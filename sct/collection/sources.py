"""Finds the videos of a collection: those of a folder, of a pattern of names, or of a list."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sct.collection.naming import as_text
from sct.datasets.files import MOST_ENTRIES, plain
from sct.datasets.folders.finding import is_clip_folder, videos_under
from sct.datasets.layouts import LISTS
from sct.datasets.listing import WHOLE, Row
from sct.datasets.lists.headerless import named
from sct.datasets.lists.manifest import read_manifest
from sct.datasets.lists.tables import read_rows
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.questions import Question
from sct.video.endings import is_video
from sct.video.sources import quoted

Known = tuple[str | None, ...]  # the right label of each question, where it is known


@dataclass(frozen=True)
class Part:
    """A part of a video that is looked at.

    Attributes:
        start_s, end_s: seconds; the end is None for all the rest.
        known: of each question of the model.
    """

    start_s: float = 0.0
    end_s: float | None = None
    known: Known = ()


@dataclass(frozen=True)
class Item:
    """A video of a collection.

    Attributes:
        name: below the collection's root, with "/", as text that any table holds.
        path: where it lies.
        parts: those that are looked at, all of it by default.
        error: why it cannot be read, where that is known before.
    """

    name: str
    path: str
    parts: tuple[Part, ...] = (Part(),)
    error: str = ""

    @property
    def asked(self) -> str:
        """Return what tells apart what may be asked for of one video: its parts, and what is known.

        Of a video that cannot be read there is nothing to ask for.
        """
        parts = [[part.start_s, part.end_s, part.known] for part in self.parts]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Collection:
    """The videos of a collection, by name, and the folder that their names are relative to.

    Attributes:
        unknown: labels that the source gives and no question of the model has.
    """

    root: str
    items: tuple[Item, ...]
    unknown: tuple[str, ...] = ()


def find(source: str, questions: Sequence[Question]) -> Collection:
    """Find the videos of a collection.

    Args:
        source: a folder, whose videos are found in folders below it, too; a pattern such as
            "clips/**/*.mp4"; a list (.csv) with the columns path and label, as `train` takes; or
            one video.
        questions: of the model; folders that are called as one of its labels, and columns of a
            list that are called as a question, say the right label.

    Raises:
        DataError: there is nothing, or nothing that a list names.
    """
    path = Path(source)
    try:
        folder, there = path.is_dir(), path.exists()
    except (OSError, ValueError):  # a name too long
        folder = there = False
    if there and path.suffix.lower() in LISTS:
        return _of_list(path, questions)
    if folder and not is_clip_folder(path):
        found, root = videos_under(path), path
    elif there:
        found, root = iter((path,)), path.absolute().parent
    elif glob.has_magic(source):
        found, root = _matching(source), Path(_fixed(source))
    else:
        raise DataError(f"There is no folder, list or video {quoted(source)}.")
    root = Path(os.path.abspath(root))
    items = [_item(Path(os.path.abspath(each)), root, questions) for each in found]
    if not items:
        raise DataError(f"There is no video in {quoted(source)}.")
    return Collection(as_text(str(root)), _ordered(items))


def _ordered(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return items by name, each name once."""
    found: dict[str, Item] = {}
    for item in items:
        if found.setdefault(item.name, item).path != item.path:
            raise DataError(f"Two videos are both called {quoted(item.name)}; rename one of them.")
    return tuple(found[name] for name in sorted(found))


def _item(path: Path, root: Path, questions: Sequence[Question]) -> Item:
    name = path.relative_to(root)
    folders = list(map(plain, reversed(name.parts[:-1])))  # the nearest says it

    def of(question: Question) -> str | None:
        labels = {plain(label): label for label in question.labels}
        return next((labels[each] for each in folders if each in labels), None)

    known = tuple(of(one) for one in questions)
    return Item(as_text(name.as_posix()), str(path), (Part(known=known),))


def _fixed(pattern: str) -> str:
    """Return the folders of a pattern before the first that may vary."""
    parts = Path(pattern).parts
    varies = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return str(Path(*parts[:varies]))


def _matching(pattern: str) -> Iterable[Path]:
    found = list(islice(glob.iglob(pattern, recursive=True), MOST_ENTRIES + 1))
    if len(found) > MOST_ENTRIES:
        raise DataError(f"{quoted(pattern)} fits more than {MOST_ENTRIES:,} files.")
    for each in found:
        path = Path(each)
        if is_clip_folder(path) or (is_video(path.name) and not path.is_dir()):
            yield path


# -- lists -----------------------------------------------------------------------------------------


def _of_list(path: Path, questions: Sequence[Question]) -> Collection:
    """Read a list: a column for each question that has one of its name, else one of labels."""
    table, _ = named(read_rows(path), path.absolute().parent, ReadOptions())
    columns = [one.name for one in questions if one.name and table.find(one.name) is not None]
    root, parts, missing = path.absolute().parent, {}, {}
    unknown: dict[str, None] = {}
    for column in columns or ["label"]:
        listing = read_manifest(path, ReadOptions(label_column=column))
        missing.update(listing.left_out)
        for row in listing.rows:
            _check_whole(row, listing.title)
            key = (row.path, row.start_s, row.end_s)
            known = parts.setdefault(key, {})
            asked = [one for one in questions if not columns or one.name == column]
            fits = {one.name: row.label for one in asked if row.label in one.labels}
            known.update(fits)
            if not fits:
                unknown[row.label] = None
    files: dict[Path, list[Part]] = {}
    for (file, start, end), known in parts.items():
        right = tuple(known.get(one.name) for one in questions)
        files.setdefault(file, []).append(Part(start, end, right))
    items = [_listed(file, root, some) for file, some in files.items()]
    items += [Item(as_text(name), "", (), f"{why}.".capitalize()) for name, why in missing.items()]
    return Collection(as_text(str(root)), _ordered(items), tuple(unknown))


def _listed(file: Path, root: Path, parts: list[Part]) -> Item:
    inside = file.is_relative_to(root)
    name = (file.relative_to(root) if inside else file).as_posix()
    some = tuple(sorted(parts, key=lambda part: (part.start_s, part.end_s or 0.0)))
    return Item(as_text(name), str(file), some)


def _check_whole(row: Row, title: str) -> None:
    if row.box != WHOLE:
        raise DataError(
            f"{title} names parts of pictures (left, top, right, bottom), which a collection does "
            "not take: the model sees the middle square of each."
        )
