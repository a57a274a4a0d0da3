"""The answers of a process that reads files of strangers, who may have taken it over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sct.serving.decoder_process import FACTS
from sct.validation import is_number, is_whole
from sct.video.clip import Clip
from sct.video.sources import clean_name

MOST_WANTED = 2048  # frames of one file
_LONG = 4  # sides that a frame may be long


def clean_sentence(text: object) -> str:
    """Return a sentence that another process says as it may be shown: of one line, not endless."""
    if not isinstance(text, str):
        raise TypeError("no sentence")
    return "".join(c if c.isprintable() else " " for c in text)[:1000]


def clip_of(
    answer: dict[str, Any],
    pixels: Callable[[int], np.ndarray],
    frames: int,
    side: int,
    hash: str = "",
) -> Clip:
    """Build a clip of an answer.

    Args:
        pixels: returns so many bytes more of the answer.
        frames: how many were asked for. side: most pixels on their short side.
        hash: of the clip; computed if empty.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    count, height, width, channels = answer["shape"]
    sides = is_whole(height, 1, _LONG * side) and is_whole(width, 1, _LONG * side)
    fits = sides and min(height, width) <= side and channels == 3
    if not (is_whole(count, frames, frames) and fits):
        raise ValueError("no frames")
    found = answer["clip"]
    if set(found) != set(FACTS):
        raise ValueError("no clip")
    for key in ("width", "height", "rotation", "skipped", "held"):
        if not is_whole(found[key], 0, 1 << 31):
            raise ValueError(key)
    for key in ("fps", "duration_s", "start", "stride", "decode_s"):
        if not is_number(found[key]):
            raise ValueError(key)
    times, notes = found.pop("times"), found.pop("notes")
    if not isinstance(notes, list) or not isinstance(times, list):
        raise TypeError("no lists")
    if len(times) != count or not all(is_number(second) for second in times):
        raise ValueError("times")
    return Clip(
        frames=pixels(count * height * width * 3).reshape(count, height, width, 3),
        times=tuple(times),
        notes=tuple(clean_sentence(note) for note in notes),
        hash=hash,
        **{
            **found,
            "name": clean_name(found["name"]),
            "codec": clean_sentence(found["codec"])[:40],
        },
    )
