"""Runs over collections: opened once while their files stay, and what was asked of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import streamlit as st

from pages.cache.lru import LRUCache
from sct.collection import labels, runs
from sct.collection.labels import Decision
from sct.collection.naming import as_text
from sct.collection.query import Key, Rows
from sct.collection.runs import Run
from sct.errors import ClipError, DataError
from sct.video.sources import quoted


@dataclass(frozen=True)
class RunFile:
    """A file of a run, or a folder of numbered pictures that is one of its clips, read as an
    `Upload` is.

    Attributes:
        run, file: names of the run, and of the file in it.
        name: the file's own. size: in bytes.
        key: changes when the file does; of a folder, when a picture comes or goes.
        path: where it lies. root: the run's folder, which nothing may lead out of.
    """

    run: str
    file: str
    name: str
    size: int
    key: str
    path: Path = field(repr=False)
    root: Path = field(repr=False)

    def open(self) -> AbstractContextManager[BinaryIO | Path]:
        """Return it as a binary file, or the path of a folder.

        Raises ClipError where it is gone, no file any more, or a folder with links out of the root.
        """
        gone = ClipError(f"{quoted(self.name)} is not there any more.")
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            if stat.S_ISDIR(os.lstat(self.path).st_mode):
                self._check_links()
                return nullcontext(self.path)
            number = os.open(self.path, flags | getattr(os, "O_BINARY", 0))
        except OSError:
            raise gone from None
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise gone
        return os.fdopen(number, "rb")

    def _check_links(self) -> None:
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.is_symlink() and not _within(entry.path, self.root):
                    raise ClipError(
                        f"The picture {quoted(entry.name)} of {quoted(self.name)} lies outside of "
                        "the run's folder."
                    )


def _within(path: str, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


@st.cache_resource(max_entries=1, show_spinner=False)
def _opened() -> LRUCache:
    """Runs, by path and stamp."""
    return LRUCache(32)


@st.cache_resource(max_entries=1, show_spinner=False)
def _asked() -> LRUCache:
    """Answers, by what they depend on. Pages of pictures are none of them."""
    return LRUCache(512)


@st.cache_resource(max_entries=1, show_spinner=False)
def _labels() -> LRUCache:
    """Labels of runs, by path and stamp, and by the run's version where they are of its rows."""
    return LRUCache(32)


@st.cache_resource(max_entries=1, show_spinner=False)
def _starts() -> LRUCache:
    """When rows with labels begin, by version of their run; None for what is no row of it."""
    return LRUCache(16)


def open_run(name: str) -> Run:
    """Open a run of the operator's folder by its name.

    Raises DataError: there is no such run, or it cannot be read.
    """
    where = runs.folder()
    path = runs.list_runs(where).get(name) if where else None
    if path is None:
        raise DataError(f"There is no run {quoted(name)} here any more.")
    key = path, runs.stamp(path)
    if (known := _opened().get(key)) is None:
        known = runs.open_run(path)
        _opened().put(key, known)
    return known


Labels = Mapping[str, Mapping[Key, Decision]]


def labels_of(run: Run) -> Labels:
    """Return what people said of the rows of a run, by question. Raises DataError."""
    stamp, everything = _read(run)
    key = stamp, run.version
    if (known := _labels().get(key)) is None:
        starts = _starts_of(run, {one for own in everything.values() for one in own})
        known = {name: labels.of_rows(own, starts) for name, own in everything.items()}
        _labels().put(key, known)
    return known


def left_aside(run: Run, question: str) -> int:
    """Return how many labels there are of windows that are none of the run's. Raises DataError."""
    _, everything = _read(run)
    return len(everything.get(question, ())) - len(labels_of(run).get(question, ()))


def _read(run: Run) -> tuple[Any, Labels]:
    """Return what lies beside a run, and a key of it."""
    path = labels.path_of(run.path)
    try:
        found = path.stat()
    except OSError:
        return None, {}
    key = path, found.st_mtime_ns, found.st_size
    if (known := _labels().get(key)) is None:
        known = labels.read(path)
        _labels().put(key, known)
    return key, known


def _starts_of(run: Run, keys: set[Key]) -> dict[Key, float | None]:
    """Return when some rows begin; it is asked of those alone that were never asked of."""
    known = _starts().get(run.version) or {}
    if missing := keys - known.keys():
        found = Rows(run).parts(list(missing))
        known = {
            **known,
            **{key: found[key][0] or 0.0 if key in found else None for key in missing},
        }
        _starts().put(run.version, known)
    return {key: start for key, start in known.items() if start is not None}


def ask(rows: Rows, what: str, *given: Any, **more: Any) -> Any:
    """Return `getattr(rows, what)(*given, **more)`, from memory if it was asked before.

    Raises DataError.
    """
    other = rows.other.version if rows.other else None
    labelled = tuple((name, tuple(own.items())) for name, own in rows.labels.items())
    few = sum(map(len, rows.labels.values())) < 20  # or the key would hold them all
    own = labelled if few else hash(labelled)
    key = rows.run.version, other, own, what, given, tuple(sorted(more.items()))
    if (known := _asked().get(key)) is None:
        known = getattr(rows, what)(*given, **more)
        _asked().put(key, known)
    return known


def file_of(run_name: str, file: str) -> RunFile:
    """Find a file of a run, for a clip of it to be opened.

    Raises DataError: it is none of the run's, lies outside of its folder, or is gone.
    """
    run = open_run(run_name)
    if not ask(Rows(run), "has_file", file):
        raise DataError(f"The run {quoted(run_name)} has no file {quoted(file)}.")
    path = runs.file_of(run, file)
    try:
        found = os.stat(path)
    except OSError:
        raise DataError(
            f"The file {quoted(file)} of the run {quoted(run_name)} is not there any more."
        ) from None
    told = repr((str(path), found.st_mtime_ns, found.st_size)).encode(errors="surrogatepass")
    name, key = as_text(path.name), hashlib.sha256(told).hexdigest()
    return RunFile(run_name, file, name, found.st_size, key, path, runs.root_of(run))
