"""Finds the videos of a collection: those of a folder, of a pattern of names, or of a list."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from sct.collection.naming import as_text
from sct.datasets.files import MOST_ENTRIES, entries, is_folder, plain, written_path
from sct.datasets.folders.finding import SYSTEM, is_clip_folder, videos_under
from sct.datasets.layouts import LISTS
from sct.datasets.listing import WHOLE
from sct.datasets.lists.columns import LABEL
from sct.datasets.lists.headerless import named
from sct.datasets.lists.manifest import path_column
from sct.datasets.lists.parts import find_parts
from sct.datasets.lists.tables import Table, read_rows
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.labels import tidy
from sct.questions import Question
from sct.video.endings import is_picture, is_video
from sct.video.sources import quoted

Known = tuple[str | None, ...]  # the right label of each question, where it is known
_Said = tuple[int, str]  # the number of a row, and the label that it gives


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
        notes: what else is to be said of it, sentences.
    """

    root: str
    items: tuple[Item, ...]
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def find(source: str, questions: Sequence[Question]) -> Collection:
    """Find the videos of a collection.

    Args:
        source: a folder, whose videos are found in folders below it, too; a pattern such as
            "clips/**/*.mp4"; a list (.csv) with the column path and perhaps label, as `train`
            takes; or one video.
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
        # A folder that is called as a video may have been meant to be one, so it gets a row.
        found, root = chain(videos_under(path), _empty_folders(path)), path
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
        if is_clip_folder(path) or (is_video(path.name) and (not path.is_dir() or _empty(path))):
            yield path


def _empty_folders(root: Path) -> Iterator[Path]:
    """Find empty folders that are called as a video."""
    for place, folders, _ in os.walk(root):
        folders[:] = [name for name in folders if name[0] != "." and name.lower() not in SYSTEM]
        called = (Path(place, name) for name in folders if is_video(name))
        yield from (path for path in called if _empty(path))


def _empty(folder: Path) -> bool:
    """Say whether a folder holds no folders, videos or pictures, and is no link."""
    if folder.is_symlink():
        return False
    found = entries(folder)
    return not any(is_folder(e) or is_video(e.name) or is_picture(e.name) for e in found)


# -- lists -----------------------------------------------------------------------------------------


def _of_list(path: Path, questions: Sequence[Question]) -> Collection:
    """Read a list, of which each row names a video, or a part of one, and perhaps right labels."""
    root = path.absolute().parent
    table, _ = named(read_rows(path), root, ReadOptions())
    if not table.rows:
        raise DataError(f"{table.title} has a header, but no rows.")
    at, columns = path_column(table, root), _columns_of_labels(table, questions)
    parts = find_parts(table, {at, *columns})
    files: dict[Path, dict[tuple[float, float | None], dict[str, _Said]]] = {}
    unknown: dict[str, None] = {}
    for number, cells in table.rows:
        where = f"Row {number} of {table.title}"
        if not cells[at]:
            raise DataError(f"{where} has no path.")
        start, end, box = parts.of(cells, where)
        if box != WHOLE:
            raise DataError(
                f"{table.title} names parts of pictures (left, top, right, bottom), which a "
                "collection does not take: the model sees the middle square of each."
            )
        file, _ = written_path(root, cells[at])
        known = files.setdefault(file, {}).setdefault((start, end), {})
        for place, asked in columns.items():
            label = tidy(cells[place])
            fits = [one.name for one in asked if label in one.labels]
            if label and not fits:
                unknown[label] = None
            for name in fits:
                first, other = known.setdefault(name, (number, label))
                if other != label:
                    raise DataError(
                        f"Rows {first} and {number} of {table.title} give {quoted(cells[at])} two "
                        f"labels, {quoted(other)} and {quoted(label)}."
                    )
    if not any(map(os.path.exists, files)):
        raise DataError(
            f"No file that {table.title} names is there; the first is "
            f"{quoted(table.rows[0][1][at])}, looked for beside the list."
        )
    items = [_listed(file, root, said, questions) for file, said in files.items()]
    notes = () if columns else (_no_labels(table, questions),)
    return Collection(as_text(str(root)), _ordered(items), tuple(unknown), notes)


def _no_labels(table: Table, questions: Sequence[Question]) -> str:
    names = " or ".join(quoted(name) for name in ("label", *(q.name for q in questions)) if name)
    return f"{table.title} has no column {names}, so no right label is known."


def _columns_of_labels(
    table: Table, questions: Sequence[Question]
) -> dict[int, Sequence[Question]]:
    """Return the columns of right labels, and which questions each answers.

    They are called as the questions; or there is one of labels, each of which counts for the
    question that has it; or none, so that nothing is known.
    """
    own = [(table.find(one.name), one) for one in questions if one.name]
    if found := {place: (one,) for place, one in own if place is not None}:
        return found
    place = table.find(*LABEL)
    return {} if place is None else {place: questions}


def _listed(
    file: Path,
    root: Path,
    said: dict[tuple[float, float | None], dict[str, _Said]],
    questions: Sequence[Question],
) -> Item:
    inside = file.is_relative_to(root)
    name = as_text((file.relative_to(root) if inside else file).as_posix())
    if not os.path.exists(file):
        return Item(name, str(file), (), "There is no such file.")
    parts = [
        Part(start, end, tuple(known.get(one.name, (0, None))[1] for one in questions))
        for (start, end), known in said.items()
    ]
    return Item(name, str(file), tuple(sorted(parts, key=lambda p: (p.start_s, p.end_s or 0.0))))
