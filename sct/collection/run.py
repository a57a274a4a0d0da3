"""Runs a model over a collection of videos on this machine: decoders beside one forward loop."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sct.collection import joining
from sct.collection.looking import Looker
from sct.collection.reading import Decode, Plan, Window, decode_here, read_windows
from sct.collection.schema import row_of_error
from sct.collection.sources import Item
from sct.collection.store import Store
from sct.errors import Busy, ClipError

_PART_ROWS, _PART_BYTES, _PART_S = 1000, 32 << 20, 30.0  # of which the first ends a part
CPU_S, MEMORY = 60, 2 << 30  # of a decoder, for one stretch of a video
_LOOK_S = 0.1
_AGAIN = 20  # times that a decoder is asked for while the machine begins none

# Called with the videos that are done, how many there are, and figures beside.
Progress = Callable[[int, int, dict[str, float]], None]


@dataclass
class Done:
    """What a run has done, of the videos that it looked into itself.

    Attributes:
        videos, windows, errors: how many; an error is a video that could not be read to its end.
        seconds: that it took. forward_s: of these, in the model.
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


@dataclass(frozen=True)
class End:
    """Says that a video has ended after so many windows, and why it could not be read, or ""."""

    file: str
    windows: int
    error: str = ""


class Gathered:
    """Gathers the rows of videos until each is whole, and hands them to the store in parts.

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

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Take rows of any videos. Raises RunError."""
        for row in rows:
            self._open.setdefault(row["file"], []).append(row)
        self.done.windows += len(rows)
        for file in {row["file"] for row in rows}:
            self._close(file)
        self._told()

    def end(self, end: End) -> None:
        """Take it that a video has ended; its rows may still be on their way. Raises RunError."""
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
        with torch_threads(workers), reading(items, looker.plan, workers, batch) as found:
            waiting: list[Window] = []
            for one in found:
                if isinstance(one, End):
                    gathered.end(one)
                    continue
                waiting.append(one)
                if len(waiting) == batch:
                    _look(looker, waiting, gathered)
                    waiting = []
            if waiting:
                _look(looker, waiting, gathered)
    finally:
        gathered.flush()
    joining.join(store)
    return gathered.done


def _look(looker: Looker, windows: list[Window], gathered: Gathered) -> None:
    begun = time.monotonic()
    rows = looker.rows(windows)
    gathered.done.forward_s += time.monotonic() - begun
    gathered.add(rows)


@contextmanager
def torch_threads(workers: int) -> Iterator[None]:
    """Leave the processors that decoders need to them, as far as there are more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before - workers))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """Return how many processors this program may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


# -- reading, beside or before ---------------------------------------------------------------------


def read(item: Item, plan: Plan, decode: Decode) -> Iterator[Window | End]:
    """Yield the windows of a video, then its end; a video that cannot be read ends by why."""
    count, why = 0, ""
    try:
        for window in read_windows(item, plan, decode):
            yield window
            count += 1
    except ClipError as error:
        why = " ".join(str(error).split())
    yield End(item.name, count, why)


class _Stopped(BaseException):  # what decoders take for no fault of theirs
    """Nobody waits for what is read any more."""


@contextmanager
def reading(
    items: Sequence[Item], plan: Plan, workers: int, batch: int
) -> Iterator[Iterator[Window | End]]:
    """Give the windows of videos, read by some processes at once or by this one."""
    if not workers:
        yield (one for item in items for one in read(item, plan, decode_here))
        return
    from sct.serving.decoders import Decoders

    # All files are of one owner, who runs this; nice decoders would fall behind the forward loop.
    decoders = Decoders(workers, CPU_S, MEMORY, idle=workers, polite_s=float("inf"))
    found: queue.Queue[Window | End | BaseException | None] = queue.Queue(4 * batch)
    left, stop, lock = iter(items), threading.Event(), threading.Lock()

    def check() -> None:
        if stop.is_set():
            raise _Stopped

    def decode(path: str, wanted: list[float], image_size: int) -> dict[str, Any]:
        return asked(decoders, path, wanted, image_size, check)

    def put(one: Window | End | BaseException | None) -> None:
        while True:
            check()
            try:
                return found.put(one, timeout=_LOOK_S)
            except queue.Full:
                continue

    def work() -> None:
        try:
            while True:
                with lock:
                    item = next(left, None)
                if item is None:
                    return put(None)
                for one in read(item, plan, decode):
                    put(one)
        except _Stopped:
            pass
        except BaseException as error:  # the forward loop raises it
            with suppress(_Stopped):
                put(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()

    def each() -> Iterator[Window | End]:
        ended = 0
        while ended < len(threads):
            one = found.get()
            if isinstance(one, BaseException):
                raise one
            if one is None:
                ended += 1
            else:
                yield one

    try:
        yield each()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        decoders.close()


def asked(
    decoders: Any, path: str, wanted: list[float], image_size: int, check: Callable[[], None]
) -> dict[str, Any]:
    """Ask decoders for what a model sees of a video. Raises ClipError."""
    from sct.video.clip import SHORT_SIDE

    for again in range(_AGAIN):
        try:
            return decoders.decode(path, wanted, SHORT_SIDE, "collection", check, image_size)
        except Busy:
            check()
            time.sleep(min(2.0, 0.1 * 2**again))
    raise ClipError("No process that reads videos could be begun; there may be too little memory.")
