"""What cameras and the web do to clips: exposure that follows the light, film grain, H.264."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from sct.video.recoding import through_h264

_EXPOSED, _GRAINY, _CODED = 0.1, 0.08, 0.15  # shares of the clips
_CRF = (24, 40)


def worn(frames: Tensor, rng: np.random.Generator) -> Tensor:
    """Wear some clips, each by itself.

    Args:
        frames: uint8 (B, T, 3, S, S); S even, or none is coded.
        rng: gives the numbers.

    Returns:
        uint8 of the same shape, on the same device; `frames` stay as they are.
    """
    clips = frames.cpu().numpy().transpose(0, 1, 3, 4, 2).copy()
    for clip in clips:
        exposed, grainy, coded = rng.random(3) < (_EXPOSED, _GRAINY, _CODED)
        if exposed:
            clip[:] = _exposed(clip, rng)
        if grainy:
            clip[:] = _grainy(clip, rng)
        if coded and clip.shape[1] % 2 == 0:
            clip[:] = through_h264(clip, int(rng.integers(*_CRF)))
    return torch.from_numpy(clips.transpose(0, 1, 4, 2, 3).copy()).to(frames.device)


def _exposed(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let the exposure go from one gain to another, at once or slowly."""
    first, last = np.exp2(rng.uniform(-0.5, 0.5, 2))
    time = np.linspace(-1, 1, len(clip)) - rng.uniform(-0.7, 0.7)
    rise = 1 / (1 + np.exp(-time * np.exp(rng.uniform(0.5, 3.0))))
    gain = first + (last - first) * rise
    return (clip * gain[:, None, None, None].astype(np.float32)).clip(0, 255).astype(np.uint8)


def _grainy(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lay grain of a size over each frame, alike in all colours."""
    frames, side = clip.shape[:2]
    grain = rng.normal(size=(frames, side, side)).astype(np.float32)
    wide = rng.uniform(0.4, 1.2)
    grain = np.stack([cv2.GaussianBlur(each, (0, 0), wide) for each in grain])
    grain *= rng.uniform(4, 14) / grain.std()
    return (clip + grain[..., None]).clip(0, 255).astype(np.uint8)
