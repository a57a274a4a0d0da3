"""A sheet to draw on: text, pictures with round corners, bars and lines, all in RGB.

Every function changes the uint8 (H, W, 3) sheet that it is given. Text is drawn as pixels from a
font inside OpenCV, so nothing in it can be markup; what cannot be shown is shown as a space or a
question mark, and what is too long ends in an ellipsis.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

Colour = tuple[int, int, int]

PAPER: Colour = (16, 21, 26)
RAISED: Colour = (30, 39, 47)
INK: Colour = (230, 236, 240)
MUTED: Colour = (154, 165, 177)
FAINT: Colour = (62, 74, 85)
ACCENT: Colour = (43, 167, 186)

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_MOST = 400  # characters of one line that are looked at
_SHIFT = 4  # bits of a pixel that OpenCV's lines are placed by
# The font keeps what it drew before, and a server draws in many threads.
_lock = threading.Lock()


@lru_cache(maxsize=1)
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def sheet(width: int, height: int, colour: Colour = PAPER) -> np.ndarray:
    """Make an empty sheet; its sides are even, as video wants them."""
    return np.full((height + height % 2, width + width % 2, 3), colour, np.uint8)


def clean(text: object) -> str:
    """Turn whatever came in into one line of printable text."""
    line = str(text)[: _MOST + 1].encode("utf-8", "replace").decode()
    return " ".join(_UNPRINTABLE.sub(" ", line).split())


def text_width(text: str, size: int = 16, weight: int = 400) -> int:
    """Measure the pixels that a line of text takes."""
    if not text:
        return 0
    with _lock:
        # The box covers ink alone; a full stop at the end keeps what a space adds.
        x, _, width, _ = cv2.getTextSize((1 << 15, 64), text, (0, 40), _font(), size, weight)
    return x + width


def fit(text: object, room: int, size: int = 16, weight: int = 400) -> str:
    """Cut a text to what `room` pixels take, an ellipsis in place of the rest."""
    line = clean(text)
    if text_width(line, size, weight) <= room:
        return line
    low, high = 0, len(line)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        if text_width(line[:middle].rstrip() + "…", size, weight) <= room:
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip() + "…" if low else ""


def write(
    on: np.ndarray,
    x: int,
    y: int,
    text: object,
    size: int = 16,
    weight: int = 400,
    colour: Colour = INK,
    room: int | None = None,
    anchor: str = "left",
) -> int:
    """Write one line with its baseline at y; returns the x where it ends.

    Args:
        x: where it begins; with anchor "middle" or "right" its middle or its end.
        room: most pixels it may take; to the sheet's edge if None.
    """
    if room is None:
        room = {"left": on.shape[1] - x, "right": x, "middle": 2 * min(x, on.shape[1] - x)}[anchor]
    line = fit(text, room, size, weight)
    width = text_width(line, size, weight)
    x -= {"left": 0, "middle": width // 2, "right": width}[anchor]
    if line:
        with _lock:
            cv2.putText(on, line, (x, y), colour, _font(), size, weight, wrap=(x, on.shape[1] * 4))
    return x + width


def paste(on: np.ndarray, x: int, y: int, picture: np.ndarray, radius: int = 8) -> None:
    """Put a uint8 (h, w, 3) picture down, its corners rounded."""
    height, width = picture.shape[:2]
    spot = on[y : y + height, x : x + width]
    cover = _rounded(height, width, radius)
    spot[:] = np.rint(picture * cover + spot * (1 - cover)).astype(np.uint8)


@lru_cache(maxsize=16)
def _rounded(height: int, width: int, radius: int) -> np.ndarray:
    """Cover a rectangle with round corners: float (h, w, 1), 1 inside, 0 outside."""
    radius = min(radius, height // 2, width // 2)
    y, x = np.arange(height) + 0.5, np.arange(width) + 0.5
    out_y = np.maximum(np.maximum(radius - y, y - (height - radius)), 0)
    out_x = np.maximum(np.maximum(radius - x, x - (width - radius)), 0)
    far = np.hypot(out_y[:, None], out_x[None])
    return np.clip(radius - far + 0.5, 0, 1)[..., None] if radius else np.ones((height, width, 1))


def box(on: np.ndarray, x: int, y: int, width: int, height: int, colour: Colour) -> None:
    """Draw a filled rectangle with slightly round corners."""
    paste(on, x, y, np.full((height, width, 3), colour, np.uint8), radius=min(3, height // 2))


def line(
    on: np.ndarray,
    points: Sequence[tuple[float, float]],
    colour: Colour,
    width: float = 1.5,
    opacity: float = 1.0,
) -> None:
    """Draw a smooth line through points (x, y)."""
    path = np.rint(np.asarray(points, float) * (1 << _SHIFT)).astype(np.int32)[:, None]
    thick = max(1, round(width))
    target = on if opacity >= 1 else on.copy()
    cv2.polylines(target, [path], False, colour, thick, cv2.LINE_AA, _SHIFT)
    if opacity < 1:
        cv2.addWeighted(target, opacity, on, 1 - opacity, 0, dst=on)


def outline(
    on: np.ndarray,
    where: tuple[float, float, float, float],
    colour: Colour,
    width: int = 2,
    dashed: bool = False,
) -> None:
    """Draw a rectangle (left, top, right, bottom) with a dark rim: it reads on any picture."""
    left, top, right, bottom = where
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    lines = list(itertools.pairwise(corners))
    if dashed:
        lines = [dash for each in lines for dash in _dashes(*each)]
    for shade, more, opacity in (((0, 0, 0), 2, 0.45 if dashed else 1), (colour, 0, 1)):
        for each in lines:
            line(on, each, shade, width + more, opacity)


def _dashes(start, end, dash: float = 7, gap: float = 6):
    """Cut a line along an axis into dashes (start, end)."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    length = max(np.abs(end - start).sum(), 1e-6)
    for at in np.arange(0, length, dash + gap):
        yield [start + (end - start) * p / length for p in (at, min(at + dash, length))]


def arrow(on: np.ndarray, start, end, colour: Colour, width: int = 2) -> None:
    """Draw an arrow with a dark rim; what is shorter than a few pixels is a dot."""
    (x0, y0), (x1, y1) = start, end
    length = float(np.hypot(x1 - x0, y1 - y0))
    if length < 3:
        where = (round((x0 + x1) / 2 * 16), round((y0 + y1) / 2 * 16))
        cv2.circle(on, where, (width + 1) * 16, (0, 0, 0), -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(on, where, width * 16, colour, -1, cv2.LINE_AA, _SHIFT)
        return
    head, turn = min(5.0 + 2 * width, length * 0.5), np.arctan2(y1 - y0, x1 - x0)
    wings = [
        (x1 - head * np.cos(turn + side), y1 - head * np.sin(turn + side)) for side in (0.5, -0.5)
    ]
    for shade, more in (((0, 0, 0), 2), (colour, 0)):
        line(on, [start, end], shade, width + more)
        line(on, [wings[0], end, wings[1]], shade, width + more)


def ramp(on: np.ndarray, x: int, y: int, width: int, height: int, colours: np.ndarray) -> None:
    """Draw a bar of colours (n, 3), from left to right."""
    strip = cv2.resize(
        np.ascontiguousarray(colours[None]), (width, height), interpolation=cv2.INTER_LINEAR
    )
    paste(on, x, y, strip, radius=height // 3)
