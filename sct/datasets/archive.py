"""Unpacks a data set from a .zip, which may be a stranger's: within limits, and nowhere else.

    with archive.opened("walks.zip") as found:  # of class folders, or of videos and a .csv list
        print(found.dataset.counts)

What is unpacked lies in a temporary folder, which is gone after the block, however that ends.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from sct.datasets.dataset import Dataset, open_dataset
from sct.datasets.folders.finding import NO_VIDEO, SYSTEM
from sct.datasets.layouts import find_layout
from sct.datasets.lists.tables import read_rows
from sct.datasets.options import EvaluationOptions, ReadOptions
from sct.datasets.temporary import PREFIX, temporary_folder
from sct.errors import DataError, SCTError
from sct.video.endings import is_picture, is_video, may_be_still
from sct.video.sources import clean_name, quoted

ENDING = ".zip"
_MB = 1 << 20
_LISTS = (".csv", ".tsv")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar")
_MADE_BY_SYSTEMS = SYSTEM | {".ds_store", "thumbs.db", "desktop.ini"}
_DEEPEST, _LONGEST = 16, 200  # folders, and bytes of a name
_ENTRY = 512  # bytes of a name and what is said of it, of those that are unpacked
# As zipfile does; LZMA may ask for any amount of memory.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END, _END_64 = struct.Struct("<4s4H2LH"), b"PK\x06\x07"
_NO_WORD = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class ArchiveLimits:
    """The limits of an archive: files, rows of its list, MB unpacked, and times its own size."""

    files: int = 20_000
    rows: int = 50_000
    megabytes: int = 1024
    times: int = 100


@dataclass(frozen=True)
class Unpacked:
    """Says where an archive was unpacked.

    Attributes:
        place: the folder of class folders, or the list.
        left_out: (name, reason) of what was not unpacked.
    """

    place: Path
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Opened:
    """Holds the data set in an archive, and which of its clips it has: "test" or "all"."""

    dataset: Dataset
    split: str


@contextmanager
def opened(
    source: str | os.PathLike | BinaryIO,
    name: str = "",
    options: ReadOptions | None = None,
    split: str = "",
    limits: ArchiveLimits | None = None,
) -> Iterator[Opened]:
    """Open the data set in an archive; its files are there until the block ends.

    Messages name files as the archive does, those of errors in the block too.

    Args:
        source: a path, or a binary file that can seek.
        name: of the archive, as it is shown.
        options: how a list in it is read.
        split: as `open_dataset` takes it; "" takes all clips, or those for testing if the archive
            says itself which these are.
        limits: of what is unpacked.

    Raises:
        DataError: no .zip, encrypted, damaged, above a limit, names that lead out of it, or no data
            set, as `open_dataset` says.
    """
    options = options or ReadOptions()
    name = clean_name(name or os.path.basename(getattr(source, "name", None) or str(source)))
    with temporary_folder() as folder, _hidden(folder, name):
        found = unpack(source, name, folder, limits or ArchiveLimits())
        if not split:
            official = find_layout(str(found.place))[0].read(found.place, options).official
            split = "test" if official else "all"
        dataset = open_dataset(found.place, split, options)
        left_out = (*dataset.left_out, *found.left_out)
        top = found.place if found.place.is_dir() else found.place.parent
        yield Opened(replace(dataset, name=name, left_out=left_out, top=str(top)), split)


@contextmanager
def opened_if_zip(data: str, options: EvaluationOptions) -> Iterator[str | Dataset]:
    """Open the data set in a .zip that a person names; other data stays as it is named."""
    if data.lower().endswith(ENDING) and os.path.isfile(data):
        with opened(data, options=options, split=options.split) as found:
            yield found.dataset
    else:
        yield data


@contextmanager
def _hidden(folder: Path, name: str) -> Iterator[None]:
    """Raise errors without the path of the folder, which says nothing to who sent the archive."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{quoted(name)} could not be unpacked here.") from error
    except (SCTError, ValueError) as error:
        kind, said = type(error) if isinstance(error, SCTError) else DataError, str(error)
        said = said.replace(str(folder) + os.sep, "").replace(str(folder), name)
        own = re.compile(rf'^The folder "[^"]*{re.escape(_stem(name))}"')  # that it was unpacked to
        said = own.sub(lambda _: quoted(name), said)
        if folder.name[: len(PREFIX) + 3] in said:  # cut in the middle, as long names are
            said = f"{quoted(name)} cannot be read as a data set."
        raise kind(said) from None


