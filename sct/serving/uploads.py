"""Files that people have sent: on the disk without a name, and together within a bound."""

from __future__ import annotations

import hashlib
import io
import math
import os
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import BinaryIO

from sct.errors import Busy, ClipError
from sct.serving.shared_file import SharedFile
from sct.video.sources import quoted

VARIABLE = "SCT_MAX_UPLOADS_MB"
MEGABYTES = 2048
_MB = 1 << 20
_SHARE = 4  # of all that may be kept a session may keep a fourth, but one file of any size


@dataclass(frozen=True, eq=False)
class Upload:
    """A file that somebody has sent. Its bytes are gone from the disk once nothing refers to it.

    Attributes:
        name: as the browser calls it, any text.
        size: in bytes.
        key: says which file it is: equal for equal names and bytes.
    """

    name: str
    size: int
    key: str
    _file: BinaryIO = field(repr=False)

    def open(self) -> BinaryIO:
        """Return it as a binary file with a place of its own, to be closed by whoever asked."""
        return io.BufferedReader(SharedFile(self._file.fileno()))


def most_bytes() -> int:
    """Read how much may be kept of all uploads, in bytes, from SCT_MAX_UPLOADS_MB.

    Raises ClipError on anything but a positive number.
    """
    text = os.environ.get(VARIABLE, "").strip() or str(MEGABYTES)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1e9:
        raise ClipError(
            f"The environment variable {VARIABLE} is {quoted(text)}, but it must be a number of "
            "megabytes above 0."
        )
    return int(value * _MB)


class Uploads:
    """The uploads of all sessions. Thread-safe.

    Args:
        most: bytes of all; each session may keep a fourth of it.
    """

    def __init__(self, most: int):
        self.most = most
        self._held: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Return how many bytes are kept."""
        return sum(self._held.values())

    def held_by(self, session: Hashable) -> int:
        """Return how many bytes of a session are kept."""
        return self._held[session]

    def refusal(self, session: Hashable, more: int, own: int = 0, everybody: int = 0) -> str:
        """Say why a session may not send so many bytes more; "" where it may.

        Args:
            own, everybody: bytes on their way, of this session and of all.
        """
        own += self.held_by(session)
        if own and own + more > self.most // _SHARE:
            return (
                f"This page holds {own / _MB:.0f} MB of uploads already, and may hold "
                f"{self.most / _SHARE / _MB:.0f} MB ({VARIABLE}): take some out of the recent "
                "clips, or load the page anew."
            )
        if self.held + everybody + more > self.most:
            return (
                f"The uploads of all people here fill their {self.most / _MB:.0f} MB ({VARIABLE}): "
                "try again later, or send a smaller file."
            )
        return ""

    def keep(self, session: Hashable, name: str, data: bytes | memoryview) -> Upload:
        """Write a file to the disk, where it has no name and ends with this process.

        Raises:
            Busy: there is no room for it.
        """
        size = len(data)
        with self._lock:
            if refused := self.refusal(session, size):
                raise Busy(refused)
            self._held[session] += size
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115 -- it stays open as long as the upload
            try:
                file.write(data)
                file.flush()
            except BaseException:
                file.close()
                raise
        except OSError:
            self._free(session, size)
            raise Busy(f"There is no room here to keep {quoted(name)}.") from None
        digest = hashlib.sha256(name.encode(errors="surrogatepass") + b"\0")
        digest.update(data)
        upload = Upload(name, size, digest.hexdigest(), file)
        weakref.finalize(upload, self._drop, file, session, size)
        return upload

    def _drop(self, file: BinaryIO, session: Hashable, size: int) -> None:
        file.close()
        self._free(session, size)

    def _free(self, session: Hashable, size: int) -> None:
        with self._lock:
            self._held[session] -= size
            if not self._held[session]:
                del self._held[session]
