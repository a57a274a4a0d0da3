"""Clips of kinds that no training makes, to see whether a model notices that it does not know them.

Each kind is drawn by a function of a random generator: uint8 (T, S, S, 3), RGB.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

_INK = (20, 20, 30)
_LINE = cv2.LINE_AA


def static_noise(rng: np.random.Generator, frames: int, size: int) -> np.ndarray:
    """Draw the snow of a television without a station, finer or coarser, grey or coloured."""
    side = -(-size // int(rng.integers(1, 5)))
    channels = int(rng.choice((1, 3)))
    snow = rng.integers(0, 256, (frames, side, side, channels), np.uint8)
    return _resized(np.repeat(snow, 3 // channels, axis=-1), size)


def black_frames(rng: np.random.Generator, frames: int, size: int) -> np.ndarray:
    """Draw a covered lens: nearly black, with the noise of a sensor or none."""
    level, noise = rng.uniform(0, 12), rng.choice((0.0, rng.uniform(0.5, 3)))
    dark = level + noise * rng.normal(size=(frames, size, size, 3))
    return dark.clip(0, 255).astype(np.uint8)


def cartoon(rng: np.random.Generator, frames: int, size: int) -> np.ndarray:
    """Draw flat colours within black lines: a face that hops, squashes and is redrawn on twos."""
    sky, ground, skin = (tuple(int(v) for v in rng.integers(60, 256, 3)) for _ in range(3))
    horizon = int(size * rng.uniform(0.5, 0.8))
    pace, phase, radius = rng.uniform(0.15, 0.6), rng.uniform(0, 6.3), rng.uniform(0.12, 0.25)
    clip = np.empty((frames, size, size, 3), np.uint8)
    for t in range(frames):
        hop = np.sin(2 * np.pi * pace * (t // 2 * 2) + phase)  # on twos: each drawing is held
        picture = clip[t]
        picture[:horizon], picture[horizon:] = sky, ground
        cv2.line(picture, (0, horizon), (size, horizon), _INK, 2, _LINE)
        x = int(size * (0.5 + 0.2 * hop))
        y = int(size * (0.55 - 0.15 * abs(hop)))
        axes = int(size * radius * (1 + 0.25 * hop)), int(size * radius * (1 - 0.25 * hop))
        for colour, thickness in ((skin, -1), (_INK, 2)):
            cv2.ellipse(picture, (x, y), axes, 0, 0, 360, colour, thickness, _LINE)
        for side in (-1, 1):
            eye = x + side * axes[0] // 3, y - axes[1] // 4
            cv2.circle(picture, eye, max(2, size // 28), (255, 255, 255), -1, _LINE)
            cv2.circle(picture, eye, max(1, size // 60), _INK, -1, _LINE)
        cv2.ellipse(picture, (x, y + axes[1] // 3), (axes[0] // 3, 3), 0, 0, 180, _INK, 2, _LINE)
    return clip


def screen_recording(rng: np.random.Generator, frames: int, size: int) -> np.ndarray:
    """Draw a window of text that scrolls by whole lines or is typed, and a pointer that jumps."""
    dark = rng.random() < 0.4
    paper, ink = ((30, 30, 36), (210, 210, 210)) if dark else ((250, 250, 250), (40, 40, 40))
    row = max(5, int(size * rng.uniform(0.05, 0.09)))
    lengths = rng.uniform(0.2, 0.9, 200)
    lines, typed = size // row + 1, rng.random() < 0.5
    step = int(rng.integers(1, 4))
    bar = tuple(int(v) for v in rng.integers(40, 220, 3))
    clip = np.empty((frames, size, size, 3), np.uint8)
    for t in range(frames):
        picture = clip[t]
        picture[:] = paper
        first = 0 if typed else t * step
        shown = lines - frames + t if typed else lines
        for i in range(max(1, shown)):
            y, x = (i + 2) * row, row
            end = row + lengths[(first + i) % 200] * (size - 2 * row)
            words = np.random.default_rng(first + i)  # a line keeps its words as it scrolls
            while x < end:
                wide = int(words.integers(row // 2, row * 2))
                cv2.rectangle(picture, (x, y), (min(x + wide, size), y + row // 2), ink, -1)
                x += wide + row // 3
        picture[: row + 2] = bar
        at = tuple(int(v) for v in rng.integers(0, size, 2))
        if t % 3 == 0:
            pointer = np.array([at, (at[0] + row, at[1] + row), (at[0], at[1] + row * 3 // 2)])
        cv2.fillPoly(picture, [pointer], (255, 255, 255))
        cv2.polylines(picture, [pointer], True, (0, 0, 0), 1)
    return clip


KINDS: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "static noise": static_noise,
    "black frames": black_frames,
    "cartoons": cartoon,
    "screen recordings": screen_recording,
}


def draw(kind: str, count: int, seed: int, frames: int, size: int) -> np.ndarray:
    """Draw clips of one of `KINDS`: uint8 (count, T, 3, S, S); same arguments, same bytes."""
    rng = np.random.default_rng((seed, list(KINDS).index(kind)))
    clips = np.stack([KINDS[kind](rng, frames, size) for _ in range(count)])
    return np.ascontiguousarray(clips.transpose(0, 1, 4, 2, 3))


def _resized(clip: np.ndarray, size: int) -> np.ndarray:
    return np.stack([cv2.resize(f, (size, size), interpolation=cv2.INTER_NEAREST) for f in clip])
