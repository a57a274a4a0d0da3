"""Messages to the browser: arrays and a picture file as one safetensors file.

The metadata hold one entry, "header": whatever else is told, as JSON. Words that a person typed or
named travel there. A picture file is an array of bytes. message.js reads it.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load, save

from viz.raster.encode import encode

LIMIT = 8 << 20  # bytes of a message; a stage that needs more is sent a block of frames at a time
TYPES = ("float16", "float32", "uint8", "uint16")  # those that message.js knows

Part = np.ndarray | bytes


def pack(header: dict[str, Any], parts: dict[str, Part]) -> bytes:
    """Makes one message.

    Args:
        header: what JSON can hold.
        parts: arrays of a type in `TYPES`, or bytes (a picture file).

    Raises:
        ValueError: an array of a type that cannot be sent, or a number that JSON does not have.
    """
    arrays = {
        name: np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part
        for name, part in parts.items()
    }
    for name, array in arrays.items():
        if array.dtype.name not in TYPES:
            raise ValueError(f"part {name}: {array.dtype} cannot be sent, only {', '.join(TYPES)}")
    # Of an array that lies otherwise in memory safetensors would write what lies there.
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return save(plain, {"header": json.dumps(header, allow_nan=False, separators=(",", ":"))})


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Takes a message apart: (header, arrays).

    Raises:
        ValueError: no such message, or one that was cut short.
    """
    try:
        arrays = load(message)
    except SafetensorError as error:
        raise ValueError(f"this is no whole message: {error}") from error
    size = int.from_bytes(message[:8], "little")
    return json.loads(json.loads(message[8 : 8 + size])["__metadata__"]["header"]), arrays


def half(x: torch.Tensor) -> np.ndarray:
    """Rounds to float16; what lies beyond its range becomes the largest number that it holds."""
    return x.detach().float().clamp(-65504, 65504).cpu().numpy().astype(np.float16)


class Sprite(NamedTuple):
    """All frames as one picture file: its bytes, frames in a row, and the side of a frame."""

    picture: bytes
    across: int
    side: int


def sprite(frames: np.ndarray, kind: str = "webp", quality: int = 86) -> Sprite:
    """Lays frames uint8 (T, S, S, 3) out row by row in a sheet about as high as wide.

    As "webp" it is smaller; as "jpeg" it is encoded some thirty times as fast.
    """
    count, side = frames.shape[:2]
    across = int(np.ceil(np.sqrt(count)))
    sheet = np.zeros((-(-count // across) * side, across * side, 3), np.uint8)
    for i, frame in enumerate(frames):
        top, left = i // across * side, i % across * side
        sheet[top : top + side, left : left + side] = frame
    return Sprite(encode(sheet, kind, quality), across, side)


def block_of(frame: int, frames: int, bytes_a_frame: int, room: int) -> range:
    """Picks the frames to send so that `frame` is among them and all fit into `room` bytes.

    Blocks lie side by side, so that a step inside one asks for nothing new. A frame that is too
    large on its own is sent on its own.
    """
    size = max(1, min(frames, room // max(bytes_a_frame, 1)))
    start = frame // size * size
    return range(start, min(start + size, frames))
