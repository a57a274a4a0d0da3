"""Reading the lists that describe a data set: bounded text, JSON, labels, what a folder holds.

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
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sct.errors import ClipError, DataError
from sct.labels import tidy
from sct.video.endings import ending_of, is_picture, is_video
from sct.video.pictures import numbered_pictures
from sct.video.sources import quoted

MOST_MB = 64
_MOST_ENTRIES = 2_000_000  # names in all folders of one data set; Kinetics-700 has 650,000
_MOST_FRAMES = 50_000_000  # pictures; Something-Something v2 has 25 million
_MOST_NAMED, _MOST_KINDS, _KIND_LENGTH = 5, 40, 12  # of what is left out
NO_VIDEO = "its ending is not a video's"
_DEEPEST = 8
_LABEL_LENGTH = 200


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

    Raises DataError on an empty label, one of more than 200 characters or with control characters.
    """
    label = tidy(text)
    if not label:
        raise DataError(f"{where} has an empty label.")
    if len(label) > _LABEL_LENGTH:
        raise DataError(f"{where} has a label of more than {_LABEL_LENGTH} characters.")
    if not label.isprintable():
        raise DataError(f"{where} has a label with characters that cannot be shown: {label!a}.")
    return label


def written_path(home: Path, text: str) -> tuple[Path, str]:
    """Return the path that a list means by `text`, relative to `home`, and how it is spelt there.

    A path that is not there as it stands is looked for with Windows' backslashes as slashes, and
    with accents in Unicode's other normal form, as file systems differ in both.
    """
    for spelt in dict.fromkeys((text, text.replace("\\", "/"))):
        path = Path(os.path.normpath(home / spelt))
        if not os.path.lexists(path) and not spelt.isascii():
            path = _in_either_form(path)
        if os.path.lexists(path):
            return path, spelt
    return Path(os.path.normpath(home / text)), text


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
            seen = (e for e in islice(found, _MOST_ENTRIES + 1) if not e.name.startswith("."))
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


class Leftovers:
    """Collects what is no clip in a data set: a few files of each kind by name, all by number.

    Args:
        root: the folder that names are relative to.
    """

    def __init__(self, root: Path):
        self._root = root
        self._named: dict[tuple[str, str], list[str]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, path: Path, reason: str) -> None:
        """Add a file or folder, and why it is no clip."""
        kind = ending_of(path.name)[:_KIND_LENGTH], reason
        if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
            kind = "", "it is no clip"
        self._counts[kind] += 1
        if len(named := self._named.setdefault(kind, [])) < _MOST_NAMED:
            named.append(path.relative_to(self._root).as_posix())

    def listed(self) -> tuple[tuple[str, str], ...]:
        """Return (name, reason) of each, and of many of a kind how many more there are."""
        found = []
        for (ending, reason), named in self._named.items():
            found += [(name, reason) for name in named]
            if more := self._counts[ending, reason] - len(named):
                found.append((f"{more:,} more {ending} files".replace("  ", " "), reason))
        return tuple(found)


def videos_under(folder: Path, leftovers: Leftovers | None = None) -> Iterator[Path]:
    """Find every clip under `folder`, by name, links followed.

    A clip is a file whose ending is a video's, or a folder below `folder` that holds numbered
    pictures, no videos and no folders; those come last. Pictures whose folder is called as a video
    are its frames, written out, and not a clip of their own, which could land on the other side of
    a split. A folder that lies within itself by way of a link is entered once.

    Args:
        folder: where to look.
        leftovers: is told of the files that are no clips.

    Raises:
        DataError: a folder cannot be read, or holds above two million names that are no frames.
    """
    count = frames = 0

    def walk(place: Path, above: tuple) -> Iterator[Path]:
        nonlocal count, frames
        try:
            status = os.stat(place)
        except OSError:
            return
        here = (status.st_dev, status.st_ino)
        if here in above or len(above) > _DEEPEST:
            return
        found = entries(place)
        inner = {entry.name for entry in found if is_folder(entry)}
        files = [entry.name for entry in found if entry.name not in inner]
        pictures = [name for name in files if is_picture(name)]
        frames += len(pictures)
        count += len(found) - len(pictures)
        if count > _MOST_ENTRIES or frames > _MOST_FRAMES:
            raise DataError(
                f"The folder {quoted(str(folder))} holds more than {_MOST_ENTRIES:,} files."
            )
        why = "a clip of pictures needs a folder of its own, and numbers in their names"
        if above and pictures and not inner and not any(map(is_video, files)):
            try:
                if numbered_pictures(files):
                    yield place
                    return
            except ClipError as error:
                why = f"the folder {error}"
        for entry in found:
            if entry.name in inner:
                yield from walk(place / entry.name, (*above, here))
            elif is_video(entry.name):
                yield place / entry.name
            elif leftovers:
                leftovers.add(place / entry.name, why if is_picture(entry.name) else NO_VIDEO)

    def chosen() -> Iterator[Path]:
        videos, folders = set(), []
        for path in walk(folder, ()):
            if is_video(path.name):
                videos.add(path.stem)
                yield path
            else:
                folders.append(path)
        for path in folders:
            if path.name not in videos:
                yield path
            elif leftovers:
                leftovers.add(path, "there is a video of this name, whose pictures these are")

    return chosen()


def is_clip_folder(folder: Path) -> bool:
    """Say whether a path is that of a folder with numbered pictures in it."""
    try:
        return folder.is_dir() and bool(numbered_pictures(e.name for e in entries(folder)))
    except ClipError:
        return False


class VideoIndex:
    """Finds the clips under a folder by name, whatever the folders between and the ending."""

    def __init__(self, folder: Path):
        self._paths: dict[str, list[Path]] = {}
        for path in videos_under(folder):
            name = path.stem if is_video(path.name) else path.name
            self._paths.setdefault(_name(name), []).append(path)

    def __len__(self) -> int:
        return len(self._paths)

    def find(self, stem: str, parent: str = "") -> Path | None:
        """Return the video called `stem`, without ending, first one in a folder `parent`."""
        found = self._paths.get(_name(stem))
        if not found:
            return None
        wanted = plain(parent)
        return next((p for p in found if plain(p.parent.name) == wanted), found[0])


def plain(name: str) -> str:
    """Write `name` as folders may have it: in small letters, spaces as underscores."""
    return re.sub(r"[\s_]+", "_", _name(name)).lower()


def _name(name: str) -> str:
    return unicodedata.normalize("NFC", name)
