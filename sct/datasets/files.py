"""Reading the lists that describe a data set: bounded text, JSON, labels, names in a folder.

These files and names are a stranger's: sizes are bounded, links may run in circles, and whatever is
wrong becomes a `DataError` of one sentence.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
import unicodedata
from itertools import islice
from pathlib import Path

from sct.errors import DataError
from sct.labels import MOST_LETTERS, fault_of, tidy
from sct.video.sources import quoted

MOST_MB = 64
MOST_ENTRIES = 2_000_000  # names in all folders of one data set; Kinetics-700 has 650,000


def read_text(path: Path) -> str:
    """Read the whole of a text file: UTF-8, or UTF-16 that begins with its byte-order mark.

    Other codings cannot be told apart, and a guess would garble labels without a word.

    Raises DataError: no such file, above 64 MB, a NUL, or another coding (names the line).
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
    wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        coding = "UTF-16" if wide else "UTF-8"
        before = data[: error.start].decode("utf-16" if wide else "utf-8-sig", "ignore")
        line = len(re.split(r"\r\n|\r|\n", before))
        raise DataError(
            f"Line {line} of {title} is not {coding} text (the byte {data[error.start]:#04x} is "
            "wrong there); save the file as UTF-8, which spreadsheets call CSV UTF-8."
        ) from None
    if "\0" in text:
        raise DataError(
            f"{title} holds a NUL, so it is neither UTF-8 text nor UTF-16 with its mark; "
            "save it as UTF-8."
        )
    return text


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


def checked_label(text: str, where: str) -> str:
    """Return a label fit to be shown, see `tidy`; `where` begins the message, as in "Row 3".

    Characters that join or part letters, as Persian, Hindi and emoji need them, are kept.

    Raises DataError on an empty label, one of more than 200 characters or with control characters.
    """
    label = tidy(text)
    if not label:
        raise DataError(f"{where} has an empty label.")
    if len(label) > MOST_LETTERS:
        raise DataError(f"{where} has a label of more than {MOST_LETTERS} characters.")
    if why := fault_of(label):
        raise DataError(f"{where} has a label that {why}: {label!a}.")
    return label


def written_path(home: Path, text: str) -> tuple[Path, str]:
    """Return the path that a list means by `text`, relative to `home`, and how it is spelt there.

    A path that is not there as it stands is looked for with Windows' backslashes as slashes, with
    accents in Unicode's other normal form, as file systems differ in both, and below `home` without
    a slash before it, as some lists are written.
    """
    slashes = text.replace("\\", "/")
    for spelt in dict.fromkeys((text, slashes, slashes.lstrip("/") or text)):
        path = _upwards(home / spelt)
        if not os.path.lexists(path) and not spelt.isascii():
            path = _in_either_form(path)
        if os.path.lexists(path):
            return path, spelt
    return _upwards(home / text), text


def _upwards(path: Path) -> Path:
    """Follow ".." as the system does: from where a link leads, not from where it lies."""
    if ".." not in path.parts:
        return Path(os.path.normpath(path))
    try:
        if path.name == "..":
            return Path(os.path.realpath(path))
        return Path(os.path.realpath(path.parent), path.name)
    except (OSError, ValueError):  # a NUL in it
        return Path(os.path.normpath(path))


def _in_either_form(path: Path) -> Path:
    place = Path(path.anchor)
    for part in path.parts[1:]:
        forms = (part, *(unicodedata.normalize(form, part) for form in ("NFC", "NFD")))
        place /= next((form for form in forms if os.path.lexists(place / form)), part)
    return place


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
            seen = (e for e in islice(found, MOST_ENTRIES + 1) if not e.name.startswith("."))
            return sorted(seen, key=lambda e: e.name)
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


def plain(name: str) -> str:
    """Write `name` as folders may have it: in small letters, spaces as underscores."""
    return re.sub(r"[\s_]+", "_", in_nfc(name)).lower()


def in_nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
