"""Sources of clips within limits: a file that hands FFmpeg nothing but itself."""

from __future__ import annotations

import errno
import io
import math
import os
import stat
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

import av

from sct.errors import ClipError
from sct.video.endings import ACCEPTED
from sct.video.out_of_memory import no_memory

_NAME_LENGTH = 80
_MB = 1 << 20  # as Streamlit counts its upload limit
# Kinds of file that are lists of other files, devices, or text drawn as pictures: none is a clip.
_NOT_CLIPS = frozenset(
    """concat hls dash sdp rtsp rtp sap imf webm_dash_manifest mpjpeg image2 image2pipe alias_pix
    svg_pipe vobsub ffmetadata tty bin xbin adf idf lavfi alsa oss fbdev kmsgrab x11grab
    video4linux2 v4l2""".split()  # noqa: SIM905 (thirty lines otherwise)
)
JPEG = b"\xff\xd8\xff"
# Of still pictures, also damaged ones and those that FFmpeg does not know.
_PICTURE_STARTS = (JPEG, b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"icns", b"P7\n", b"8BPS")
_HEAD = 1 << 16
_PLAYLIST_STARTS = (b"#extm3u", b"ffconcat", b"v=0", b"[playlist]")
_PLAYLIST_TAGS = (b"<mpd", b"<smoothstreamingmedia", b"<asx", b"<smil", b"<playlist")


def clean_name(name: str, empty: str = "clip") -> str:
    """Return `name` as it may be shown: no control characters, at most 80 characters.

    Where nothing is left of it, `empty` stands for it.
    """
    text = "".join(" " if c.isspace() else c for c in name)
    text = "".join(c for c in text if not unicodedata.category(c).startswith("C"))
    text = " ".join(text.split()) or empty
    if len(text) > _NAME_LENGTH:
        # The end stays: it holds the file's extension.
        text = text[: _NAME_LENGTH - 20] + "…" + text[-19:]
    return text


def quoted(name: str) -> str:
    """Return `clean_name` in quotes, as messages have it; codes where nothing of it prints."""
    return f'"{clean_name(name, empty=ascii(name)[1:-1][:_NAME_LENGTH])}"'


@dataclass(frozen=True)
class Limits:
    """The limits of a clip: megabytes, minutes, pixels a side, and seconds to decode it."""

    megabytes: float = 200.0
    minutes: float = 10.0
    side: float = 4096.0
    decode_s: float = 30.0

    @classmethod
    def from_env(cls) -> Limits:
        """Read SCT_MAX_MB, SCT_MAX_MINUTES, SCT_MAX_SIDE (pixels) and SCT_MAX_DECODE_S (seconds).

        Unset or empty: the default. Raises ClipError on anything but a positive number.
        """
        return cls(
            megabytes=_number("SCT_MAX_MB", cls.megabytes, 1e6),
            minutes=_number("SCT_MAX_MINUTES", cls.minutes, 1e6),
            side=_number("SCT_MAX_SIDE", cls.side, 16384),
            decode_s=_number("SCT_MAX_DECODE_S", cls.decode_s, 86400),
        )

    def check_size(self, title: str, width: int, height: int) -> None:
        """Raise ClipError if the clip `title` has too many pixels a side."""
        if max(width, height) > self.side:
            raise ClipError(
                f"{title} is {width} x {height} pixels; "
                f"at most {self.side:g} a side are accepted (SCT_MAX_SIDE)."
            )

    def check_duration(self, title: str, seconds: float) -> None:
        """Raise ClipError if the clip `title` lasts too long."""
        if seconds > self.minutes * 60:
            raise ClipError(
                f"{title} lasts {seconds / 60:.1f} minutes; "
                f"at most {self.minutes:g} are accepted (SCT_MAX_MINUTES)."
            )

    def too_big(self, title: str, what: str) -> ClipError:
        return ClipError(
            f"{title} {what}; at most {self.megabytes:g} MB are accepted (SCT_MAX_MB)."
        )


