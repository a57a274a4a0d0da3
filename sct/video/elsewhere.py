"""Files that another process reads in this one's place, because strangers have made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Reader(Protocol):
    """Reads what strangers have made."""

    def decode(self, path: str, wanted: list[float], side: int) -> dict[str, Any]:
        """Return what `sct.video.decoding.decode` does of a file."""

    def stills(
        self, files: Iterable[tuple[str, bytes]], title: str, side: int
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Return what `sct.video.pictures.stills` does of pictures."""


_reader: ContextVar[Reader | None] = ContextVar("read_elsewhere", default=None)


@dataclass(frozen=True)
class Elsewhere:
    """A file that is read elsewhere; `title` is its name in quotes."""

    title: str
    path: str
    reader: Reader

    def sample(self, wanted: list[float], short_side: int) -> dict[str, Any]:
        """Return what `sct.video.decoding.decode` would. Raises ClipError."""
        return self.reader.decode(self.path, wanted, short_side)


@contextmanager
def read_by(reader: Reader) -> Iterator[None]:
    """Have another one read the clips that are opened by their paths inside, in this context."""
    before = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(before)


def reader() -> Reader | None:
    """Return what reads clips in this context; None where this process does."""
    return _reader.get()
