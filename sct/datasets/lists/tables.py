"""Reads tables as text: CSV with its many habits, and lists of words with spaces between.

These files are a stranger's, see `sct.datasets.files`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sct.datasets.files import read_text
from sct.errors import DataError
from sct.labels import tidy
from sct.video.endings import is_video
from sct.video.sources import quoted

_SEP = re.compile(r'"?sep=(\\t|tab|[^"\r\n])"?\s*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_TAB = re.compile(r"\\t|tab", re.IGNORECASE)
_WORD = re.compile(r'"[^"]*"|\S+')
_LINE_END = re.compile(r"\r\n|\r|\n")
_REMARK = re.compile(r"[\r\n]*(#[^\r\n]*)(?:\r\n|\r|\n|\Z)")
_SINGLE = re.compile("'.+'", re.DOTALL)
_FORMULA = re.compile(r'="([^"]*)"')  # by which spreadsheets keep the zeros of 001
_DELIMITERS = ",;\t| "
_MOST_REMARKS = 1000
_LOOKED_AT, _LOOKED_THROUGH = 20, 1 << 16  # rows, and characters, that tell the delimiter


@dataclass(frozen=True)
class Rows:
    """Holds the rows of a table.

    Attributes:
        title: the file's name, in quotes, for messages.
        rows: (number, cells) of each row that is not blank, numbered as in the file, from 1.
        delimiter: what stands between cells; " " for any white space.
        remark: cells of the last line before them that begins with "#", as names may.
    """

    title: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    delimiter: str
    remark: tuple[str, ...] = ()


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
        return self.only(meant, names[0]) if meant else None

    def only(self, places: Sequence[int], name: str) -> int:
        """Return the one place there is. Raises DataError if several may be the column `name`."""
        if len(places) > 1:
            some = " and ".join(quoted(self.columns[i]) for i in places[:5])
            raise DataError(
                f"{self.title} has the columns {some}, and each may be the {name}; "
                f'call the right one "{name}".'
            )
        return places[0]

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
    """Write a column's name in small letters, with underscores, in one form of Unicode.

    Signs do not matter, nor how words are parted: "Start Time (s)" and startTimeS are start_time_s.
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", tidy(column))
    return re.sub(r"[\W_]+", "_", parted).strip("_").lower() or parted


def read_table(path: Path) -> Table:
    """Read a table whose first row names the columns; see `read_rows` and `as_table`."""
    return as_table(read_rows(path))


def as_table(found: Rows) -> Table:
    """Return rows as a table whose columns the first row names.

    Raises DataError on a column named twice, or a row with more or fewer cells than the header.
    """
    (_, columns), *rows = found.rows
    width = len(columns)
    if len(set(columns)) < width or "" in columns[1:]:  # some tools number rows in a first column
        double = next(c for c in columns if columns.count(c) > 1 or not c)
        what = f"two columns named {quoted(double)}" if double else "a column without a name"
        raise DataError(f"{found.title} has {what}.")
    check_widths(found.title, rows, width, "the header has")
    return Table(found.title, columns, tuple(rows), found.delimiter)


def check_widths(title: str, rows: list[tuple[int, tuple[str, ...]]], width: int, but: str) -> None:
    """Raise DataError at the first row that has not `width` cells."""
    for number, cells in rows:
        if len(cells) != width:
            count = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            raise DataError(f"Row {number} of {title} has {count}, but {but} {width}.")


