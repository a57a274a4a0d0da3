"""Tells what the columns of a list without a line of names are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sct.datasets.files import written_path
from sct.datasets.folders.split_names import SPLIT_NAMES, split_roles
from sct.datasets.listing import split_named
from sct.datasets.lists.columns import LABEL, PATH
from sct.datasets.lists.glance import glance
from sct.datasets.lists.tables import Rows, Table, as_table, check_widths, folded
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.labels import ascii_digits
from sct.video.endings import is_video
from sct.video.sources import quoted

_LOOKED_INTO = 5  # files, to compare a number with that of their frames
# Other decoders count a little otherwise, and other rates give half as many. Numbers above what is
# there are of the video that the clip was cut from.
_NEAR, _FAR = 1.1, 2.5


def named(found: Rows, home: Path, options: ReadOptions) -> tuple[Table, tuple[str, ...]]:
    """Return rows as a table, its columns named by the first row or by what the rows hold.

    Rows of two are path and label; of three path, frames and label, as Kinetics' lists of
    mmaction2, SlowFast and VideoMAE have them, or path, label and split.

    Args:
        found: the rows.
        home: the folder that paths are relative to.
        options: names of columns.

    Returns:
        The table, and what was assumed, a sentence each.

    Raises:
        DataError: it cannot be told what the columns are.
    """
    own = (options.label_column, options.group_column)
    known = {folded(name) for name in (*PATH, *LABEL, *own)}
    if known & set(map(folded, found.remark)) and len(found.remark) == len(found.rows[0][1]):
        found = replace(found, rows=((0, found.remark), *found.rows))  # "# path label"
    _, first = found.rows[0]
    data = is_video(first[0]) or not known & set(map(folded, first))
    data = data and len(first) > 1 and (is_video(first[0]) or _holds_data(first, home))
    if not data:
        return as_table(found), ()
    columns = _columns(found, home, len(first))
    said = f"Columns without a header were read as {', '.join(columns)}."
    table = Table(found.title, columns, found.rows, found.delimiter)
    return table, (said,) if len(columns) > 2 else ()


def _holds_data(first: Sequence[str], home: Path) -> bool:
    """Say whether a row whose path has no video's ending is one of data all the same."""
    return os.path.exists(written_path(home, first[0])[0]) or all(map(_is_whole, first[1:]))


def _columns(found: Rows, home: Path, width: int) -> tuple[str, ...]:
    """Return what the cells of rows without a header are. Raises DataError that names a row."""
    rows = list(found.rows)
    check_widths(found.title, rows, width, "the first has")
    last = {cells[-1].lower() for _, cells in rows}
    exact = {SPLIT_NAMES[text] for text in last if text in SPLIT_NAMES}
    splits = len(exact) > 1 or len(split_roles(last)) == len(last)
    if width == 2 and splits and len(last) > 1:
        raise DataError(
            f"{found.title} has no labels, only names of splits such as {quoted(rows[0][1][1])}; "
            'write a first line that names the columns, such as "path,label,split".'
        )
    if width == 2:
        return "path", "label"
    if width == 3 and splits:
        for number, cells in rows:
            split_named(cells[2], f"Row {number} of {found.title}")
        return "path", "label", "split"
    if width == 3:
        odd = next((n for n, cells in rows if not _is_whole(cells[1]) or not int(cells[1])), 0)
        if not odd:
            _refuse_starts(found)
            _refuse_no_frames(found, home)
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


def _refuse_no_frames(found: Rows, home: Path) -> None:
    """Raise DataError where the middle column can be no number of frames, but a label or a person.

    Files in reach decide, if they say how many frames they have. Else numbers of frames have more
    different values than labels do, or one.
    """
    seen = [_fits(cells[1:], frames) for cells, frames in _counted(found, home)]
    middle, last = (Counter(column) for column in zip(*seen, strict=True)) if seen else ({}, {})
    values, labels = (len({cells[i] for _, cells in found.rows}) for i in (1, 2))
    if middle and middle.most_common(1)[0][0] == "near":
        return
    if (
        (middle and middle.most_common(1)[0][0] == "far")
        or (last and last.most_common(1)[0][0] == "near")
        or 1 < values < labels
    ):
        raise DataError(
            f"{found.title} has no line that names its columns, and the second is no number of "
            'frames; write a first line such as "path,label,frames" that says what each is.'
        )


def _fits(numbers: Sequence[str], frames: float) -> tuple[str, ...]:
    """Say of each number whether it is near a count of frames, far below it, or neither."""
    found = []
    for text in numbers:
        value = float(text) if _is_whole(text) else 0.0
        close = frames / _NEAR <= value <= frames * _NEAR or abs(value - frames) <= 2
        found.append("near" if close else "far" if value < frames / _FAR else "")
    return tuple(found)


def _counted(found: Rows, home: Path) -> Iterator[tuple[tuple[str, ...], float]]:
    """Give rows from all over the list, and how many frames their clips have, if that is known."""
    step = max(1, len(found.rows) // _LOOKED_INTO)
    for _, cells in found.rows[::step][:_LOOKED_INTO]:
        file, _ = written_path(home, cells[0])
        if (seen := glance(file)) and seen.frames:
            yield cells, seen.frames


def _is_whole(text: str) -> bool:
    text = ascii_digits(text)
    return text.isascii() and text.isdigit() and len(text) < 10
