"""Reads CSV manifests."""

from __future__ import annotations

import os
from pathlib import Path

from sct.datasets.files import checked_label, read_table
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
from sct.errors import DataError
from sct.video.sources import quoted


def read_manifest(path: Path, options: ReadOptions) -> Listing:
    """Read a CSV file with the columns path and label, and perhaps some others.

    Those are split, group, start, end, left, top, right and bottom.

    Start and end, in seconds, mean a part of the file; the last four, as shares of its width and
    height, a part of the picture. Empty cells mean where the file or the picture begins or ends.
    Relative paths start at the manifest's own folder. A file that is not there is left out, but
    outside of that folder it must be there. A group column other than "group" must exist; no file
    and no group may be both for training and for validation or test.
    """
    table = read_table(path)
    at, named = table.place("path"), table.place(options.label_column)
    group_column, grouped = options.group_column, None
    if group_column in table.columns or group_column != "group":
        grouped = table.place(group_column)
    split_at = table.find("split")
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
