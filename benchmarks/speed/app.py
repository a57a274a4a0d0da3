"""Times that a person waits, from nothing to the first answer; each repeat is a new process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.harness.rows import Row, fill
from benchmarks.harness.timing import Settings, in_new_process
from benchmarks.speed.visit import visit
from sct.video.clip import write_mp4

WIDTH, HEIGHT, FPS, FRAMES = 640, 360, 30, 150
NAMES = {
    "import": "import sct, and PyTorch with it",
    "load": "load the shipped model",
    "read": f"read a clip of {FRAMES // FPS} s, {WIDTH} x {HEIGHT}",
    "preprocess": "preprocess it",
    "first": "first prediction, with trace",
    "warm": "next prediction, with trace",
    "all": "all up to the first answer",
}


def measure(settings: Settings, only: str, progress: Callable[[int, int], None]) -> list[Row]:
    """Measure the chosen rows, all of them from the same visits.

    Raises:
        ValueError: no row has `only` in its name.
    """
    names = {key: name for key, name in NAMES.items() if only.lower() in name.lower()}
    if not names:
        raise ValueError(
            f"only {only!r}: no row has that in its name; there are {'; '.join(NAMES.values())}"
        )
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "clip.mp4"
        write_mp4(moving_frames(), video, fps=FPS)
        visits = []
        for repeat in range(settings.repeats + 1):
            visits.append(in_new_process(visit, str(video), settings.threads, settings.device))
            progress(repeat, settings.repeats)
    rows = []
    for key, name in names.items():
        rows.append(Row(name))
        # The first visit only brings the files into memory.
        fill(rows[-1], [seconds[key] for seconds in visits[1:]], None)
    return rows


def moving_frames() -> np.ndarray:
    """Draw a view that pans over a picture of coloured squares: uint8 (frame, row, column, 3)."""
    step = 2  # pixels a frame
    cells = np.random.default_rng(0).integers(0, 256, (HEIGHT // 8 + 1, 128, 3), np.uint8)
    picture = cells.repeat(8, axis=0).repeat(8, axis=1)
    starts = range(0, step * FRAMES, step)
    return np.stack([picture[:HEIGHT, start : start + WIDTH] for start in starts])
