"""Reads videos and looks at their windows at once, by as many workers as there are.

A worker is a thread that has videos read by a process of its own, and finds cuts and flow. One
more takes what they read and shows it to the model. On a processor a worker that has read more than
that one can look at does a part of its work, so that no processor waits for another.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sct.collection.looking import Looker
from sct.collection.reading import Decode, Plan, Window, decode_here, read_windows
from sct.collection.sources import Item
from sct.errors import Busy, ClipError

if TYPE_CHECKING:
    from sct.serving.decoders import Decoders

_CPU_S, _MEMORY = 60, 2 << 30  # of a decoder, for one stretch of a video
_MOST_BATCHES = 4  # that wait to be looked at
_AGAIN = 20  # times that a decoder is asked for while the machine begins none
_END_S = 2.0  # for readers to go home; one that waits for storage which hangs never does


@dataclass(frozen=True)
class End:
    """Says that a video has ended after so many windows, and why it could not be read, or ""."""

    file: str
    windows: int
    error: str = ""


class Taker(Protocol):
    """Takes what is found, from any thread."""

    def add(self, rows: Sequence[dict[str, Any]], forward_s: float) -> None:
        """Take rows of any videos, for which the model took some seconds."""

    def end(self, end: End) -> None:
        """Take it that a video has ended; its rows may still be on their way."""


def work_through(
    looker: Looker, items: Sequence[Item], taker: Taker, *, workers: int, batch: int
) -> None:
    """Look at all windows of some videos, in any order.

    Args:
        looker: says what of each window.
        items: the videos. taker: of their rows and ends.
        workers: processes that decode; 0 does all in this thread, one after the other.
        batch: windows in a forward pass.

    Raises:
        DataError: the model answers with what is no number; and what the taker raises.
    """

    def look(windows: list[Window], check: Callable[[], None] = lambda: None) -> None:
        begun = time.monotonic()
        rows = looker.rows(windows)
        check()
        taker.add(rows, time.monotonic() - begun)

    with threads_beside(workers):
        if workers:
            helping = looker.model.device.type == "cpu"
            with _reading(items, looker.plan, taker, workers, batch, look, helping) as waiting:
                while windows := waiting.take():
                    look(windows)
            return
        windows = []
        for one in (one for item in items for one in read(item, looker.plan, decode_here)):
            if isinstance(one, End):
                taker.end(one)
                continue
            windows.append(one)
            if len(windows) == batch:
                look(windows)
                windows = []
        if windows:
            look(windows)


@contextmanager
def threads_beside(workers: int) -> Iterator[None]:
    """Leave the processors that workers need to them, as far as there are more."""
    import cv2
    import torch

    before, before_cv2 = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(max(1, before - workers))
    if workers:
        cv2.setNumThreads(1)  # of each worker, as there are several
    try:
        yield
    finally:
        torch.set_num_threads(before)
        cv2.setNumThreads(before_cv2)


def cores() -> int:
    """Return how many processors this program may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


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


class _Waiting:
    """Holds windows between those who read them and those who look at them.

    Args:
        batch: windows that are looked at together.
        readers: how many there are, each of whom says once that it has no more.
    """

    def __init__(self, batch: int, readers: int):
        self._windows: deque[Window] = deque()
        self._batch, self._readers = batch, readers
        self._changed = threading.Condition()
        self._stopped, self._error = False, None

    def check(self) -> None:
        """Raise _Stopped where nobody waits any more."""
        if self._stopped:
            raise _Stopped

    def put(self, window: Window, patient: bool) -> bool:
        """Add a window; where there is no room, wait for it if patient, else return False."""
        with self._changed:
            while not self._stopped and len(self._windows) >= _MOST_BATCHES * self._batch:
                if not patient:
                    return False
                self._changed.wait()
            self.check()
            self._windows.append(window)
            self._changed.notify_all()
            return True

    def take(self, patient: bool = True) -> list[Window]:
        """Return windows to be looked at, fewer than a batch only at the end or if not patient.

        Raises what a reader has failed by.
        """
        with self._changed:
            if patient:
                self._changed.wait_for(self._ready)
            if self._error is not None:
                raise self._error
            found = [self._windows.popleft() for _ in range(min(self._batch, len(self._windows)))]
            self._changed.notify_all()
            return found

    def _ready(self) -> bool:
        full = len(self._windows) >= self._batch
        return full or not self._readers or self._error is not None

    def end(self) -> None:
        """Take it that a reader has no more windows."""
        with self._changed:
            self._readers -= 1
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """Let whoever takes windows raise an error."""
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()

    def stop(self) -> None:
        """Send the readers home."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


@contextmanager
def _reading(
    items: Sequence[Item],
    plan: Plan,
    taker: Taker,
    workers: int,
    batch: int,
    look: Callable[[list[Window], Callable[[], None]], None],
    helping: bool,
) -> Iterator[_Waiting]:
    """Have videos read by some processes at once, and give the windows that wait.

    Args:
        look: how windows are looked at, and a check by which a reader learns that nobody waits.
        helping: whether readers do so where they would wait.
    """
    import torch

    from sct.kernels.tiling import cancelled_by

    pool, waiting = decoders(workers), _Waiting(batch, workers)
    left, lock = iter(items), threading.Lock()

    def decode(path: str, wanted: list[float], image_size: int) -> dict[str, Any]:
        return asked(pool, path, wanted, image_size, waiting.check)

    def help_with(windows: list[Window]) -> None:
        if windows:
            with cancelled_by(waiting.check):
                look(windows, waiting.check)

    def work() -> None:
        torch.get_num_threads()  # a thread that has not asked yet would later take what others have
        torch.set_num_threads(1)  # of this thread
        try:
            while True:
                with lock:
                    item = next(left, None)
                if item is None:
                    break
                for one in read(item, plan, decode):
                    if isinstance(one, End):
                        taker.end(one)
                        continue
                    while not waiting.put(one, patient=not helping):
                        help_with(waiting.take(patient=False))
            waiting.end()
            while helping and (windows := waiting.take()):
                help_with(windows)
        except _Stopped:
            pass
        except BaseException as error:  # who takes the windows raises it
            waiting.fail(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        yield waiting
        for thread in threads:  # which may still look at the last windows
            thread.join()
        waiting.take()  # raises what one of them has failed by
    finally:
        waiting.stop()
        until = time.monotonic() + _END_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        pool.close()


def decoders(most: int) -> Decoders:
    """Return what begins as many processes that read videos.

    All files are of one owner, who runs this; nice processes would fall behind the forward loop.
    """
    from sct.serving.decoders import Decoders

    return Decoders(most, _CPU_S, _MEMORY, idle=most, polite_s=float("inf"), ahead=False)


def asked(
    decoders: Decoders, path: str, wanted: list[float], image_size: int, check: Callable[[], None]
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
