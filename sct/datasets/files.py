"""Reading the lists that describe a data set: bounded text, tables, JSON, and what a folder holds.

These files and names are a stranger's: sizes are bounded, links may run in circles, and whatever is
wrong becomes a `DataError` of one sentence.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sct.errors import DataError
from sct.video.sources import quoted

VIDEO_ENDINGS = frozenset(
    """.3gp .avi .flv .gif .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .webm
    .wmv""".split()  # noqa: SIM905 (sixteen lines otherwise)
)
MOST_MB = 64
_MOST_ENTRIES = 2_000_000  # names in all folders of one data set; Kinetics-700 has 650,000
_DEEPEST = 8
_LABEL_LENGTH = 200


def read_text(path: Path) -> str:
    """Read the whole of a UTF-8 text file (a byte-order mark is dropped).

    Raises DataError: no such file, above 64 MB, a NUL byte, or not UTF-8.
    """
    title = quoted(path.name)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DataError(f"{title} is not a file.")
        with open(path, "rb") as file:
            data = file.read((MOST_MB << 20) + 1)
    except FileNotFoundError:
        raise DataError(f"There is no file {quoted(str(path))}.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{title} could not be read from its place of storage.") from error
    if len(data) > MOST_MB << 20:
        raise DataError(f"{title} is larger than {MOST_MB} MB, the most that a list may have.")
    if b"\0" in data:
        raise DataError(f"{title} holds a NUL byte, so it is not a text file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{title} is not UTF-8 text (byte {error.start} is wrong); save it as UTF-8."
        ) from None


def read_json(path: Path) -> object:
    """Read the value in a JSON file. Raises DataError as `read_text`, or where it is not JSON."""
    try:
        return json.loads(read_text(path))
    except DataError:
        raise
    except json.JSONDecodeError as error:
        raise DataError(
            f"{quoted(path.name)} is not JSON: {error.msg}, line {error.lineno}."
        ) from None
    except (ValueError, RecursionError):  # numbers of a million digits, lists in lists without end
        raise DataError(f"{quoted(path.name)} is not JSON that can be read.") from None


def read_lines(path: Path) -> list[tuple[int, str]]:
    """Read (number, text) of each line that is not blank, counting from 1; see `read_text`."""
    lines = enumerate(read_text(path).splitlines(), 1)
    return [(number, line.strip()) for number, line in lines if line.strip()]


@dataclass(frozen=True)
class Table:
    """Holds a CSV file. Rows are numbered as in the file, the header being row 1."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def find(self, column: str) -> int | None:
        """Return where `column` is, or None."""
        return self.columns.index(column) if column in self.columns else None

    def place(self, column: str) -> int:
        """Return where `column` is. Raises DataError that names the columns there are."""
        if column not in self.columns:
            there = ", ".join(quoted(c) for c in self.columns[:30])
            raise DataError(
                f"{self.title} has no column {quoted(column)}; its columns are {there}."
            )
        return self.columns.index(column)


def read_table(path: Path) -> Table:
    """Read a CSV file; semicolons or tabs may stand for the commas, as spreadsheets write them.

    Raises DataError as `read_text`, or on an empty file, a column named twice, a row with more or
    fewer cells than the header, or broken quotes.
    """
    title, text = quoted(path.name), read_text(path)
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: tuple[str, ...] = ()
    rows = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            cells = tuple(cell.strip() for cell in cells)
            if not columns:
                columns = cells
            elif len(cells) != len(columns):
                raise DataError(
                    f"Row {reader.line_num} of {title} has {len(cells)} cells, but the header has "
                    f"{len(columns)}."
                )
            else:
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise DataError(f"Row {reader.line_num} of {title} is not CSV: {error}.") from None
    if not columns:
        raise DataError(f"{title} is empty; it needs a header and a row for each video.")
    if len(set(columns)) < len(columns):
        double = next(c for c in columns if columns.count(c) > 1)
        raise DataError(f"{title} has two columns named {quoted(double)}.")
    return Table(title, columns, tuple(rows))


def checked_label(text: str, where: str) -> str:
    """Return a label fit to be shown, spaces tidied; `where` begins the message, as in "Row 3".

    Raises DataError on an empty label, one of more than 200 characters or with control characters.
    """
    label = " ".join(text.split())
    if not label:
        raise DataError(f"{where} has an empty label.")
    if len(label) > _LABEL_LENGTH:
        raise DataError(f"{where} has a label of more than {_LABEL_LENGTH} characters.")
    if not label.isprintable():
        raise DataError(f"{where} has a label with characters that cannot be shown: {label!a}.")
    return label


# -- folders ---------------------------------------------------------------------------------------


def checked_folder(path: Path) -> Path:
    """Return `path`, if it is a folder. Raises DataError."""
    try:
        if path.is_dir():
            return path
        there = path.exists()
    except (OSError, ValueError):  # a name too long, or with a NUL
        there = False
    title = quoted(str(path))
    raise DataError(f"{title} is not a folder." if there else f"There is no folder {title}.")


def entries(folder: Path) -> list[os.DirEntry]:
    """List what lies in `folder`, by name; names that begin with a dot are left out."""
    try:
        with os.scandir(folder) as found:
            return sorted((e for e in found if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError as error:
        raise DataError(
            f"The folder {quoted(str(folder))} could not be read: {error.strerror}."
        ) from error


def is_folder(entry: os.DirEntry) -> bool:
    """Say whether `entry` is a folder or a link to one; a link in a circle is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_video(name: str) -> bool:
    """Say whether a file's name ends as a video's."""
    return os.path.splitext(name)[1].lower() in VIDEO_ENDINGS


def videos_under(folder: Path) -> Iterator[Path]:
    """Find every file under `folder` whose ending is a video's, by name, links followed.

    A folder that lies within itself by way of a link is entered once. Raises DataError where a
    folder cannot be read, or above two million names.
    """
    count = 0

    def walk(place: Path, above: tuple) -> Iterator[Path]:
        nonlocal count
        try:
            status = os.stat(place)
        except OSError:
            return
        here = (status.st_dev, status.st_ino)
        if here in above or len(above) > _DEEPEST:
            return
        for entry in entries(place):
            count += 1
            if count > _MOST_ENTRIES:
                raise DataError(
                    f"The folder {quoted(str(folder))} holds more than {_MOST_ENTRIES:,} files."
                )
            if is_folder(entry):
                yield from walk(place / entry.name, (*above, here))
            elif is_video(entry.name):
                yield place / entry.name

    return walk(folder, ())


class VideoIndex:
    """Finds the videos under a folder by name, whatever the folders between and the ending."""

    def __init__(self, folder: Path):
        self._paths: dict[str, list[Path]] = {}
        for path in videos_under(folder):
            self._paths.setdefault(path.stem, []).append(path)

    def __len__(self) -> int:
        return len(self._paths)

    def find(self, stem: str, parent: str = "") -> Path | None:
        """Return the video called `stem`, without ending, first one in a folder `parent`."""
        found = self._paths.get(stem)
        if not found:
            return None
        wanted = plain(parent)
        return next((p for p in found if plain(p.parent.name) == wanted), found[0])


def plain(name: str) -> str:
    """Write `name` as folders may have it: in small letters, spaces as underscores."""
    return re.sub(r"[\s_]+", "_", name).lower()
