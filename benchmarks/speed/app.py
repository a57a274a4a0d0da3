"""Times that a person waits, from nothing to the first answer; each repeat is a new process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.harness.rows import Row, fill
from benchmarks.harness.timing import Settings
from benchmarks.speed.first import ROOT
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
        visit(video, settings)  # the files are in memory from here on
        visits = []
        for repeat in range(settings.repeats):
            progress(repeat, settings.repeats)
            visits.append(visit(video, settings))
        progress(settings.repeats, settings.repeats)
    rows = []
    for key, name in names.items():
        rows.append(Row(name))
        fill(rows[-1], [seconds[key] for seconds in visits], None)
    return rows


def visit(video: Path, settings: Settings) -> dict[str, float]:
    """Measure the seconds of each part of one visit."""
    command = [sys.executable, "-m", "benchmarks.speed.visit", str(video)]
    command += [str(settings.threads), settings.device]
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def moving_frames() -> np.ndarray:
    """Draw a view that pans over a picture of coloured squares: uint8 (frame, row, column, 3)."""
    step = 2  # pixels a frame
    cells = np.random.default_rng(0).integers(0, 256, (HEIGHT // 8 + 1, 128, 3), np.uint8)
    picture = cells.repeat(8, axis=0).repeat(8, axis=1)
    starts = range(0, step * FRAMES, step)
    return np.stack([picture[:HEIGHT, start : start + WIDTH] for start in starts])
