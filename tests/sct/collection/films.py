"""A small untrained model of two questions, and short made videos, for tests of whole runs."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from sct.checkpoint import io
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.video.clip import write_mp4

QUESTIONS = (("camera", ("static", "pan left")), ("subject", ("none", "moves up", "spins")))


def small_model(path: Path, seed: int = 0, **card: object) -> Path:
    """Write a checkpoint of 2 stages, 4 frames and 56 pixels; untrained, so its answers vary."""
    torch.manual_seed(seed)
    labels = tuple(label for _, some in QUESTIONS for label in some)
    model = SCT(
        SCTConfig(
            image_size=56,
            frames=4,
            widths=(24, 48),
            vilt_blocks=(1, 1),
            heads=(2, 4),
            clip_layers=1,
            num_classes=len(labels),
            labels=labels,
            questions=QUESTIONS,
            grounded_heads=((0,), (1, 2)),
        )
    )
    with torch.no_grad():  # else all answers are alike
        model.head[-1].weight.mul_(40)
    io.save(model, path, {"data": "none", **card})
    return path


def texture(seed: int, height: int = 72, width: int = 96) -> np.ndarray:
    """Blocks of colour, uint8 (height, width, 3)."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 12, width // 12, 3), np.uint8)
    return small.repeat(12, 0).repeat(12, 1)


def sliding(seed: int, count: int, step: int = 2) -> np.ndarray:
    """Frames of a texture that slides to the right, uint8 (count, 72, 96, 3)."""
    still = texture(seed)
    return np.stack([np.roll(still, step * t, axis=1) for t in range(count)])


def write_film(path: Path, seed: int = 0, count: int = 20, cuts: tuple[int, ...] = ()) -> Path:
    """Write a video, 10 frames a second, whose picture is another one from each cut on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    edges = (0, *cuts, count)
    shots = [sliding(100 * seed + i, b - a) for i, (a, b) in enumerate(pairwise(edges))]
    write_mp4(np.concatenate(shots), path, fps=10)
    return path
