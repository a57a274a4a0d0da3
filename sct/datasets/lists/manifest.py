"""Reads manifests: lists of files and labels, with names of columns or without."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sct.datasets.files import checked_label, written_path
from sct.datasets.folders.finding import is_clip_folder
from sct.datasets.listing import Listing, Row, eval_is_test, sorted_labels, split_named
from sct.datasets.lists.around import beside_notes, splits_of_paths
from sct.datasets.lists.columns import LABEL, PATH, notes_on, split_column
from sct.datasets.lists.glance import ends_beyond
from sct.datasets.lists.headerless import named
from sct.datasets.lists.parts import find_parts
from sct.datasets.lists.tables import Table, folded, read_rows
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.labels import tidy
from sct.video.sources import quoted

# Lists and objects of JSON, Python and tools that write them bare; "[unknown]" is a label.
_HMDB = re.compile(r".+_test_split[123]\.txt")
_STRUCTURE = re.compile(r"""[\[{(]\s*(?:["'{\[(\d.+-].*|\w+\s*[:,].*)?[\]})]""", re.DOTALL)
_LOOKED_INTO = 20  # paths, to tell in which of two columns they are
_LOOKED_AT = 200  # of its letters; a label has no more


def path_column(table: Table, home: Path) -> int:
    """Return where the paths are: of several columns called so, the one that leads to files.

    Raises DataError if there is none, or more than one does.
    """
    known = [i for i, column in enumerate(table.columns) if folded(column) in PATH]
    if len(known) < 2 or any(folded(table.columns[i]) == PATH[0] for i in known):
        return table.place(*PATH)

    def leads(i: int) -> bool:
        return any(
            os.path.exists(written_path(home, cells[i])[0])
            for _, cells in table.rows[:_LOOKED_INTO]
            if cells[i]
        )

    return table.only([i for i in known if leads(i)] or known, PATH[0])


def read_manifest(path: Path, options: ReadOptions) -> Listing:
    """Read a list with the columns path and label, and perhaps some others.

    Those are split, group, start, end, left, top, right and bottom; `lists.columns` and
    `lists.parts` say what else they may be called. Without a first row of names see
    `lists.headerless`. Without a column of splits, folders in the paths may say them, see
    `lists.around`.

    Start and end, in seconds, mean a part of the file; the last four, as shares of its width and
    height, a part of the picture. Empty cells mean where the file or the picture begins or ends.
    Relative paths start at the manifest's own folder. A file that is not there is left out, but
    outside of that folder it must be there. A group column other than "group" must exist; no group
    may be both for training and for validation or test.
    """
    if _HMDB.fullmatch(path.name):
        raise DataError(
            f"{quoted(path.name)} is a list of HMDB51, which says by 0, 1 and 2 what is for "
            "training; name the folder as hmdb51:DIR."
        )
    home = path.absolute().parent
    table, notes = named(read_rows(path), home, options)
    at = path_column(table, home)
    label_at = table.place(*(LABEL if options.label_column == "label" else (options.label_column,)))
    group_column, grouped = options.group_column, table.find(options.group_column)
    if grouped is None and group_column != "group":
        table.place(group_column)
    taken = {at, label_at, grouped} - {None}
    split_at = split_column(table, taken)
    official = split_at is not None
    parts = find_parts(table, taken | {split_at})
    taken |= parts.places | {split_at}
    notes = notes or (*notes_on(table, taken, split_at), *parts.notes())
    other = official and folded(table.columns[split_at]) != "split"
    column = f", column {quoted(table.columns[split_at])}," if other else ""
    eval_tests = official and eval_is_test({cells[split_at] for _, cells in table.rows})
    if eval_tests:
        notes += ("Of two splits for validation, the one for evaluation is read as the test.",)
    splits: tuple[str, ...] = ()
    if not official:
        named_rows = [(number, cells[at], tidy(cells[label_at])) for number, cells in table.rows]
        splits, said = splits_of_paths(table.title, named_rows)
        notes += said or beside_notes(path)
    rows, left_out, seen, side = [], [], {}, {}
    for i, (number, cells) in enumerate(table.rows):
        where = f"Row {number} of {table.title}"
        if not cells[at]:
            raise DataError(f"{where} has no path.")
        text = cells[label_at]
        if _STRUCTURE.fullmatch(text[:_LOOKED_AT] + text[_LOOKED_AT:][-1:]):
            raise DataError(
                f"{where} has the label {quoted(text)}, which is JSON or the like and "
                "no label; in an export of Label Studio or another tool, write the class into a "
                "column of its own for each clip, and the part of the file into start and end."
            )
        label = checked_label(text, where)
        file, name = written_path(home, cells[at])
        start, end, box = parts.of(cells, where)
        first, other = seen.setdefault((file, start, end, box), (number, label))
        if other != label:
            raise DataError(
                f"Rows {first} and {number} of {table.title} give {quoted(cells[at])} two labels, "
                f"{quoted(other)} and {quoted(label)}."
            )
        split = splits[i] if splits else ""
        if official:
            split = split_named(cells[split_at], where + column, eval_tests)
        group = tidy(cells[grouped]) if grouped is not None else ""
        before = side.setdefault(group, (number, split == "train"))
        if group and before[1] != (split == "train"):
            raise DataError(
                f"Rows {before[0]} and {number} of {table.title} put the group {quoted(group)} "
                "both into training and into validation or test."
            )
        if not os.path.exists(file):
            if not (file.is_relative_to(home) or file.is_relative_to(os.path.realpath(home))):
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
    notes += ends_beyond(rows, table.title)
    labels = sorted_labels(rows)
    return Listing(
        table.title, labels, tuple(rows), tuple(left_out), official or bool(splits), notes=notes
    )
