"""Procedural motion clips: a random scene under a camera whose motion is known exactly.

Labels name the motion of the *camera*; the picture moves the other way (`LABEL_HELP`). Every clip
knows where each pixel's content was one frame before. Coordinates are (row, column), whole numbers
being the centres of pixels or tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from sct.camera import LABEL_HELP, LABELS, MAX_SPEED, draw_paths, sources, steps_between
from sct.dice import Dice
from sct.film import film
from sct.scenes import canvas_side, make_scenes

if TYPE_CHECKING:
    from sct.video import Clip

__all__ = ["LABELS", "LABEL_HELP", "MotionBatch", "MotionClip", "make_batch", "make_clip"]

SIZES = (16, 512)
FRAMES = (1, 64)
CLIPS = (1, 4096)
SEEDS = (0, 2**62)
FPS = 10.0
_AT_ONCE = 8


@dataclass(frozen=True)
class MotionClip:
    """One made clip and its true motion.

    Attributes:
        frames: uint8 (T, S, S, 3), RGB.
        label: what the camera does, one of `LABELS`.
        source: float32 (T, S, S, 2): for every pixel of frame t its (row, column) in frame t-1, in
            pixels, which may lie outside the frame; frame 0 has no predecessor and points at
            itself.
        seed: the seed it was made from.
    """

    frames: np.ndarray
    label: str
    source: np.ndarray
    seed: int

    @property
    def index(self) -> int:
        """Place of the label in `LABELS`."""
        return LABELS.index(self.label)

    @property
    def name(self) -> str:
        """Such as "pan left, seed 7"."""
        return f"{self.label}, seed {self.seed}"

    def as_clip(self) -> Clip:
        """The same frames as a `sct.video.Clip` of 10 frames a second whose truth is the label."""
        from sct.video import Clip  # late, as video needs PyAV and training on made clips does not

        return Clip.from_frames(self.frames, name=self.name, fps=FPS, truth=self.label)


@dataclass(frozen=True)
class MotionBatch:
    """Made clips, all of one size.

    Attributes:
        frames: uint8 (B, T, 3, S, S), RGB.
        labels: int64 (B,), places in `LABELS`; on the device of the frames.
        steps: float32 (B, T, 2, 3) on the device of the frames: pixel p = (row, column) of frame
            t, from the frame's centre, was at steps[..., :2] p + steps[..., 2] in frame t-1; the
            identity at t = 0.
        seed: the seed of the batch.
    """

    frames: Tensor
    labels: Tensor
    steps: Tensor
    seed: int

    def __len__(self) -> int:
        return len(self.labels)

    def token_sources(self, grid: int) -> Tensor:
        """Where the centre of each token was one frame before.

        Args:
            grid: tokens a side, 1 to the frame's pixels a side.

        Returns:
            float32 (B, T, grid, grid, 2), (row, column) in tokens of that grid, r being the centre
            of token row r; may lie outside [0, grid - 1]. At t = 0 every token points at itself.

        Raises:
            ValueError: a grid out of range.
        """
        size = self.frames.shape[-1]
        _check("grid", grid, 1, size)
        return sources(self.steps, grid, size)

    def to_clip(self, i: int) -> MotionClip:
        """Clip `i` on the CPU, with its dense sources. Raises IndexError if there is none."""
        size = self.frames.shape[-1]
        frames = self.frames[i].permute(0, 2, 3, 1)
        return MotionClip(
            frames=np.ascontiguousarray(frames.cpu().numpy()),
            label=LABELS[int(self.labels[i])],
            source=sources(self.steps[i][None].cpu(), size, size)[0].numpy(),
            seed=self.seed,
        )


def make_clip(
    label: str | int | None,
    seed: int,
    frames: int = 8,
    size: int = 112,
    speed: float | None = None,
    clean: bool = False,
) -> MotionClip:
    """Make one clip. Arguments as in `make_batch`; a `label` of None lets the seed choose.

    Raises:
        ValueError: as `make_batch`.
    """
    wanted = 1 if label is None else [label]
    return make_batch(wanted, seed, frames, size, speed=speed, clean=clean).to_clip(0)


@torch.no_grad()
def make_batch(
    n_or_labels: int | Sequence[str | int] | Tensor,
    seed: int,
    frames: int = 8,
    size: int = 112,
    device: str | torch.device = "cpu",
    speed: float | None = None,
    clean: bool = False,
) -> MotionBatch:
    """Make a batch of clips.

    The same arguments give the same bytes on the same device, whatever the global random state,
    which is left alone. On another device labels and motion stay and the scenes differ.

    Args:
        n_or_labels: how many clips, 1 to 4096, with labels in balance and in random order; or the
            label of each, by name or by place in `LABELS`.
        seed: 0 to 2**62. No scene of one seed comes up again with another.
        frames: frames a clip, 1 to 64.
        size: pixels a side, 16 to 512.
        device: where the clips are made and stay.
        speed: mean motion of the picture in tokens a frame, a token being 1/14 of the frame's
            side; above 0, at most 3. None draws 0.3 to 1.5 for pans and tilts, 0.25 to 1 (as a
            mean over the frame) for zooms and rolls.
        clean: leave out what a shutter, a lens and a sensor add: motion blur, changing focus and
            light, vignetting, noise. The shake of the hand stays.

    Raises:
        ValueError: an unknown label, or a number out of range; names what is allowed.
    """
    _check("frames", frames, *FRAMES)
    _check("size", size, *SIZES)
    _check("seed", seed, *SEEDS)
    if speed is not None and not 0 < speed <= MAX_SPEED:
        raise ValueError(
            f"speed must be above 0 and at most {MAX_SPEED:g} tokens a frame, not {speed!r}"
        )
    device = torch.device(device)
    dice = Dice(int(seed), device)
    labels = _labels(n_or_labels, dice)
    side = canvas_side(size)
    linear, centre = draw_paths(labels, frames, size, side, speed, dice)
    # A few clips at a time stay in a CPU's cache; a GPU wants them all at once.
    step = _AT_ONCE if device.type == "cpu" else len(labels)
    parts = []
    for paths in zip(linear.split(step), centre.split(step), strict=True):
        scenes = make_scenes(len(paths[0]), side, dice)
        parts.append(film(scenes, *paths, size, clean, dice))
    return MotionBatch(
        frames=torch.cat(parts),
        labels=labels.to(device),
        steps=steps_between(linear, centre).to(device),
        seed=int(seed),
    )


def _check(name: str, value: int, low: int, high: int) -> None:
    if not _whole(value) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")


def _whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _labels(n_or_labels: int | Sequence[str | int] | Tensor, dice: Dice) -> Tensor:
    """int64 (B,) on the CPU."""
    if isinstance(n_or_labels, (int, float, np.number)):
        _check("the number of clips", n_or_labels, *CLIPS)
        # A random start, or the labels left over would always be the first ones.
        return (dice.shuffled(int(n_or_labels)) + dice.integers(len(LABELS), ())) % len(LABELS)
    if isinstance(n_or_labels, str):
        raise ValueError(
            f"labels must be a list of labels or a number, not the text {n_or_labels!r}"
        )
    wanted = n_or_labels.tolist() if isinstance(n_or_labels, Tensor) else list(n_or_labels)
    _check("the number of clips", len(wanted), *CLIPS)
    return torch.tensor([_label_index(label) for label in wanted])


def _label_index(label: str | int) -> int:
    if isinstance(label, str) and label in LABELS:
        return LABELS.index(label)
    if _whole(label) and 0 <= label < len(LABELS):
        return int(label)
    raise ValueError(
        f"unknown label {label!r}; allowed are {', '.join(LABELS)}, "
        f"or their places 0 to {len(LABELS) - 1}"
    )
