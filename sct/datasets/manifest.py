"""How data sets lie on disk: class folders and CSV manifests (official lists: `official.py`).

Each reader returns a `Listing`, which `sct.datasets.dataset` divides into training and test clips.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sct.datasets.files import checked_label, entries, is_folder, is_video, read_table, videos_under
from sct.errors import DataError
from sct.video.sources import quoted

_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
SIDES = ("left", "top", "right", "bottom")
_LEAST_BOX = 0.02  # of the picture's width or height; less is a slip
_UCF_NAME = re.compile(r"v_(.+)_(g\d+)_c\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One clip as a list has it.

    Attributes:
        path: the file. name: the same as listed, so that it is alike on every computer.
        label: of the class. group: of clips that belong together; empty if unknown.
        split: "train", "val", "test" or "" where the list puts it in none.
        start_s, end_s: the part of the file that is meant; the end is None for all the rest.
        box: the part of the picture that is meant: left, top, right, bottom as shares of it.
    """

    path: Path
    name: str
    label: str
    group: str = ""
    split: str = ""
    start_s: float = 0.0
    end_s: float | None = None
    box: Box = WHOLE


@dataclass(frozen=True)
class Listing:
    """A data set as it is listed.

    Attributes:
        title: its name, in quotes, for messages.
        labels: of all classes, in their official or alphabetical order.
        rows: the clips. left_out: (name, reason) of what is listed and cannot be used.
        official: whether the lists say which clips are for training and which for testing.
        more: clips of other lists, for the splits that the list in hand lacks.
    """

    title: str
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    official: bool = False
    more: tuple[Row, ...] = ()


def sorted_labels(rows: Iterable[Row]) -> tuple[str, ...]:
    """The labels that occur, in alphabetical order."""
    return tuple(sorted({row.label for row in rows}))


def ucf_group(name: str) -> str:
    """The group in a name such as v_Archery_g01_c02: clips of one group show the same people."""
    match = _UCF_NAME.fullmatch(name)
    return f"{match[1]} {match[2]}".lower() if match else ""


def read_folders(root: Path) -> Listing:
    """A folder of class folders, or of the folders train, val, test with class folders in each."""
    title = quoted(root.name or str(root))
    top = [entry for entry in entries(root) if is_folder(entry)]
    splits = {entry.name: _SPLITS.get(entry.name.lower(), "") for entry in top}
    official = all(splits.values()) and {"train"} < set(splits.values())
    if official:
        classes = [
            (splits[part.name], place)
            for part in top
            for place in entries(root / part.name)
            if is_folder(place)
        ]
    else:
        classes = [("", place) for place in top]
    rows, left_out = [], []
    for split, place in classes:
        before = len(rows)
        folder = Path(place.path)
        label = checked_label(place.name, f"The folder {quoted(place.name)} of {title}")
        for path in videos_under(folder):
            name = path.relative_to(root).as_posix()
            rows.append(Row(path, name, label, ucf_group(path.stem), split))
        if len(rows) == before:
            left_out.append((folder.relative_to(root).as_posix(), "the folder holds no videos"))
    for entry in entries(root):
        if is_video(entry.name) and not is_folder(entry):
            left_out.append((entry.name, "the file lies in no class folder"))
    if not rows:
        raise DataError(
            f"The folder {quoted(str(root))} has no videos in class folders; "
            "each class needs a folder of its own with its videos in it."
        )
    return Listing(title, sorted_labels(rows), tuple(rows), tuple(left_out), official)


