"""Files that another process reads in this one's place, because strangers have made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

# From a path, rising seconds and the most pixels on the short side to what `decode` returns.
Read = Callable[[str, list[float], int], dict[str, Any]]
_read: ContextVar[Read | None] = ContextVar("read_elsewhere", default=None)


@dataclass(frozen=True)
class Elsewhere:
    """A file that is read elsewhere; `title` is its name in quotes."""

    title: str
    path: str
    read: Read

    def sample(self, wanted: list[float], short_side: int) -> dict[str, Any]:
        """Return what `sct.video.decoding.decode` would. Raises ClipError."""
        return self.read(self.path, wanted, short_side)


@contextmanager
def read_by(read: Read) -> Iterator[None]:
    """Have `read` read the files that are opened by their paths inside, in this context alone."""
    before = _read.set(read)
    try:
        yield
    finally:
        _read.reset(before)


def reader() -> Read | None:
    """Return what reads files in this context; None where this process does."""
    return _read.get()
