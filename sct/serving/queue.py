"""The line before a device: one computation at a time, and nobody waits for one person's many.

Whoever computes does so in a thread of its own, and waits here for its turn. So what is computed is
what it would be alone, errors arise where they belong, and whoever no longer wants a result leaves.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sct.errors import Busy, OutOfMemory

MOST = 64  # that may wait; who comes next is told that it is too many
MOST_EACH = 4  # of one session
_LOOK_S = 0.1  # between two looks of somebody who waits
_REMEMBERED = 4096  # sessions whose last turn is known

Waiting = Callable[[int, float], None]


def _patiently(ahead: int, seconds: float) -> None:
    """Waits without a word."""


@dataclass(eq=False)
class _Place:
    """A place in the line. What is done for it by somebody else is put into `results`."""

    session: Hashable
    number: int
    kind: Hashable = None
    item: Any = None
    taken: bool = False
    results: list[Any] = field(default_factory=list)


class DeviceQueue:
    """Gives a device to one computation at a time, in turn between sessions. Thread-safe.

    Next is always the session that had its turn the longest ago; of one session, what it asked for
    first.

    Args:
        most: how many may wait. most_each: of one session.
        waited: is told for how many seconds each turn was waited for, 0 and more.
    """

    def __init__(
        self,
        most: int = MOST,
        most_each: int = MOST_EACH,
        waited: Callable[[float], None] = lambda seconds: None,
    ):
        self._most, self._most_each, self._waited = most, most_each, waited
        self._changed = threading.Condition()
        self._line: list[_Place] = []
        self._turns: OrderedDict[Hashable, int] = OrderedDict()  # session -> number of its last one
        self._owner: int | None = None  # the thread whose turn it is
        self._numbers = 0

    @property
    def length(self) -> int:
        """Return how many wait."""
        return len(self._line)

    @contextmanager
    def turn(self, session: Hashable, waiting: Waiting = _patiently) -> Iterator[Turn]:
        """Wait for a turn and have it until the block ends; within a turn there is no second one.

        Args:
            session: whose computation it is.
            waiting: told again and again how many are before it and for how many seconds it has
                waited; what it raises ends the waiting.

        Raises:
            Busy: too many wait already.
        """
        if self._owner == threading.get_ident():
            yield Turn(self, None, waiting)
            return
        place = self._enter(session)
        self._wait(place, waiting)
        try:
            yield Turn(self, session, waiting)
        finally:
            self._leave(session)

    def together(
        self,
        session: Hashable,
        kind: Hashable,
        item: Any,
        run: Callable[[Sequence[Any]], Sequence[Any]],
        most: int,
        waiting: Waiting = _patiently,
    ) -> Any:
        """Return the result for an item, computed together with those of its kind that wait, too.

        Whoever has its turn takes the others along. Where memory runs out, fewer are taken at once;
        where another error arises, each is computed by itself, so that it reaches its owner alone.

        Args:
            session, waiting: as for `turn`.
            kind: what is computed together has to be equal in.
            run: from items to results, in the same order.
            most: items at once; with 1 each has a turn of its own.

        Raises:
            Busy: too many wait already; OutOfMemory: for one item alone; and whatever `run` raises.
        """
        if self._owner == threading.get_ident():
            return _each(run, [item])[0].get()
        place = self._enter(session, kind, item)
        if not self._wait(place, waiting):
            return place.results[0].get()
        others: list[_Place] = []
        try:
            with self._changed:
                alike = (p for p in self._free() if p.kind == kind)
                others = [p for _, p in zip(range(most - 1), alike, strict=False)]
                for other in others:
                    other.taken = True
            own, *found = _each(run, [item, *(p.item for p in others)])
            with self._changed:
                for other, result in zip(others, found, strict=True):
                    other.results.append(result)
            return own.get()
        finally:  # interrupted, the others are still in their places
            with self._changed:
                for other in others:
                    other.taken = False
                    self._turns[other.session] = self._numbers
            self._leave(session)

    def _enter(
        self, session: Hashable, kind: Hashable = None, item: Any = None, again: bool = False
    ) -> _Place:
        with self._changed:
            own = sum(place.session == session for place in self._line)
            full = len(self._line) >= self._most or own >= self._most_each
            if full and not again:
                raise Busy(
                    f"Too much is asked for at once here ({len(self._line)} are waiting): try "
                    "again in a moment."
                )
            self._numbers += 1
            place = _Place(session, self._numbers, kind, item)
            self._line.append(place)
            return place

    def _wait(self, place: _Place, waiting: Waiting) -> bool:
        """Wait; returns True where it has its turn, False where somebody else did its work."""
        begun = time.monotonic()
        try:
            while True:
                with self._changed:
                    if place.results:
                        self._line.remove(place)
                        return False
                    if self._owner is None and self._next() is place:
                        self._line.remove(place)
                        self._owner = threading.get_ident()
                        break
                    self._changed.wait(_LOOK_S)
                    ahead = self._ahead(place)
                waiting(ahead, time.monotonic() - begun)
        except BaseException:
            with self._changed:
                if place in self._line:
                    self._line.remove(place)
                self._changed.notify_all()
            raise
        finally:
            self._waited(time.monotonic() - begun)
        return True

    def _order(self, place: _Place) -> tuple[int, int]:
        return self._turns.get(place.session, 0), place.number

    def _next(self) -> _Place | None:
        return min(self._free(), key=self._order, default=None)

    def _free(self) -> list[_Place]:
        """Return the places that nobody works for yet."""
        return [p for p in self._line if not p.taken and not p.results]

    def _ahead(self, place: _Place) -> int:
        before = sum(self._order(other) < self._order(place) for other in self._line)
        return before + (self._owner is not None)

    def _leave(self, session: Hashable) -> None:
        with self._changed:
            if self._owner != threading.get_ident():  # it gave way, and did not come back
                return
            self._owner = None
            self._numbers += 1
            self._turns[session] = self._numbers
            self._turns.move_to_end(session)
            while len(self._turns) > _REMEMBERED:
                self._turns.popitem(last=False)
            self._changed.notify_all()


class Turn:
    """A turn at the device, for what can stop between its steps."""

    def __init__(self, queue: DeviceQueue, session: Hashable, waiting: Waiting):
        self._queue, self._session, self._waiting = queue, session, waiting

    def give_way(self) -> None:
        """Let those go first who wait; to be called between the steps of a long computation.

        Raises whatever waiting raises; then the turn is over, too.
        """
        queue = self._queue
        if self._session is None or not any(p.session != self._session for p in queue._line):
            return
        queue._leave(self._session)
        queue._wait(queue._enter(self._session, again=True), self._waiting)


@dataclass(frozen=True)
class _Result:
    value: Any = None
    error: BaseException | None = None

    def get(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


def _each(run: Callable[[Sequence[Any]], Sequence[Any]], items: Sequence[Any]) -> list[_Result]:
    """Run items together; halved where memory runs out, each alone after another error."""
    try:
        return [_Result(value) for value in run(items)]
    except Exception as error:
        if len(items) == 1:
            return [_Result(error=error)]
        middle = len(items) // 2
        parts = (items[:middle], items[middle:])
        if not isinstance(error, OutOfMemory):
            parts = tuple([item] for item in items)
    return [result for part in parts for result in _each(run, part)]
