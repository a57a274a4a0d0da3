"""The player's one binary message: a small JSON header, then arrays and pictures, byte for byte.

    4 bytes "SCTP", uint32 (little endian) length of the header, the header as UTF-8 JSON, and from
    the next multiple of 8 on the parts, each of which begins at a multiple of 8.

The header's `parts` say of each part where it lies after the header, and, of an array, its type and
shape. Whatever a person typed or named travels in the header as a JSON string.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from viz.raster.encode import encode

MAGIC = b"SCTP"
LIMIT = 8 << 20  # bytes of a message; a stage that needs more is sent a block of frames at a time
KINDS = ("float16", "float32", "uint8", "uint16", "int16")

Part = np.ndarray | bytes


def pack(header: dict[str, Any], parts: dict[str, Part]) -> bytes:
    """One message.

    Args:
        header: what JSON can hold; it must not have a key "parts".
        parts: arrays of a type in `KINDS`, or bytes (a picture file).

    Raises:
        ValueError: a key or a type that cannot be sent.
    """
    if "parts" in header:
        raise ValueError('header: "parts" is written by pack itself')
    table, bodies, at = {}, [], 0
    for name, part in parts.items():
        if isinstance(part, bytes):
            facts, body = {"kind": "bytes"}, part
        elif part.dtype.name in KINDS:
            facts = {"kind": part.dtype.name, "shape": list(part.shape)}
            body = np.ascontiguousarray(part).astype(part.dtype.newbyteorder("<")).tobytes()
        else:
            raise ValueError(f"part {name}: {part.dtype} cannot be sent, only {', '.join(KINDS)}")
        table[name] = {**facts, "at": at, "bytes": len(body)}
        bodies.append(body + bytes(-len(body) % 8))
        at += len(bodies[-1])
    text = json.dumps({**header, "parts": table}, allow_nan=False).encode()
    head = MAGIC + len(text).to_bytes(4, "little") + text
    return b"".join([head, bytes(-len(head) % 8), *bodies])


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, Part]]:
    """The inverse of `pack`: (header, parts).

    Raises:
        ValueError: no such message, or one that was cut short.
    """
    if len(message) < 8 or message[:4] != MAGIC:
        raise ValueError("this is no message of the player")
    end = 8 + int.from_bytes(message[4:8], "little")
    if end > len(message):
        raise ValueError("the message was cut short")
    header = json.loads(message[8:end])
    start = end + -end % 8
    parts: dict[str, Part] = {}
    for name, facts in header.pop("parts").items():
        body = message[start + facts["at"] : start + facts["at"] + facts["bytes"]]
        if len(body) != facts["bytes"]:
            raise ValueError("the message was cut short")
        if facts["kind"] == "bytes":
            parts[name] = body
        else:
            kind = np.dtype(facts["kind"]).newbyteorder("<")
            parts[name] = np.frombuffer(body, kind).reshape(facts["shape"])
    return header, parts


class Sprite(NamedTuple):
    """All frames as one picture file: its bytes, frames in a row, and the side of a frame."""

    picture: bytes
    across: int
    side: int


def sprite(frames: np.ndarray, kind: str = "webp", quality: int = 86) -> Sprite:
    """Frames uint8 (T, S, S, 3), laid out row by row in a sheet about as high as wide.

    As "webp" it is smaller; as "jpeg" it is made some thirty times as fast.
    """
    count, side = frames.shape[:2]
    across = int(np.ceil(np.sqrt(count)))
    sheet = np.zeros((-(-count // across) * side, across * side, 3), np.uint8)
    for i, frame in enumerate(frames):
        top, left = i // across * side, i % across * side
        sheet[top : top + side, left : left + side] = frame
    return Sprite(encode(sheet, kind, quality), across, side)


def block_of(frame: int, frames: int, bytes_a_frame: int, room: int) -> range:
    """The frames to send so that `frame` is among them and all fit into `room` bytes.

    Blocks lie side by side, so that a step inside one asks for nothing new. A frame that is too
    large on its own is sent on its own.
    """
    size = max(1, min(frames, room // max(bytes_a_frame, 1)))
    start = frame // size * size
    return range(start, min(start + size, frames))
