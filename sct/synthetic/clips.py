"""Synthetic motion clips: random scenes and objects under a camera, every motion known exactly.

The first nine labels name the motion of the *camera*; the picture moves the other way. The other
eight name the motion of an object before a camera that stands still (`LABEL_HELP`). Every clip
knows where the content of each pixel was one frame before. Coordinates are (row, column); whole
numbers are the centres of pixels or tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from sct.synthetic.batch import FRAMES, SIZES, SyntheticBatch, SyntheticClip
from sct.synthetic.camera import (
    CAMERA_LABELS,
    LABEL_HELP,
    LABELS,
    MAX_SPEED,
    draw_paths,
    draw_shake,
    fit_to_scene,
    frame_steps,
)
from sct.synthetic.objects import draw_objects, paint
from sct.synthetic.render import Layers, render
from sct.synthetic.rng import Rng
from sct.synthetic.scenes import canvas_side, make_scenes
from sct.validation import SENTENCE, check_whole, is_whole

__all__ = [
    "CAMERA_LABELS",
    "LABELS",
    "LABEL_HELP",
    "make_batch",
    "make_clip",
    "mirrored",
]

CLIPS = (1, 4096)
SEEDS = (0, 2**62)
_AT_ONCE = 8


_SIDES = {
    "horizontal": (("left", "right"), ("clockwise", "counter-clockwise")),
    "vertical": (("up", "down"), ("clockwise", "counter-clockwise")),
}


def mirrored(label: str, axis: str = "horizontal") -> str:
    """Return what the label of a clip becomes when its frames are mirrored.

    Args:
        label: one of `LABELS`.
        axis: "horizontal" exchanges left and right, "vertical" up and down.

    Raises:
        ValueError: an unknown label or axis.
    """
    if axis not in _SIDES:
        raise ValueError(f"axis {axis!r}: allowed: {', '.join(_SIDES)}")
    words = LABELS[_label_index(label)].split(" ")
    for one, other in _SIDES[axis]:
        if words[-1] in (one, other):
            return " ".join([*words[:-1], other if words[-1] == one else one])
    return label


def make_clip(
    label: str | int | None,
    seed: int,
    frames: int = 8,
    size: int = 112,
    speed: float | None = None,
    clean: bool = False,
) -> SyntheticClip:
    """Draw one clip. Arguments as in `make_batch`; a `label` of None lets the seed choose.

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
    pictures: Tensor | None = None,
) -> SyntheticBatch:
    """Draw a batch of clips.

    The same arguments give the same bytes on the same device, whatever the global random state,
    which is left alone. On another device labels and motion stay and the scenes differ.

    Args:
        n_or_labels: how many clips, 1 to 4096, with labels in balance and in random order; or the
            label of each, by name or by place in `LABELS`.
        seed: 0 to 2**62. No scene of one seed comes up again with another.
        frames: frames a clip, 1 to 64.
        size: pixels a side, 16 to 512.
        device: where the clips are drawn and stay.
        speed: mean motion in tokens a frame, a token being 1/14 of the frame's side, of the picture
            or of the labelled object; above 0, at most 3. None draws 0.3 to 2 for translations,
            0.25 to 1.3 (as a mean over frame or object) for zooms, rolls, growth and spins.
        clean: whether to leave out objects that the label does not speak of, and what a shutter, a
            lens, a sensor and a codec add: motion blur, changing focus and light, vignetting,
            noise, blocks. Camera shake stays.
        pictures: float32 (N, 3, side, side) in [0, 1], side = `canvas_side(size)`: the scenes, one
            for each label, in place of drawn ones; for labels of the camera only.

    Raises:
        ValueError: an unknown label, or a number or shape out of range; names what is allowed.
    """
    check_whole("frames", frames, *FRAMES, form=SENTENCE)
    check_whole("size", size, *SIZES, form=SENTENCE)
    check_whole("seed", seed, *SEEDS, form=SENTENCE)
    if speed is not None and not 0 < speed <= MAX_SPEED:
        raise ValueError(
            f"speed must be above 0 and at most {MAX_SPEED:g} tokens a frame, not {speed!r}"
        )
    device = torch.device(device)
    rng = Rng(int(seed), device)
    labels = _labels(n_or_labels, rng)
    side = canvas_side(size)
    if pictures is not None:
        _check_pictures(pictures, labels, side)
    shake = draw_shake(len(labels), frames, size, rng)
    paths, drift = draw_paths(labels, frames, size, speed, rng)
    paths = fit_to_scene(paths.shaken(shake), size, side, rng)
    alone = clean or pictures is not None
    objects = draw_objects(labels, frames, size, speed, drift, shake, alone, rng)
    # A few clips at a time stay in a CPU's cache; a GPU wants them all at once.
    step = _AT_ONCE if device.type == "cpu" else len(labels)
    rendered = []
    for start in range(0, len(labels), step):
        rows = slice(start, start + step)
        if pictures is None:
            scenes = make_scenes(len(labels[rows]), side, rng)
        else:
            scenes = pictures[rows].to(device, torch.float32)
        sprites = tuple(paint(some.of(rows), scenes, size, rng) for some in objects)
        rendered.append(render(Layers(scenes, paths.of(rows), sprites), size, clean, rng))
    images, shown = zip(*rendered, strict=True)
    layers = (paths, *(some.paths for some in objects))
    return SyntheticBatch(
        frames=torch.cat(images),
        labels=labels.to(device),
        steps=torch.stack([frame_steps(layer) for layer in layers], dim=1).to(device),
        shown=torch.cat(shown),
        seed=int(seed),
    )


def _check_pictures(pictures: Tensor, labels: Tensor, side: int) -> None:
    wanted = (len(labels), 3, side, side)
    if tuple(pictures.shape) != wanted or not pictures.is_floating_point():
        raise ValueError(
            f"pictures are {pictures.dtype} {tuple(pictures.shape)}: floats {wanted} are needed"
        )
    if (labels >= len(CAMERA_LABELS)).any():
        raise ValueError("pictures: only labels of the camera can be filmed from pictures")


def _labels(n_or_labels: int | Sequence[str | int] | Tensor, rng: Rng) -> Tensor:
    """Return the labels as places in `LABELS`: int64 (B,) on the CPU."""
    if isinstance(n_or_labels, (int, float, np.number)):
        check_whole("the number of clips", n_or_labels, *CLIPS, form=SENTENCE)
        # A random start, or the labels left over would always be the first ones.
        return (rng.shuffled(int(n_or_labels)) + rng.integers(len(LABELS), ())) % len(LABELS)
    if isinstance(n_or_labels, str):
        raise ValueError(
            f"labels must be a list of labels or a number, not the text {n_or_labels!r}"
        )
    wanted = n_or_labels.tolist() if isinstance(n_or_labels, Tensor) else list(n_or_labels)
    check_whole("the number of clips", len(wanted), *CLIPS, form=SENTENCE)
    return torch.tensor([_label_index(label) for label in wanted])


def _label_index(label: str | int) -> int:
    if isinstance(label, str) and label in LABELS:
        return LABELS.index(label)
    if is_whole(label, 0, len(LABELS) - 1):
        return int(label)
    raise ValueError(
        f"unknown label {label!r}; allowed are {', '.join(LABELS)}, "
        f"or their places 0 to {len(LABELS) - 1}"
    )
