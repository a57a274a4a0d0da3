"""A file that many read at once, each from a place of its own."""

from __future__ import annotations

import errno
import io
import os
from typing import Any


class SharedFile(io.RawIOBase):
    """Reads an open file of the system without moving its place; it stays open when this is closed.

    Args:
        number: of the file, as `fileno()` says.
    """

    def __init__(self, number: int):
        self._number, self._place = number, 0

    def fileno(self) -> int:
        return self._number

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = os.preadv(self._number, [buffer], self._place)
        self._place += count
        return count

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._place, os.fstat(self._number).st_size)[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))  # as any file does
        self._place = base + offset
        return self._place