def unpack(
    source: str | os.PathLike | BinaryIO, name: str, folder: Path, limits: ArchiveLimits
) -> Unpacked:
    """Unpack an archive into a folder of `folder`; arguments and errors as `opened`.

    Raises:
        DataError: as there.
        OSError: the archive cannot be read, or nothing can be written.
    """
    title = quoted(name)
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return unpack(file, name, folder, limits)
    size = _checked_size(source, title, limits)
    try:
        archive = zipfile.ZipFile(source)
    except Exception as error:  # of a dozen kinds, all about a damaged archive
        raise DataError(f"{title} is a damaged .zip, or its names are of no known code.") from error
    with archive:
        entries = archive.infolist()
        total = sum(entry.file_size for entry in entries)
        for wrong, said in (
            (len(entries) > limits.files, f"{len(entries):,} files; at most {limits.files:,}"),
            (total > limits.megabytes * _MB,
             f"{total / _MB:,.0f} MB when unpacked; at most {limits.megabytes:,} MB"),
            (total > limits.times * size + 16 * _MB,
             f"{total / size:,.0f} times its own size when unpacked; at most {limits.times} times"),
        ):  # fmt: skip
            if wrong:
                raise DataError(f"{title} holds {said} are accepted.")
        if total > shutil.disk_usage(folder).free / 2:
            raise DataError(f"There is no room to unpack {title} just now.")
        return _written(archive, entries, title, folder / _stem(name), limits.rows)


def _stem(name: str) -> str:
    """Return what the folder of an archive is called, as messages name it."""
    return _NO_WORD.sub("-", Path(name).stem).strip(".-")[:60] or "set"


def _checked_size(file: BinaryIO, title: str, limits: ArchiveLimits) -> int:
    """Return the bytes of an archive, before zipfile makes an object of each name in it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - (1 << 16)))
    tail = file.read()
    at = len(tail) - _END.size
    if tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":  # there is a comment at the end
        at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + _END.size:
        raise DataError(f"{title} is no .zip, or is cut off.")
    *_, names, _, _ = _END.unpack_from(tail, at)
    if _END_64 in tail[max(0, at - 20) : at] or names > limits.files * _ENTRY:
        raise DataError(f"{title} holds too much; at most {limits.files:,} files are accepted.")
    file.seek(0)
    return size


def _written(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], title: str, top: Path, rows: int
) -> Unpacked:
    """Write what may belong to a data set, and find what describes it."""
    top.mkdir()
    left_out: list[tuple[str, str]] = []
    files: dict[str, Path] = {}
    folders: dict[str, str] = {}  # how each is spelt, by its one form
    for entry in entries:
        parts = _checked_parts(entry, title)
        name = "/".join(parts)
        if any(part.lower() in _MADE_BY_SYSTEMS or part.startswith("._") for part in parts):
            continue
        if not parts or entry.is_dir():  # which fails where a name is empty
            folders.setdefault(_one_form(name), name)
            continue
        if reason := _reason(parts):
            left_out.append((name, reason))
            continue
        for depth in range(1, len(parts)):
            folders.setdefault(_one_form("/".join(parts[:depth])), "/".join(parts[:depth]))
        if _one_form(name) in files:
            raise DataError(f"{title} holds {quoted(name)} twice.")
        files[_one_form(name)] = path = top.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "xb") as out:
                _copy(archive, entry, out)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise DataError(f"{title} holds {quoted(name)} twice.") from None
        except _Damaged:
            del files[_one_form(name)]
            path.unlink()
            left_out.append((name, "it is damaged in the archive"))
    held = {_one_form(name) for path in files.values() for name in _above(path, top)}
    empty = [name for key, name in folders.items() if name and key not in held]
    left_out += [(name, "there is no clip in this folder") for name in empty]
    return Unpacked(_described(files, title, top, rows), tuple(left_out))


def _checked_parts(entry: zipfile.ZipInfo, title: str) -> list[str]:
    """Return the folders and the name of an entry. Raises DataError if they may lead anywhere."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800:  # not said to be UTF-8, and yet it often is
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    shown = quoted(name)
    if "\0" in name or leads_out(name):
        raise DataError(f"{title} names {shown}, which leads out of the archive.")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DataError(f"{title} holds {shown}, a link or a device; only files are accepted.")
    if entry.flag_bits & 1:
        raise DataError(f"{title} is locked by a password; pack it without one.")
    if entry.compress_type not in _PACKED:
        raise DataError(f"{title} is packed in a rare way; pack it as usual (deflate).")
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]


