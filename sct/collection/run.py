"""Runs a model over a collection of videos on this machine, and keeps the rows as they come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sct.collection import joining
from sct.collection.looking import Looker
from sct.collection.schema import row_of_error
from sct.collection.sources import Item
from sct.collection.store import Store
from sct.collection.working import End, work_through

_PART_ROWS, _PART_BYTES, _PART_S = 1000, 32 << 20, 30.0  # of which the first ends a part

# Called with the videos that are done, how many there are, and figures beside.
Progress = Callable[[int, int, dict[str, float]], None]


@dataclass
class Done:
    """What a run has done, of the videos that it looked into itself.

    Attributes:
        videos, windows, errors: how many; an error is a video that could not be read to its end.
        seconds: that it took. forward_s: in the model, of all that ran it beside each other.
        why: of the first errors, (video, sentence).
    """

    videos: int = 0
    windows: int = 0
    errors: int = 0
    seconds: float = 0.0
    forward_s: float = 0.0
    why: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return windows a second."""
        return self.windows / self.seconds if self.seconds else 0.0


class Gathered:
    """Gathers the rows of videos until each is whole, and hands them to the store in parts.

    Any thread may bring some.

    Args:
        store: keeps them. total: videos that there are to look into.
        progress: see `Progress`.
    """

    def __init__(self, store: Store, total: int, progress: Progress | None = None):
        self.done = Done()
        self._store, self._total, self._progress = store, total, progress
        self._open: dict[str, list[dict[str, Any]]] = {}
        self._ends: dict[str, End] = {}
        self._whole: list[dict[str, Any]] = []
        self._bytes, self._begun = 0, time.monotonic()
        self._since = self._begun
        self._lock = threading.RLock()

    def add(self, rows: Sequence[dict[str, Any]], forward_s: float) -> None:
        """Take rows of any videos, for which the model took some seconds. Raises RunError."""
        with self._lock:
            for row in rows:
                self._open.setdefault(row["file"], []).append(row)
            self.done.windows += len(rows)
            self.done.forward_s += forward_s
            for file in {row["file"] for row in rows}:
                self._close(file)
            self._told()

    def end(self, end: End) -> None:
        """Take it that a video has ended; its rows may still be on their way. Raises RunError."""
        with self._lock:
            self._ends[end.file] = end
            self._close(end.file)
            self._told()

    def _close(self, file: str) -> None:
        end = self._ends.get(file)
        if end is None or len(self._open.get(file, ())) < end.windows:
            return
        rows = self._open.pop(file, [])
        del self._ends[file]
        if end.error:
            rows.append(row_of_error(file, end.error))
            self.done.errors += 1
            if len(self.done.why) < 20:
                self.done.why.append((file, end.error))
        self.done.videos += 1
        self._whole += rows
        self._bytes += sum(len(row.get("strip") or b"") for row in rows)
        late = time.monotonic() - self._since > _PART_S
        if len(self._whole) >= _PART_ROWS or self._bytes >= _PART_BYTES or late:
            self.flush()

    def flush(self) -> None:
        """Write a part of the videos that are whole. Raises RunError."""
        with self._lock:
            self._store.add(self._whole)
            self._whole, self._bytes, self._since = [], 0, time.monotonic()

    def _told(self) -> None:
        self.done.seconds = time.monotonic() - self._begun
        if self._progress:
            self._progress(self.done.videos, self._total, {"clips/s": self.done.rate})


def run(
    looker: Looker,
    items: Sequence[Item],
    store: Store,
    *,
    workers: int,
    batch: int = 8,
    progress: Progress | None = None,
) -> Done:
    """Look at all windows of some videos, keep the rows, and join them into one table.

    What is whole is kept also where this ends by an error or is interrupted.

    Args:
        looker: says what of each window.
        items: the videos, none of which the store has.
        workers: processes that decode; 0 does all in this process, one after the other.
        batch: windows in a forward pass.

    Raises:
        RunError: the rows cannot be written.
        DataError: the model answers with what is no number.
    """
    gathered = Gathered(store, len(items), progress)
    try:
        work_through(looker, items, gathered, workers=workers, batch=batch)
    finally:
        gathered.flush()
    joining.join(store)
    return gathered.done