def _number(variable: str, default: float, most: float) -> float:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= most:
        raise ClipError(
            f"The environment variable {variable} is {quoted(text)}, "
            f"but it must be a number above 0 and at most {most:g}."
        )
    return value


@contextmanager
def any_error_as(told: Callable[[], ClipError]) -> Iterator[None]:
    """Raise what `told` returns in place of any error but a ClipError.

    Where memory ran out that is said, for it says nothing of the file.
    """
    try:
        yield
    except ClipError:
        raise
    except MemoryError as error:  # also FFmpeg's
        raise no_memory() from error
    except Exception as error:
        raise told() from error


class Source:
    """The bytes of one clip as a file object that never raises.

    PyAV calls it from inside FFmpeg, where an exception is printed or turns up in a later call;
    so what goes wrong looks like the end of the file, and `check` raises it afterwards.
    """

    def __init__(self, file: BinaryIO, name: str, path: str | None, size: int, limits: Limits):
        self.name = clean_name(name)
        self.title = quoted(name)
        self.path = path
        self.size = size
        self.limits = limits
        self._file = file
        self._deadline = time.monotonic() + limits.decode_s
        self._broken: Exception | None = None
        self._refused = False

    def read(self, count: int = -1) -> bytes:
        if self._broken is not None or time.monotonic() > self._deadline:
            return b""
        try:
            data = self._file.read(count)
            # More than was asked for would run past FFmpeg's buffer.
            return bytes(data if count < 0 else data[:count])
        except Exception as error:
            self._broken = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            self._file.seek(offset, whence)
            return self._file.tell()
        except (OSError, ValueError):  # FFmpeg tries offsets that damaged headers name
            return -1

    def tell(self) -> int:
        return self.seek(0, 1)

    def head(self, count: int = _HEAD) -> bytes:
        """Return the first bytes, and leave the file where it stood."""
        place = self.tell()
        self.seek(0)
        data = self.read(count)
        self.seek(place)
        return data

    def copy(self) -> Source:
        """Return a second source of the same bytes, in memory, to be read on its own."""
        data = self.head(self.size)
        copy = Source(io.BytesIO(data), self.name, self.path, len(data), self.limits)
        copy._deadline = self._deadline
        return copy

    def open_other(self, url: str, flags: int, options: dict) -> io.BytesIO:
        """Answer FFmpeg, which asks for another file, with an empty one; `check` raises."""
        self._refused = True
        return io.BytesIO()

    def check(self) -> None:
        """Raise ClipError when reading failed, took too long or asked for another file."""
        if isinstance(self._broken, MemoryError):
            raise no_memory()
        if self._broken is not None:
            raise ClipError(f"{self.title} could not be read from its place of storage.")
        if self._refused:
            raise ClipError(_playlist(self.title))
        if time.monotonic() > self._deadline:
            raise ClipError(
                f"Decoding {self.title} took longer than {self.limits.decode_s:g} s "
                "(SCT_MAX_DECODE_S); a shorter or smaller clip will do."
            )

    def still(self) -> ClipError:
        """Return why a still picture is no clip."""
        return ClipError(f"{self.title} is a still picture; a clip needs moving pictures.")

    def unreadable(self) -> ClipError:
        """Return why FFmpeg made nothing of the file, as far as its first bytes tell."""
        try:
            self.check()
        except ClipError as error:
            return error
        head = self.head()[:1024]
        if head.startswith(_PICTURE_STARTS):
            return self.still()
        plain = head.removeprefix(b"\xef\xbb\xbf").strip().lower()
        if plain.startswith(_PLAYLIST_STARTS) or any(tag in plain for tag in _PLAYLIST_TAGS):
            return ClipError(_playlist(self.title))
        if _is_text(head):
            return ClipError(f"{self.title} is text, not a video; accepted are {ACCEPTED} files.")
        return ClipError(
            f"{self.title} could not be read as video: it is damaged, cut off or of another kind; "
            f"accepted are {ACCEPTED} files."
        )


