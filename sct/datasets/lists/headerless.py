"""Tells what the columns of a list without a line of names are."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
_NEAR = 1.1  # other decoders count a little otherwise


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
    if _names_columns(found, known, home):
        found = replace(found, rows=((0, found.remark), *found.rows))  # "# path label"
    _, first = found.rows[0]
    data = is_video(first[0]) or not known & set(map(folded, first))
    data = data and len(first) > 1 and (is_video(first[0]) or _holds_data(found, home))
    if not data:
        return as_table(found), ()
    columns = _columns(found, home, len(first))
    said = f"Columns without a header were read as {', '.join(columns)}."
    table = Table(found.title, columns, found.rows, found.delimiter)
    return table, (said,) if len(columns) > 2 else ()


def _names_columns(found: Rows, known: set[str], home: Path) -> bool:
    """Say whether the remark above the rows names their columns; "# action recognition" does not.

    Under a name of paths a path stands, and there is a name of labels, too.
    """
    names, (_, first) = [folded(name) for name in found.remark], found.rows[0]
    paths = [cell for cell, name in zip(first, names, strict=False) if name in PATH]
    return (
        len(names) == len(first)
        and any(name in known and name not in PATH for name in names)
        and any(is_video(path) or os.path.exists(written_path(home, path)[0]) for path in paths)
    )


def _holds_data(found: Rows, home: Path) -> bool:
    """Say whether rows whose paths have no video's ending are of data, from the first on.

    Jester's lists name folders by their numbers alone.
    """
    _, first = found.rows[0]
    if len(first) == 2 and all(len(cells) == 2 and _is_whole(cells[0]) for _, cells in found.rows):
        return not any(is_video(cells[1]) for _, cells in found.rows)
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

    Where files are in reach, their frames decide: a count is near them in half of those looked
    into. Elsewhere counts have more different values than labels do. A number that all rows have
    tells no clips apart, so that it is no label, whatever it counts.
    """
    seen = [[_near(text, frames) for text in cells[1:]] for cells, frames in _counted(found, home)]
    middle, last = zip(*seen, strict=True) if seen else ((), ())
    values, labels = (len({cells[i] for _, cells in found.rows}) for i in (1, 2))
    if seen and 2 * sum(middle) >= len(seen):
        return
    if (seen and (values > 1 or all(last))) or 1 < values < labels:
        raise DataError(
            f"{found.title} has no line that names its columns, and the second is no number of "
            'frames; write a first line such as "path,label,frames" that says what each is.'
        )


def _near(text: str, frames: float) -> bool:
    value = float(text) if _is_whole(text) else 0.0
    return frames / _NEAR <= value <= frames * _NEAR or abs(value - frames) <= 1


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
