"""Reads tables as text: CSV with its many habits, and lists of words with spaces between.

These files are a stranger's, see `sct.datasets.files`.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from sct.datasets.files import read_text
from sct.errors import DataError
from sct.labels import tidy
from sct.video.endings import is_video
from sct.video.sources import quoted

_SEP = re.compile(r'"?sep=([^"\r\n])"?\s*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_WORD = re.compile(r'"[^"]*"|\S+')


@dataclass(frozen=True)
class Rows:
    """Holds the rows of a table.

    Attributes:
        title: the file's name, in quotes, for messages.
        rows: (number, cells) of each row that is not blank, numbered as in the file, from 1.
        delimiter: what stands between cells; " " for any white space.
    """

    title: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    delimiter: str


@dataclass(frozen=True)
class Table:
    """Holds a table whose columns have names. Rows are numbered as in the file."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    delimiter: str = ","

    def find(self, *names: str) -> int | None:
        """Return where the column is that one of `names` means, or None.

        The first of the names wins where a column has it letter for letter; else capitals, spaces
        and hyphens do not matter. Raises DataError where two columns may be meant.
        """
        if names[0] in self.columns:
            return self.columns.index(names[0])
        known = [folded(name) for name in names]
        meant = [i for i, column in enumerate(self.columns) if folded(column) == known[0]]
        meant = meant or [i for i, column in enumerate(self.columns) if folded(column) in known]
        if len(meant) > 1:
            some = " and ".join(quoted(self.columns[i]) for i in meant[:5])
            raise DataError(
                f"{self.title} has the columns {some}, and each may be the {names[0]}; "
                f'call the right one "{names[0]}".'
            )
        return meant[0] if meant else None

    def place(self, *names: str) -> int:
        """Return where such a column is. Raises DataError that names the columns there are."""
        found = self.find(*names)
        if found is None:
            there = ", ".join(quoted(c) for c in self.columns[:30])
            raise DataError(
                f"{self.title} has no column {quoted(names[0])}; its columns are {there}, and "
                f'the right one is to be called "{names[0]}".'
            )
        return found

    def number(self, text: str) -> str:
        """Return a number as Python reads it: where commas divide nothing, they are points."""
        return text if self.delimiter == "," else text.replace(",", ".")


def folded(column: str) -> str:
    """Write a column's name in small letters, with underscores, in one form of Unicode."""
    return re.sub(r"[\s_-]+", "_", tidy(column)).lower()


def read_table(path: Path) -> Table:
    """Read a table whose first row names the columns; see `read_rows` and `as_table`."""
    return as_table(read_rows(path))


def as_table(found: Rows) -> Table:
    """Return rows as a table whose columns the first row names.

    Raises DataError on a column named twice, or a row with more or fewer cells than the header.
    """
    (_, columns), *rows = found.rows
    width = len(columns)
    if len(set(columns)) < width:
        double = next(c for c in columns if columns.count(c) > 1)
        raise DataError(f"{found.title} has two columns named {quoted(double)}.")
    check_widths(found.title, rows, width, "the header has")
    return Table(found.title, columns, tuple(rows), found.delimiter)


def check_widths(title: str, rows: list[tuple[int, tuple[str, ...]]], width: int, but: str) -> None:
    """Raise DataError at the first row that has not `width` cells."""
    for number, cells in rows:
        if len(cells) != width:
            count = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            raise DataError(f"Row {number} of {title} has {count}, but {but} {width}.")


def read_rows(path: Path) -> Rows:
    """Read the rows of a text file: commas, semicolons, tabs or spaces stand between the cells.

    A first line "sep=;" says what it is, as spreadsheets write it. Cells may be in quotes, also
    after a space, and lose the spaces around them. Where the first line has none of the others,
    white space divides; a path that ends as a video's may hold some.

    Raises DataError as `read_text`, or on an empty file or broken quotes.
    """
    title, text = quoted(path.name), read_text(path)
    first, delimiter = 0, ""
    if said := _SEP.match(text):
        first, delimiter, text = 1, said[1], text[said.end() :]
    header = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0].strip()
    if not delimiter:
        delimiter = max(",;\t", key=header.count)
        delimiter = delimiter if delimiter in header or " " not in header else " "
    if delimiter == " ":
        lines = enumerate(re.split(r"\r\n|\r|\n", text), 1 + first)
        rows = [(number, _words(line)) for number, line in lines if line.strip()]
    else:
        rows = _cells(title, text, delimiter, first)
    if not rows:
        raise DataError(f"{title} is empty; it needs a header and a row for each video.")
    # Spreadsheets leave columns at the end that are empty from top to bottom.
    most = 1 + max(i for _, cells in rows for i, cell in enumerate(cells) if cell or not i)
    return Rows(title, tuple((number, cells[:most]) for number, cells in rows), delimiter)


def _cells(title: str, text: str, delimiter: str, first: int) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((first + reader.line_num, tuple(map(_cell, cells))))
    except csv.Error as error:
        raise DataError(
            f"Row {first + reader.line_num} of {title} is not CSV: {error}; "
            'quotes enclose a whole cell, as in "a, b".'
        ) from None
    return rows


def _cell(text: str) -> str:
    """Return a cell without the spaces around it, and without quotes behind a wide space or tab."""
    cell = text.strip()
    if cell != text and len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def _words(line: str) -> tuple[str, ...]:
    """Divide a line at white space, but for quotes and a path that ends as a video's."""
    words = list(_WORD.finditer(line))
    ends = [i for i, word in enumerate(words[:-1]) if is_video(word[0].strip('"'))]
    if ends and '"' not in line:
        path = line[: words[ends[-1]].end()].strip()
        return (path, *(word[0] for word in words[ends[-1] + 1 :]))
    return tuple(word[0].strip('"') for word in words)