def _playlist(title: str) -> str:
    return f"{title} is a list of other files, not a video; accepted are {ACCEPTED} files."


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # the last character may be cut in two
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(c.isprintable() or c.isspace() for c in text)


@lru_cache(maxsize=1)
def _clip_formats() -> str:
    names = {name for entry in av.formats_available for name in entry.split(",")}
    return ",".join(sorted(names - _NOT_CLIPS))


def open_container(source: Source) -> av.container.InputContainer:
    """Open `source` as an FFmpeg container that can reach no other file, device or address.

    Raises ClipError when FFmpeg does not know the file.
    """
    source.seek(0)
    most = source.limits.decode_s
    with any_error_as(source.unreadable):  # FFmpeg's dozens of errors all mean the same to a person
        container = av.open(
            source,
            "r",
            options={
                "format_whitelist": _clip_formats(),
                "protocol_whitelist": "none",
                # Probing decodes a little before the size can be checked: twice the side at most.
                "max_pixels": str(int(4 * source.limits.side**2)),
            },
            io_open=source.open_other,
            metadata_errors="replace",
            buffer_size=1 << 16,
            timeout=(most, most),
        )
    try:
        source.check()
    except ClipError:
        container.close()
        raise
    return container


@contextmanager
def open_source(source: object, name: str | None, limits: Limits) -> Iterator[Source]:
    """Open a path, bytes or a binary file object as a `Source`. Raises ClipError."""
    if isinstance(source, (str, os.PathLike)):
        path = os.fsdecode(source)
        shown = name or os.path.basename(path.rstrip("/\\")) or path
        with _open_path(path, quoted(shown)) as file:
            yield _measured(file, shown, path, limits)
    elif isinstance(source, (bytes, bytearray, memoryview)):
        yield _measured(io.BytesIO(source), name or "clip", None, limits)
    elif callable(getattr(source, "read", None)):
        given = getattr(source, "name", None)
        label = os.path.basename(given.replace("\\", "/")) if isinstance(given, str) else ""
        shown = name or label or "clip"
        with _rewound(source, quoted(shown), limits) as file:
            yield _measured(file, shown, None, limits)
    else:
        raise ClipError(
            f"A clip is read from a path, bytes or a binary file, not from {type(source).__name__}."
        )


def _open_path(path: str, title: str) -> BinaryIO:
    if not path:
        raise ClipError("The path of the clip is empty.")
    if "://" in path:
        raise ClipError(f"{title} is an address; only files on this computer can be read.")
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ClipError(f"{title} is not a file.")
        return open(path, "rb")
    except FileNotFoundError:
        raise ClipError(f"There is no file {title}.") from None
    except PermissionError:
        raise ClipError(f"{title} may not be read by this user.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        if isinstance(error, ClipError):
            raise
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            raise ClipError(f"{title} is too long a name for a file.") from None
        raise ClipError(f"{title} could not be opened.") from error


def _measured(file: BinaryIO, name: str, path: str | None, limits: Limits) -> Source:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    source = Source(file, name, path, size, limits)
    if size == 0:
        raise ClipError(f"{source.title} is empty; accepted are {ACCEPTED} files.")
    if size > limits.megabytes * _MB:
        raise limits.too_big(source.title, f"is {size / _MB:.1f} MB")
    return source


@contextmanager
def _rewound(file: BinaryIO, title: str, limits: Limits) -> Iterator[BinaryIO]:
    """Yield `file` itself where it can seek, put back afterwards; else a spooled copy."""
    try:
        if not isinstance(file.read(0), bytes):
            raise ClipError(f"{title} was opened as text; open it in binary mode.")
        place = file.tell()
        file.seek(0)
    except (OSError, AttributeError):
        place = None
    if place is not None:
        try:
            yield file
        finally:
            file.seek(place)
        return
    with tempfile.SpooledTemporaryFile(max_size=8 * _MB) as copy:
        while data := file.read(_MB):
            copy.write(data)
            if copy.tell() > limits.megabytes * _MB:
                raise limits.too_big(title, "goes on too long")
        yield copy