def leads_out(name: str) -> bool:
    """Say whether a path may lead out of the folder that it is relative to, on any system."""
    windows = PureWindowsPath(name)
    inside = not (windows.drive or windows.root or PurePosixPath(name).is_absolute())
    return not inside or ".." in windows.parts


def _reason(parts: list[str]) -> str:
    """Return why a file is not unpacked, "" if it is."""
    last = parts[-1].lower()
    if last.endswith(_ARCHIVES):
        return "an archive within an archive is not opened"
    if len(parts) > _DEEPEST or any(len(os.fsencode(part)) > _LONGEST for part in parts):
        return "its name is too long, or it lies too deep"
    wanted = is_video(last) or is_picture(last) or may_be_still(last) or last.endswith(_LISTS)
    return "" if wanted else NO_VIDEO


class _Damaged(Exception):
    """A file cannot be unpacked, as others can."""


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, out: BinaryIO) -> None:
    """Copy a file out of an archive; never more of it than its entry says."""
    try:
        packed = archive.open(entry)
    except Exception as error:
        raise _Damaged from error
    with packed:
        while True:
            try:
                data = packed.read(_MB)
            except Exception as error:
                raise _Damaged from error
            if not data:
                return
            out.write(data)


def _described(files: dict[str, Path], title: str, top: Path, most: int) -> Path:
    """Return the one list in the archive; without any, the folder.

    Raises DataError if there are several, or more rows than `most`.
    """
    # A list lies above all that it may name; a table in a class folder is none.
    lists = sorted(
        path
        for path in files.values()
        if path.suffix.lower() in _LISTS
        and all(other.is_relative_to(path.parent) for other in files.values())
    )
    if len(lists) > 1:
        some = " and ".join(quoted(path.relative_to(top).as_posix()) for path in lists[:3])
        raise DataError(f"{title} holds several lists, {some}; leave the one that is meant.")
    if not lists:
        return top
    rows = read_rows(lists[0]).rows
    if len(rows) > most:
        raise DataError(
            f"{quoted(lists[0].name)} in {title} has {len(rows):,} rows; at most {most:,} are "
            "accepted in an archive."
        )
    for number, cells in rows:
        # Before anything looks for them: not even whether there is such a file is told.
        for cell in filter(leads_out, cells):
            raise DataError(
                f"Row {number} of {quoted(lists[0].name)} names {quoted(cell)}, which leads out of "
                "the archive; paths begin at the list's own folder."
            )
    return lists[0]


def _one_form(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _above(path: Path, top: Path) -> Iterator[str]:
    for folder in path.relative_to(top).parents:
        yield folder.as_posix()
