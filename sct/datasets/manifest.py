"""Reads manifests: lists of files and labels, with names of columns or without."""

from __future__ import annotations

import os
from pathlib import Path

from sct.datasets.arrangement import SPLIT_NAMES
from sct.datasets.files import checked_label, written_path
from sct.datasets.finding import is_clip_folder
from sct.datasets.listing import (
    SIDES,
    Listing,
    Row,
    part_of_file,
    part_of_picture,
    sorted_labels,
    split_named,
)
from sct.datasets.options import ReadOptions
from sct.datasets.tables import Rows, Table, as_table, check_widths, folded, read_rows
from sct.errors import DataError
from sct.labels import tidy
from sct.video.endings import is_video
from sct.video.sources import quoted

# What others call the columns; the first name is ours, and wins where a table has several.
PATH = (
    *("path", "video_path", "file_path", "filepath", "filename", "file_name", "file", "video"),
    *("video_name", "video_file", "clip", "clip_path", "clip_name", "frame_dir"),
)
LABEL = (
    *("label", "class", "category", "label_name", "class_name", "category_name", "action"),
    *("action_name", "activity", "gesture", "class_label", "label_id", "class_id"),
)
SPLIT = ("split", "subset", "set", "partition", "phase")
START = ("start", "start_time", "time_start", "start_s", "start_sec", "start_seconds", "begin")
END = ("end", "end_time", "time_end", "end_s", "end_sec", "end_seconds", "stop")
_IN_FRAMES = ("start_frame", "end_frame", "stop_frame", "frame_start", "frame_end")


def read_manifest(path: Path, options: ReadOptions) -> Listing:
    """Read a list with the columns path and label, and perhaps some others.

    Those are split, group, start, end, left, top, right and bottom; `PATH` and so on say what else
    they may be called. Without a first row of names the rows are "path label", "path frames label"
    as Kinetics' lists of mmaction2, SlowFast and VideoMAE have them, or "path label split".

    Start and end, in seconds, mean a part of the file; the last four, as shares of its width and
    height, a part of the picture. Empty cells mean where the file or the picture begins or ends.
    Relative paths start at the manifest's own folder. A file that is not there is left out, but
    outside of that folder it must be there. A group column other than "group" must exist; no group
    may be both for training and for validation or test.
    """
    home = path.absolute().parent
    table = _named(read_rows(path), home, options)
    at = table.place(*PATH)
    named = table.place(*(LABEL if options.label_column == "label" else (options.label_column,)))
    group_column, grouped = options.group_column, table.find(options.group_column)
    if grouped is None and group_column != "group":
        table.place(group_column)
    split_at, official = _split_column(table)
    begins, ends = table.find(*START), table.find(*END)
    sides = [table.find(side) for side in SIDES]
    _refuse_frames(table, begins, ends)
    rows, left_out, seen, side = [], [], {}, {}

    def number_at(place: int | None) -> str:
        return "" if place is None else table.number(cells[place])

    for number, cells in table.rows:
        where = f"Row {number} of {table.title}"
        if not cells[at]:
            raise DataError(f"{where} has no path.")
        label = checked_label(cells[named], where)
        file, name = written_path(home, cells[at])
        start, end = part_of_file(number_at(begins) or "0", number_at(ends) or "inf", where)
        box = part_of_picture([number_at(place) for place in sides], where)
        first, other = seen.setdefault((file, start, end, box), (number, label))
        if other != label:
            raise DataError(
                f"Rows {first} and {number} of {table.title} give {quoted(cells[at])} two labels, "
                f"{quoted(other)} and {quoted(label)}."
            )
        split = split_named(cells[split_at], where) if official else ""
        group = tidy(cells[grouped]) if grouped is not None else ""
        before = side.setdefault(group, (number, split == "train"))
        if group and before[1] != (split == "train"):
            raise DataError(
                f"Rows {before[0]} and {number} of {table.title} put the group {quoted(group)} "
                "both into training and into validation or test."
            )
        if not os.path.exists(file):
            if not file.is_relative_to(home):
                raise DataError(
                    f"{where} names {quoted(cells[at])}, which lies outside of the manifest's "
                    "folder and is not there."
                )
            left_out.append((cells[at], "there is no such file"))
            continue
        if not os.path.isfile(file) and not is_clip_folder(file):
            raise DataError(
                f"{where} names {quoted(cells[at])}, which is not a file and not a folder of "
                "numbered pictures."
            )
        rows.append(Row(file, name, label, group, split, start, end, box))
    if not table.rows:
        raise DataError(f"{table.title} has a header, but no rows.")
    if not rows:
        raise DataError(
            f"None of the {len(table.rows)} files that {table.title} names is there; "
            f"the first is {quoted(left_out[0][0])}, looked for beside the manifest."
        )
    return Listing(table.title, sorted_labels(rows), tuple(rows), tuple(left_out), official)


