"""Clips whose motion an eye gets wrong, as does whoever follows patches from frame to frame.

Each is drawn by a function of a random generator: uint8 (T, S, S, 3), RGB.
"""

from __future__ import annotations

import cv2
import numpy as np

_FINE = 4  # drawn that many times as large, for smooth edges


def barber_pole(rng: np.random.Generator, frames: int, size: int) -> np.ndarray:
    """Draw a pole with a helix of stripes that turns about its axis, and so seems to climb."""
    side = 2 * size
    rows, columns = np.mgrid[:side, :side] / side
    half = rng.uniform(0.2, 0.3)  # the pole's half width, as a share of the picture
    across = (columns - 0.5) / half
    pole = np.abs(across) < 1
    angle = np.arcsin(np.clip(across, -1, 1))
    pitch, turn = rng.uniform(2.5, 4), rng.choice((-1, 1)) * rng.uniform(0.25, 0.6)
    shade = (0.35 + 0.65 * np.cos(angle))[..., None]
    colours = np.array([(235, 235, 230), (190, 30, 40), (235, 235, 230), (35, 60, 150)])
    wall = np.full(3, rng.uniform(60, 190)) + 30 * (rows[..., None] - 0.5)
    clip = []
    for t in range(frames):
        # A point of the pole keeps its row and goes round: its angle grows by `turn`.
        phase = (pitch * rows + (angle - turn * t) / np.pi) % 1
        picture = np.where(pole[..., None], colours[(phase * 4).astype(int)] * shade, wall)
        clip.append(picture)
    return _shrunk(clip, size)


def wagon_wheel(rng: np.random.Generator, frames: int, size: int) -> np.ndarray:
    """Draw a wheel that turns clockwise by almost one spoke a frame, and so seems to turn back."""
    side = _FINE * size
    spokes = int(rng.integers(6, 11))
    short = rng.uniform(0.1, 0.3)  # the share of a gap between spokes that a turn falls short by
    middle = tuple(int(v) for v in side * rng.uniform(0.47, 0.53, 2))
    radius = int(side * rng.uniform(0.32, 0.4))
    ground = tuple(int(v) for v in rng.integers(120, 230, 3))
    wood = tuple(int(v) for v in rng.integers(30, 90, 3))
    clip = []
    for t in range(frames):
        picture = np.full((side, side, 3), ground, np.uint8)
        for i in range(spokes):
            angle = 2 * np.pi / spokes * (i + t * (1 - short))
            end = int(middle[0] + radius * np.cos(angle)), int(middle[1] + radius * np.sin(angle))
            cv2.line(picture, middle, end, wood, side // 40)
        cv2.circle(picture, middle, radius, wood, side // 22)
        cv2.circle(picture, middle, side // 18, wood, -1)
        clip.append(picture)
    return _shrunk(clip, size)


def _shrunk(clip: list[np.ndarray], size: int) -> np.ndarray:
    drawn = [np.asarray(picture, np.float32) for picture in clip]
    small = [cv2.resize(p, (size, size), interpolation=cv2.INTER_AREA) for p in drawn]
    return np.stack(small).round().clip(0, 255).astype(np.uint8)