def read_rows(path: Path) -> Rows:
    """Read the rows of a text file: , ; | tabs or spaces stand between the cells.

    A first line "sep=;" says what it is, as spreadsheets write it. Up to 1000 lines before the
    rows that begin with "#" are none. Cells may be in quotes, also with spaces around them,
    and lose those. White space divides where nothing else does; a path that ends as a video's may
    hold some.

    Raises DataError as `read_text`, or on an empty file or broken quotes.
    """
    title, text = quoted(path.name), read_text(path).lstrip("\ufeff")
    first, delimiter, remark = 0, "", ""
    if said := _SEP.match(text):
        first, text = 1, text[said.end() :]
        delimiter = "\t" if _TAB.fullmatch(said[1]) else said[1]
    at = 0
    for _ in range(_MOST_REMARKS):
        found = _REMARK.match(text, at)
        if not found or _names_a_video(found[1]):
            break
        at, remark = found.end(), found[1].lstrip("# ")
    first, text = first + len(_LINE_END.findall(text[:at])), text[at:]
    delimiter = delimiter or _delimiter(text)
    if delimiter == " ":
        lines = enumerate(_LINE_END.split(text), 1 + first)
        rows = [(number, _words(line)) for number, line in lines if line.strip()]
    else:
        rows = _cells(title, text, delimiter, first)
    if not rows:
        raise DataError(f"{title} is empty; it needs a header and a row for each video.")
    # Spreadsheets leave columns at the end that are empty from top to bottom.
    most = 1 + max(i for _, cells in rows for i, cell in enumerate(cells) if cell or not i)
    rows = _unquoted([(number, cells[:most]) for number, cells in rows], most)
    return Rows(title, rows, delimiter, _divided(remark, delimiter) if remark else ())


def _unquoted(
    rows: list[tuple[int, tuple[str, ...]]], width: int
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Take single quotes away where all cells of a column have them, but for its name and none."""

    def quoted_all(column: int) -> bool:
        cells = [row[column] for _, row in rows[1:] or rows if row[column:] and row[column]]
        return bool(cells) and all(map(_SINGLE.fullmatch, cells))

    columns = {column for column in range(width) if quoted_all(column)}
    if not columns:
        return tuple(rows)
    return tuple(
        (number, tuple(_single(c) if i in columns else c for i, c in enumerate(cells)))
        for number, cells in rows
    )


def _single(cell: str) -> str:
    return cell[1:-1].strip() if _SINGLE.fullmatch(cell) else cell


def _names_a_video(line: str) -> bool:
    return any(is_video(cell) for delimiter in _DELIMITERS for cell in _divided(line, delimiter))


def _delimiter(text: str) -> str:
    """Tell what stands between cells: what divides all rows alike, and cuts no path of a video.

    Of several the one that the first row has most of is taken, and white space last.
    """
    start = text[:_LOOKED_THROUGH]
    if len(start) < len(text):
        start = start[: max(start.rfind("\n"), start.rfind("\r")) + 1] or start

    def fitness(delimiter: str) -> tuple[bool, bool, bool, int]:
        rows = list(islice(_looked_at(start, delimiter), _LOOKED_AT))
        width = len(rows[0]) if rows else 0
        even = width > 1 and all(len(cells) == width for cells in rows)
        whole = even and any(map(is_video, rows[-1]))
        return even, whole, delimiter != " " and width > 1, width

    return max(_DELIMITERS, key=fitness)


def _looked_at(text: str, delimiter: str) -> Iterator[tuple[str, ...]]:
    if delimiter == " ":
        yield from (_words(line) for line in _LINE_END.split(text) if line.strip())
        return
    try:
        for cells in _reader(text, delimiter):
            if any(cell.strip() for cell in cells):
                yield tuple(map(_cell, cells))
    except csv.Error:
        yield ()


def _divided(line: str, delimiter: str) -> tuple[str, ...]:
    return next(_looked_at(line, delimiter), ())


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    if '"' in text and delimiter != '"':  # closing quotes with spaces behind them
        space = rf"[^\S\r\n{re.escape(delimiter)}]+"
        end = rf"(?=[\r\n{re.escape(delimiter)}]|\Z)"
        text = re.sub(rf'(?<!")("(?:"")*){space}{end}', r"\1", text)
    return csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )


def _cells(title: str, text: str, delimiter: str, first: int) -> list[tuple[int, tuple[str, ...]]]:
    reader = _reader(text, delimiter)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((first + reader.line_num, tuple(map(_cell, cells))))
    except csv.Error as error:
        why = str(error).replace("\t", "a tab")
        raise DataError(
            f"Row {first + reader.line_num} of {title} is not CSV: {why}; "
            'quotes enclose a whole cell, as in "a, b".'
        ) from None
    return rows


def _cell(text: str) -> str:
    """Return a cell without the spaces around it, and without quotes behind a wide space or tab.

    A formula such as ="001" is the text in it.
    """
    cell = text.strip()
    if formula := _FORMULA.fullmatch(cell):
        return formula[1].strip()
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
