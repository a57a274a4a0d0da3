"""Tells by its structure, without decoding any of it, whether a picture moves."""

from __future__ import annotations

import os
import stat

_MOST_BYTES = 64 << 20  # of a picture that is asked
_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C
_OWN_COLOURS = 0x80  # flag of a GIF


def is_still(path: str | os.PathLike) -> bool:
    """Say whether a file is a WebP, GIF or AVIF that does not move."""
    try:
        if not stat.S_ISREG((found := os.stat(path)).st_mode) or found.st_size > _MOST_BYTES:
            return False
        with open(path, "rb") as file:
            return pictures_in(file.read(_MOST_BYTES)) == 1
    except (OSError, ValueError):
        return False


def pictures_in(data: bytes) -> int:
    """Return how many pictures a WebP, GIF or AVIF shows: 1, or 2 for several.

    Raises ValueError where it is none of these, or cut off before its first picture.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _in_webp(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _in_gif(data)
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"):
        return 2 if data[8:12] == b"avis" else 1
    raise ValueError("not a WebP, GIF or AVIF")


def _in_webp(data: bytes) -> int:
    """Count frames of an animation; any other WebP is one picture."""
    if data[12:16] in (b"VP8 ", b"VP8L"):
        return 1
    found, at = {b"ANMF": 0, b"VP8 ": 0, b"VP8L": 0}, 12
    while at + 8 <= len(data) and found[b"ANMF"] < 2:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in found:
            found[kind] += 1
        at += 8 + size + size % 2
    if not any(found.values()):
        raise ValueError("no picture in it")
    return 2 if found[b"ANMF"] > 1 else 1


def _in_gif(data: bytes) -> int:
    at = 13 + _colours(data, 10)
    count = 0
    while at < len(data) and data[at] in (_GIF_EXTENSION, _GIF_IMAGE):
        if data[at] == _GIF_EXTENSION:
            at += 2
        else:
            count += 1
            if count == 2:
                return count
            at += 10 + _colours(data, at + 9) + 1
        while at < len(data) and data[at]:  # blocks, each behind its length
            at += 1 + data[at]
        at += 1
    if count == 0:
        raise ValueError("no picture in it")
    return count


def _colours(data: bytes, at: int) -> int:
    """Return the bytes of the table of colours that the flags at a place speak of."""
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & _OWN_COLOURS else 0
