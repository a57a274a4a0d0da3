"""A bounded store whose least recently used entries go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


class Shelf:
    """At most `room` things, of which the one that was not asked for longest gives way."""

    def __init__(self, room: int):
        self._room, self._lock = room, Lock()
        self._things: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        """None where there is no such thing."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def put(self, key: Hashable, thing: Any) -> None:
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            while len(self._things) > self._room:
                self._things.popitem(last=False)
