"""The motion vocabulary and its procedural clips: a random scene under a camera whose motion is known exactly.

Labels name the motion of the *camera*; the picture moves the other way (`LABEL_HELP`). Every clip knows where each
pixel's content was one frame before. Coordinates are (row, column), pixel (0, 0) having its centre at (0, 0).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sct.scenes import Dice, canvas_side, make_scenes

if TYPE_CHECKING:
    from sct.video import Clip

LABEL_HELP: dict[str, str] = {
    "static": "The camera stands still; the picture only trembles.",
    "pan left": "The camera turns left, so the picture moves right.",
    "pan right": "The camera turns right, so the picture moves left.",
    "tilt up": "The camera tilts up, so the picture moves down.",
    "tilt down": "The camera tilts down, so the picture moves up.",
    "zoom in": "The camera closes in, so the picture grows from its middle.",
    "zoom out": "The camera draws back, so the picture shrinks towards its middle.",
    "roll clockwise": "The camera rolls clockwise, so the picture turns counter-clockwise.",
    "roll counter-clockwise": "The camera rolls counter-clockwise, so the picture turns clockwise.",
}
LABELS: tuple[str, ...] = tuple(LABEL_HELP)

TOKENS = 14  # speeds are in tokens of this grid: 8 pixels at 112x112
PAN_SPEED = (0.3, 1.5)  # tokens a frame
TURN_SPEED = (0.25, 1.0)  # zooms and rolls: the same, as a mean over the frame
MAX_SPEED = 3.0
SIZES = (16, 512)
FRAMES = (1, 64)
FPS = 10.0
_MEAN_RADIUS = 0.3826  # mean distance of a unit square's points from its centre
_MAX_ZOOM = math.log(4.0)  # of a whole clip whose speed was not asked for


@dataclass(frozen=True)
class MotionClip:
    """One made clip and its true motion.

    Attributes:
        frames: uint8 (T, S, S, 3), RGB.
        label: what the camera does, one of `LABELS`.
        source: float32 (T, S, S, 2): for every pixel of frame t its (row, column) in frame t-1, in pixels, which may
            lie outside the frame; frame 0 has no predecessor and points at itself.
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
        from sct.video import Clip  # late: video needs PyAV, made clips do not

        return Clip.from_frames(self.frames, name=self.name, fps=FPS, truth=self.label)