def _split_column(table: Table) -> tuple[int | None, bool]:
    """Return where the column of splits is, and whether it says anything.

    One that is called otherwise counts only if nothing but names of splits stands in it.
    """
    at = table.find(SPLIT[0])
    if at is None:
        fits = []
        for i, column in enumerate(table.columns):
            texts = {cells[i].lower() for _, cells in table.rows} - {""}
            if folded(column) in SPLIT and texts and texts <= set(SPLIT_NAMES):
                fits.append(column)
        at = table.find(SPLIT[0], *fits)
    return at, at is not None and any(cells[at] for _, cells in table.rows)


def _refuse_frames(table: Table, begins: int | None, ends: int | None) -> None:
    for name in _IN_FRAMES if begins is None and ends is None else ():
        if table.find(name) is not None:
            raise DataError(
                f"{table.title} has a column {quoted(name)}; a part of a file is named in seconds, "
                "in columns start and end."
            )


# -- lists without a header ------------------------------------------------------------------------


def _named(found: Rows, home: Path, options: ReadOptions) -> Table:
    """Return the rows as a table, its columns named by the first row or by what the rows hold."""
    _, first = found.rows[0]
    own = (options.label_column, options.group_column)
    known = {folded(name) for name in (*PATH, *LABEL, *own)}
    data = is_video(first[0]) or not known & set(map(folded, first))
    data = data and len(first) > 1 and (is_video(first[0]) or _holds_data(first, home))
    if not data:
        return as_table(found)
    columns = _columns(found, len(first))
    return Table(found.title, columns, found.rows, found.delimiter)


def _holds_data(first: tuple[str, ...], home: Path) -> bool:
    """Say whether a row whose path has no video's ending is one of data all the same."""
    return os.path.exists(written_path(home, first[0])[0]) or all(map(_is_whole, first[1:]))


def _columns(found: Rows, width: int) -> tuple[str, ...]:
    """Return what the cells of rows without a header are. Raises DataError that names a row."""
    rows = list(found.rows)
    check_widths(found.title, rows, width, "the first has")
    if width == 2:
        return "path", "label"
    if width == 3:
        if all(cells[2].lower() in SPLIT_NAMES for _, cells in rows):
            return "path", "label", "split"
        odd = next((n for n, cells in rows if not _is_whole(cells[1]) or not int(cells[1])), 0)
        if not odd:
            _refuse_starts(found)
            return "path", "frames", "label"
        raise DataError(
            f"Row {odd} of {found.title} is neither path and label nor path, number of frames and "
            'label; name the columns in a first line such as "path,label".'
        )
    raise DataError(
        f"{found.title} has no line that names its {width} columns; write one such as "
        '"path,label,split".'
    )


def _refuse_starts(found: Rows) -> None:
    """Raise DataError where one path has several numbers: those say where parts of it begin."""
    counts: dict[str, str] = {}
    for number, (path, count, _) in found.rows:
        if counts.setdefault(path, count) != count:
            raise DataError(
                f"Row {number} of {found.title} names {quoted(path)} again with another number, so "
                "it is no number of frames; name parts of a file in seconds, in columns path, "
                "label, start and end."
            )


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