def read_manifest(path: Path, label_column: str, group_column: str) -> Listing:
    """A CSV file with the columns path and label, and perhaps split, group, start, end, left, top,
    right and bottom.

    Start and end, in seconds, mean a part of the file; the last four, as shares of its width and
    height, a part of the picture. Empty cells mean where the file or the picture begins or ends.
    Relative paths start at the manifest's own folder. A file that is not there is left out, but
    outside of that folder it must be there. A group column other than "group" must exist; no file
    and no group may be both for training and for validation or test.
    """
    table = read_table(path)
    at, named = table.place("path"), table.place(label_column)
    grouped = None
    if group_column in table.columns or group_column != "group":
        grouped = table.place(group_column)
    split_at = table.columns.index("split") if "split" in table.columns else None
    official = split_at is not None and any(cells[split_at] for _, cells in table.rows)
    home = path.absolute().parent
    rows, left_out, seen, side = [], [], {}, {}
    for number, cells in table.rows:
        where = f"Row {number} of {table.title}"
        if not cells[at]:
            raise DataError(f"{where} has no path.")
        label = checked_label(cells[named], where)
        file = Path(os.path.normpath(home / cells[at]))
        given = dict(zip(table.columns, cells, strict=True))
        start, end = part_of_file(given.get("start") or "0", given.get("end") or "inf", where)
        box = part_of_picture([given.get(side, "") for side in SIDES], where)
        first, other = seen.setdefault((file, start, end, box), (number, label))
        if other != label:
            raise DataError(
                f"Rows {first} and {number} of {table.title} give {quoted(cells[at])} two labels, "
                f"{quoted(other)} and {quoted(label)}."
            )
        split = split_named(cells[split_at], where) if official else ""
        group = cells[grouped] if grouped is not None else ""
        for kind, value in (("file", cells[at]), ("group", group)):
            before = side.setdefault((kind, value), (number, split == "train"))
            if value and before[1] != (split == "train"):
                raise DataError(
                    f"Rows {before[0]} and {number} of {table.title} put the {kind} "
                    f"{quoted(value)} both into training and into validation or test."
                )
        if not os.path.exists(file):
            if not file.is_relative_to(home):
                raise DataError(
                    f"{where} names {quoted(cells[at])}, which lies outside of the manifest's "
                    "folder and is not there."
                )
            left_out.append((cells[at], "there is no such file"))
            continue
        if not os.path.isfile(file):
            raise DataError(f"{where} names {quoted(cells[at])}, which is not a file.")
        rows.append(Row(file, cells[at], label, group, split, start, end, box))
    if not table.rows:
        raise DataError(f"{table.title} has a header, but no rows.")
    if not rows:
        raise DataError(
            f"None of the {len(table.rows)} files that {table.title} names is there; "
            f"the first is {quoted(left_out[0][0])}, looked for beside the manifest."
        )
    return Listing(table.title, sorted_labels(rows), tuple(rows), tuple(left_out), official)


def part_of_file(start: str, end: str, where: str) -> tuple[float, float | None]:
    """Seconds of texts; an end of "inf" is that of the file, None. Raises DataError."""
    try:
        begins, ends = float(start), float(end)
    except ValueError:
        begins = ends = math.nan
    if not (0 <= begins < ends and begins < 1e6 and (ends < 1e6 or end == "inf")):
        raise DataError(f"{where} needs its start and end in seconds, the start before the end.")
    return begins, None if end == "inf" else ends


def part_of_picture(texts: Sequence[str], where: str) -> Box:
    """Shares of four texts, an empty one being the border of the picture. Raises DataError."""
    wrong = DataError(
        f"{where} needs its left, top, right and bottom as shares of the picture, from 0 to 1, "
        f"left before right and top before bottom by {_LEAST_BOX:g} or more."
    )
    try:
        left, top, right, bottom = (
            float(text) if text else side for text, side in zip(texts, WHOLE, strict=True)
        )
    except ValueError:
        raise wrong from None
    for low, high in ((left, right), (top, bottom)):
        if not 0 <= low <= low + _LEAST_BOX <= high <= 1:
            raise wrong
    return left, top, right, bottom


def split_named(text: str, where: str) -> str:
    """One of "train", "val" and "test" for any of their usual names. Raises DataError."""
    split = _SPLITS.get(text.lower(), "")
    if not split:
        raise DataError(f"{where} has the split {quoted(text)}; allowed are train, val and test.")
    return split