@dataclass(frozen=True)
class MotionBatch:
    """Made clips, all of one size.

    Attributes:
        frames: uint8 (B, T, 3, S, S), RGB.
        labels: int64 (B,), places in `LABELS`; on the device of the frames.
        steps: float32 (B, T, 2, 3) on the device of the frames: pixel p = (row, column) of frame t, taken from the
            frame's centre, was at steps[:, :, :2] p + steps[:, :, 2] in frame t-1; the identity at t = 0.
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
            float32 (B, T, grid, grid, 2), (row, column) in tokens of that grid, r being the centre of token row r;
            may lie outside [0, grid - 1]. At t = 0 every token points at itself.

        Raises:
            ValueError: a grid out of range.
        """
        size = self.frames.shape[-1]
        _check("grid", grid, 1, size)
        return _sources(self.steps, grid, grid / size)

    def to_clip(self, i: int) -> MotionClip:
        """Clip `i` on the CPU, with its dense sources."""
        size = self.frames.shape[-1]
        return MotionClip(
            frames=self.frames[i].permute(0, 2, 3, 1).contiguous().cpu().numpy(),
            label=LABELS[int(self.labels[i])],
            source=_sources(self.steps[i : i + 1], size, 1.0)[0].cpu().numpy(),
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
    """Make a batch of clips. The same arguments give the same bytes on the same device, whatever the global random
    state, which is left alone; on another device labels and camera stay the same and the scenes differ.

    Args:
        n_or_labels: how many clips, with labels in balance and in random order, or the label (name or index) of each.
        seed: 0 to 2**62. No two seeds share a scene.
        frames: frames a clip, 1 to 64.
        size: pixels a side, 16 to 512.
        device: where the clips are made and stay.
        speed: mean motion of the picture in tokens a frame, a token being 1/14 of the frame's side; above 0, at
            most 3. None draws 0.3 to 1.5 for pans and tilts, 0.25 to 1 (mean over the frame) for zooms and rolls.
        clean: leave out what a lens and a sensor add: noise, flicker, vignetting, motion blur. The shake stays.

    Raises:
        ValueError: an unknown label, or a number out of range; names what is allowed.
    """
    _check("frames", frames, *FRAMES)
    _check("size", size, *SIZES)
    _check("seed", seed, 0, 2**62)
    if speed is not None and not 0 < speed <= MAX_SPEED:
        raise ValueError(
            f"speed must be above 0 and at most {MAX_SPEED:g} tokens a frame, not {speed!r}"
        )
    device = torch.device(device)
    dice = Dice(int(seed), device)
    labels = _labels(n_or_labels, dice)
    side = canvas_side(size)
    linear, centre = _camera(labels, frames, size, side, speed, dice)
    scenes = make_scenes(len(labels), side, dice)
    shots = _shoot(scenes, linear, centre, size)
    if not clean:
        _smear(shots, scenes, linear, centre, size, dice)
        shots = _sensed(shots, dice)
    pictures = shots.mul_(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    return MotionBatch(
        frames=pictures.transpose(1, 2).contiguous(),
        labels=labels.to(device),
        steps=_steps(linear, centre).to(device),
        seed=int(seed),
    )


def _check(name: str, value: int, low: int, high: int) -> None:
    if (
        not isinstance(value, (int, np.integer))
        or isinstance(value, bool)
        or not low <= value <= high
    ):
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")


def _labels(n_or_labels: int | Sequence[str | int] | Tensor, dice: Dice) -> Tensor:
    """int64 (B,) on the CPU."""
    if isinstance(n_or_labels, (int, np.integer)):
        _check("the number of clips", n_or_labels, 1, 4096)
        start = dice.integers(len(LABELS), 1)[0]
        order = torch.randperm(int(n_or_labels), generator=dice.host)
        return (order + start) % len(LABELS)
    if isinstance(n_or_labels, str):
        raise ValueError("labels must be a list of labels or a number of clips, not one text")
    wanted = n_or_labels.tolist() if isinstance(n_or_labels, Tensor) else list(n_or_labels)
    _check("the number of clips", len(wanted), 1, 4096)
    return torch.tensor([_label_index(label) for label in wanted])


def _label_index(label: str | int) -> int:
    if isinstance(label, str) and label in LABELS:
        return LABELS.index(label)
    whole = isinstance(label, (int, np.integer)) and not isinstance(label, bool)
    if whole and 0 <= label < len(LABELS):
        return int(label)
    raise ValueError(
        f"unknown label {label!r}; allowed are {', '.join(LABELS)}, or their numbers 0 to {len(LABELS) - 1}"
    )


def _rotation(angle: Tensor) -> Tensor:
    """(..., 2, 2), turning (x, y) clockwise on the screen, as y points down."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack((cos, -sin, sin, cos), dim=-1).unflatten(-1, (2, 2))


def _camera(
    labels: Tensor, frames: int, size: int, side: int, speed: float | None, dice: Dice
) -> tuple[Tensor, Tensor]:
    """Draw the camera's path: float64 linear (B, T, 2, 2) and centre (B, T, 2).

    Frame point p = (x, y), in pixels from the frame's centre, shows scene point linear p + centre, in scene pixels
    from the scene's centre.
    """
    count, pixel = len(labels), size / 112
    moves = labels > 0
    shifts, zooms, rolls = moves & (labels < 5), (labels == 5) | (labels == 6), labels >= 7
    low, high = (
        torch.where(shifts, *(torch.tensor(v, dtype=torch.float64) for v in pair))
        for pair in zip(PAN_SPEED, TURN_SPEED, strict=True)
    )
    rate = low + (high - low) * dice.uniform((count,)).double()
    radius = _MEAN_RADIUS * size
    if speed is not None:
        rate = torch.full_like(rate, speed)
    elif frames > 1:
        most = _MAX_ZOOM / (frames - 1) * radius * TOKENS / size
        rate = torch.where(zooms, rate.clamp(max=most), rate)

    # Way gone by each frame in pixels, 0 in the middle of the clip, eased so that the mean speed stays.
    time = torch.linspace(-1, 1, max(frames - 1, 1), dtype=torch.float64)
    ease = 1 + dice.uniform((count, 1), -0.25, 0.25) * time
    ease = ease + dice.uniform((count, 1), -0.08, 0.08) * torch.cos(torch.pi * time)
    pace = ease[:, : frames - 1] / ease.mean(dim=1, keepdim=True) * (rate * size / TOKENS)[:, None]
    way = F.pad(pace.cumsum(dim=1), (1, 0)) * moves[:, None]
    way = way - way.mean(dim=1, keepdim=True)

    # Camera directions on the screen, (x, y), for labels 1 to 4; zooms and rolls by their sign.
    sign = torch.tensor([0, 0, 0, 0, 0, -1, 1, 1, -1], dtype=torch.float64)[labels][:, None]
    heading = torch.tensor([torch.pi, 0, -torch.pi / 2, torch.pi / 2], dtype=torch.float64)
    heading = heading[(labels - 1).clamp(0, 3)] + dice.uniform((count,), -1, 1) * math.radians(12)
    direction = torch.stack((heading.cos(), heading.sin()), dim=-1) * shifts[:, None]
    turned = torch.where(dice.chance((count, 1), 0.75), 0.12, torch.pi) * dice.uniform(
        (count, 1), -1, 1
    )
    angle = turned + way * sign * rolls[:, None] / radius
    scale = torch.exp2(dice.uniform((count, 1), -0.75, 0.3)) * torch.exp(
        way * sign * zooms[:, None] / radius
    )
    about = dice.uniform((count, 1, 2), -0.08, 0.08) * size * (zooms | rolls)[:, None, None]
    linear = _rotation(angle) * scale[..., None, None]
    # A pan moves along the frame's own axes; a zoom or roll keeps the scene under `about` where it is.
    moved = way[..., None] * direction[:, None] - about
    centre = (linear @ moved[..., None])[..., 0]

    # Hand-shake, as frame pixels: a tremor, a slow sway and a little turning; one camera in eight is on a tripod.
    hand = dice.uniform((count, 1, 1)) * ~dice.chance((count, 1, 1), 0.125) * pixel
    tick = torch.arange(frames, dtype=torch.float64)[:, None]
    sway = torch.sin(
        tick * dice.uniform((count, 1, 2), 0.2, 0.9) + dice.uniform((count, 1, 2), 0, 6.28)
    )
    shake = hand * (0.16 * dice.normal((count, frames, 2)) + 0.25 * sway)
    turn = 0.0015 * hand[..., 0] / pixel * dice.normal((count, frames))
    centre = centre + (linear @ shake.double()[..., None])[..., 0]
    linear = linear @ _rotation(turn.double())
    return _fitted(linear, centre, size, side, dice)


def _fitted(
    linear: Tensor, centre: Tensor, size: int, side: int, dice: Dice
) -> tuple[Tensor, Tensor]:
    """Bring the whole path inside the scene, closer to it if need be, at a random place."""
    half = (size - 1) / 2
    corners = half * torch.tensor([[-1, 1, -1, 1], [-1, -1, 1, 1]], dtype=torch.float64)
    seen = linear @ corners + centre[..., None]  # (B, T, 2, 4)
    low, high = seen.amin(dim=(1, 3)), seen.amax(dim=(1, 3))
    # Never closer than 2.5 frame pixels a scene pixel: a longer path runs into the mirrored scene instead.
    room = side - 2
    shrink = (room / (high - low).amax(dim=1)).clamp(max=1)
    finest = linear.det().abs().sqrt().amin(dim=1)
    shrink = torch.maximum(shrink, (0.4 / finest).clamp(max=1))[:, None]
    low, high = low * shrink, high * shrink
    spare = (room - (high - low)).clamp(min=0)
    place = -(low + high) / 2 + (dice.uniform((len(linear), 2)) - 0.5) * spare
    return linear * shrink[..., None, None], centre * shrink[..., None] + place[:, None]


def _steps(linear: Tensor, centre: Tensor) -> Tensor:
    """float32 (B, T, 2, 3) in (row, column): from a pixel of frame t to its source in frame t-1."""
    before = torch.cat((linear[:, :1], linear[:, :-1]), dim=1)
    gone = centre - torch.cat((centre[:, :1], centre[:, :-1]), dim=1)
    steps = torch.linalg.solve(before, torch.cat((linear, gone[..., None]), dim=-1))
    steps = steps[..., [1, 0], :][..., [1, 0, 2]]
    steps[:, 0] = torch.eye(2, 3, dtype=steps.dtype)
    return steps.float()


def _sources(steps: Tensor, grid: int, tokens_a_pixel: float) -> Tensor:
    """float32 (B, T, grid, grid, 2): sources of the cells of a grid over the frame, in cells of that grid."""
    middle = (grid - 1) / 2
    at = torch.arange(grid, device=steps.device, dtype=torch.float32) - middle
    rows, columns = at[:, None, None], at[:, None]
    matrix = steps[:, :, None, None]
    return (
        matrix[..., 0] * rows + matrix[..., 1] * columns + matrix[..., 2] * tokens_a_pixel + middle
    )


def _shoot(scenes: Tensor, linear: Tensor, centre: Tensor, size: int) -> Tensor:
    """Take the frames: float32 (B, 3, T, S, S). Frames that see the scene from afar blend in coarser copies of it,
    without which fine texture would flicker."""
    side, frames = scenes.shape[-1], linear.shape[1]
    level = (linear.det().abs().sqrt().log2() - 0.4).clamp(min=0)  # (B, T)
    matrix, offset = ((part * 2 / side).float().to(scenes.device) for part in (linear, centre))
    at = torch.arange(size, device=scenes.device) - (size - 1) / 2
    matrix = matrix[:, :, None, None]
    grid = torch.empty(len(scenes), frames, size, size, 2, device=scenes.device)
    for axis in range(2):
        across = matrix[..., axis, 0] * at + offset[:, :, None, None, axis]
        torch.add(across, matrix[..., axis, 1] * at[:, None], out=grid[..., axis])
    grid = grid.flatten(1, 2)

    def sample(image: Tensor, where: Tensor) -> Tensor:
        taken = F.grid_sample(image, where, padding_mode="reflection", align_corners=False)
        return taken.unflatten(2, (frames, size))

    shots = sample(scenes, grid)
    coarse, depth = scenes, 0
    while depth < level.max():
        coarse, far = F.avg_pool2d(coarse, 2), (level > depth).any(dim=1).nonzero()[:, 0]
        weight = (level[far] - depth).clamp(0, 1).float().to(scenes.device)
        far = far.to(scenes.device)
        shots[far] = shots[far].lerp(sample(coarse[far], grid[far]), weight[:, None, :, None, None])
        depth += 1
    return shots


def _smear(
    shots: Tensor, scenes: Tensor, linear: Tensor, centre: Tensor, size: int, dice: Dice
) -> None:
    """Motion blur for one clip in eight, in place: the mean over an exposure about each frame's instant."""
    chosen = dice.chance((len(shots),), 0.125)
    shutter = dice.uniform((len(shots), 1), 0.1, 0.3)
    if shots.shape[2] < 2 or not chosen.any():
        return
    rows = chosen.nonzero()[:, 0]
    here = rows.to(shots.device)
    drift = [torch.gradient(part[rows], dim=1)[0] for part in (linear, centre)]
    total = shots[here]
    for side in (-1, 1):
        open_ = side * shutter[rows][..., None].double()
        moved = linear[rows] + drift[0] * open_[..., None], centre[rows] + drift[1] * open_
        total += _shoot(scenes[here], *moved, size)
    shots[here] = total / 3


def _sensed(shots: Tensor, dice: Dice) -> Tensor:
    """Vignetting fixed to the camera, changing light, sensor noise: (B, 3, T, S, S)."""
    count, _, frames, size, _ = shots.shape
    one = (count, 1, 1, 1, 1)
    at = torch.linspace(-1, 1, size)
    distance = (at.square()[:, None] + at.square()) / 2
    dark = dice.uniform(one, 0.0, 0.45) * dice.chance(one, 0.4)
    vignette = (1 - dark * distance).to(shots.device)

    time = torch.linspace(-1, 1, frames).view(1, 1, -1, 1, 1)
    tint = dice.normal((count, 3, 1, 1, 1)) * 0.015 + dice.normal(one) * 0.05
    flicker = dice.normal((count, 1, frames, 1, 1)) * (dice.uniform(one) ** 3 * 0.05)
    gain = (1 + tint * time + flicker).to(shots.device)

    # Grains are cut at random places out of one strip: drawing each pixel's own costs more than the rest of a clip.
    length = 3 * size * size
    strip = dice.noise((16 * length,))
    # Compressed video blurs its noise.
    strip[8 * length :] = F.avg_pool1d(strip[8 * length - 1 :][None], 2, 1)[0] * 2**0.5
    coarse = torch.tensor(dice.integers(2, count))
    places = coarse[:, None] * 8 * length + torch.tensor(
        dice.integers(7 * length, count * frames)
    ).view(count, frames)
    grains = torch.stack([strip[place : place + length] for place in places.flatten().tolist()])
    grains = grains.view(count, frames, 3, size, size).transpose(1, 2)
    sigma = (dice.uniform(one) ** 2 * 0.05).to(shots.device)
    return torch.addcmul(shots.mul_(vignette).mul_(gain), grains, sigma)
