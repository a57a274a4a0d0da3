"""A bounded cache for results whose computation shows a progress bar.

Streamlit's caches cannot move a bar that was drawn outside of the cached function.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any


class LRUCache:
    """Holds at most `max_entries` values; the least recently used one goes first. Thread-safe."""

    def __init__(self, max_entries: int):
        self._max_entries, self._lock = max_entries, Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        """Return the value, or None where there is none."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Store a value, and drop the oldest one if there are too many."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._max_entries:
                self._values.popitem(last=False)
