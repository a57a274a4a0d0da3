"""The camera of synthetic clips: the names of all motions, and random camera paths."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.synthetic.rng import Rng

CAMERA_HELP: dict[str, str] = {
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
OBJECT_HELP: dict[str, str] = {
    "object moves left": "The camera stands still; something in the picture moves left.",
    "object moves right": "The camera stands still; something in the picture moves right.",
    "object moves up": "The camera stands still; something in the picture moves up.",
    "object moves down": "The camera stands still; something in the picture moves down.",
    "object comes closer": "The camera stands still; something in the picture grows.",
    "object goes away": "The camera stands still; something in the picture shrinks.",
    "object spins clockwise": "The camera stands still; something in the picture turns clockwise.",
    "object spins counter-clockwise": (
        "The camera stands still; something in the picture turns counter-clockwise."
    ),
}
LABEL_HELP: dict[str, str] = CAMERA_HELP | OBJECT_HELP
CAMERA_LABELS: tuple[str, ...] = tuple(CAMERA_HELP)
LABELS: tuple[str, ...] = tuple(LABEL_HELP)

TOKENS = 14  # speeds are in tokens of this grid over the frame: 8 pixels at 112x112
SHIFT_SPEED = (0.3, 2.0)  # pans and tilts, tokens a frame
TURN_SPEED = (0.25, 1.3)  # zooms and rolls: the same, as a mean over the frame
MAX_SPEED = 3.0

MEAN_RADIUS = 0.3826  # mean distance of a unit square's points from its centre
_MAX_ZOOM = math.log(4.0)  # over a whole clip whose speed was not asked for
# Heading of pans and tilts on the screen, in degrees clockwise from the right; the sign of what a
# zoom does to the share of the scene in the frame, and a roll to the angle of the frame.
HEADING = {"pan left": 180.0, "pan right": 0.0, "tilt up": 270.0, "tilt down": 90.0}
ZOOM = {"zoom in": -1.0, "zoom out": 1.0}
ROLL = {"roll clockwise": 1.0, "roll counter-clockwise": -1.0}


class Paths(NamedTuple):
    """Affine maps from the frame to a layer, one a frame of the clip.

    Frame point p = (x, y), in pixels from the frame's centre, shows layer point linear p + centre,
    in the layer's pixels from its centre.

    float64 on the CPU: linear (B, T, 2, 2) and centre (B, T, 2).
    """

    linear: Tensor
    centre: Tensor

    def of(self, rows: slice | Tensor) -> Paths:
        """Return the paths of some clips."""
        return Paths(self.linear[rows], self.centre[rows])

    def shaken(self, shake: Paths) -> Paths:
        """Return the paths as a shaking camera sees them: frame point p shows what shake(p) did."""
        return Paths(self.linear @ shake.linear, self.centre + apply(self.linear, shake.centre))


def draw_shake(count: int, frames: int, size: int, rng: Rng) -> Paths:
    """Draw the shake of a camera: a tremor, a slow sway and a little turning.

    All stay within about a pixel at 112 pixels a side; one camera in eight is on a tripod.
    """
    strength = rng.uniform((count, 1, 1)) * ~rng.chance((count, 1, 1), 0.125)
    tick = torch.arange(frames)[:, None]
    sway = torch.sin(
        tick * rng.uniform((count, 1, 2), 0.2, 0.9) + rng.uniform((count, 1, 2), 0, 2 * torch.pi)
    )
    shift = strength * (size / 112) * (0.16 * rng.normal((count, frames, 2)) + 0.25 * sway)
    turn = 0.0015 * strength[..., 0] * rng.normal((count, frames))
    return Paths(rotation(turn.double()), shift.double())


def draw_travel(rate: Tensor, frames: int, size: int, rng: Rng) -> Tensor:
    """Draw how far motions have come in each frame, eased.

    Args:
        rate: float64 (B,), the mean speeds, in tokens a frame.

    Returns:
        float64 (B, T), in frame pixels from the middle of the whole way.
    """
    count = len(rate)
    time = torch.linspace(-1, 1, max(frames - 1, 1), dtype=torch.float64)
    ease = 1 + rng.uniform((count, 1), -0.25, 0.25) * time
    ease = ease + rng.uniform((count, 1), -0.08, 0.08) * torch.cos(torch.pi * time)
    pace = ease[:, : frames - 1] / ease.mean(dim=1, keepdim=True) * (rate * size / TOKENS)[:, None]
    way = F.pad(pace.cumsum(dim=1), (1, 0))
    return way - way.mean(dim=1, keepdim=True)


def draw_speeds(count: int, low: float, high: float, rng: Rng) -> Tensor:
    """Draw speeds evenly in their logarithm between two bounds: float64 (count,)."""
    return torch.exp(rng.uniform((count,), math.log(low), math.log(high)).double())


def draw_directions(headings: dict[str, float], labels: Tensor, rng: Rng) -> Tensor:
    """Draw unit vectors (x, y) within 12 degrees of the heading of each label: float64 (B, 2)."""
    degrees = lookup(headings, labels) + rng.uniform((len(labels),), -12, 12)
    return unit_vectors(torch.deg2rad(degrees))


def unit_vectors(angle: Tensor) -> Tensor:
    """Return unit vectors (..., 2), as (x, y), that point at the angles (...) in radians."""
    return torch.stack((angle.cos(), angle.sin()), dim=-1)


def draw_paths(
    labels: Tensor,
    frames: int,
    size: int,
    speed: float | None,
    rng: Rng,
    slower: Tensor | float = 1.0,
) -> tuple[Paths, Tensor]:
    """Draw the camera's path for each label; it stands still where an object has the label.

    Args:
        labels: int64 (B,) on the CPU, places in `LABELS`.
        frames: T, at least 1.
        size: pixels a side of the frame.
        speed: mean motion of the picture in tokens a frame, or None to draw one.
        slower: factor of each speed that is drawn, (B,) or one for all.

    Returns:
        the paths over the scene, and how far the picture is shifted in each frame by a pan or
        tilt: float64 (B, T, 2) in (x, y) frame pixels.
    """
    count, radius = len(labels), MEAN_RADIUS * size
    shifts, zooms, rolls = (has(moves, labels) for moves in (HEADING, ZOOM, ROLL))
    sign = lookup(ZOOM | ROLL, labels)
    direction = draw_directions(HEADING, labels, rng) * shifts[:, None]
    rate = torch.where(
        shifts, draw_speeds(count, *SHIFT_SPEED, rng), draw_speeds(count, *TURN_SPEED, rng)
    )
    if speed is not None:
        rate = torch.full_like(rate, speed)
    elif frames > 1:
        rate = rate * slower
        most = _MAX_ZOOM / (frames - 1) * radius * TOKENS / size
        rate = torch.where(zooms, rate.clamp(max=most), rate)
    way = draw_travel(rate, frames, size, rng) * (shifts | zooms | rolls)[:, None]

    # The scene is as large as in the middle of a zoom, so that neither end looks much coarser than
    # other clips.
    tilted = torch.where(rng.chance((count, 1), 0.75), 0.12, torch.pi)
    turn = sign[:, None] * way / radius
    angle = tilted * rng.uniform((count, 1), -1, 1) + turn * rolls[:, None]
    scale = torch.exp2(rng.uniform((count, 1), -0.75, 0.3)) * torch.exp(turn * zooms[:, None])
    linear = rotation(angle) * scale[..., None, None]
    # A pan goes along the frame's own axes; a zoom or roll keeps the scene under `pivot` in place.
    pivot = rng.uniform((count, 1, 2), -0.08, 0.08) * size * (zooms | rolls)[:, None, None]
    drift = way[..., None] * direction[:, None]
    return Paths(linear, apply(linear, drift - pivot)), -drift


def frame_steps(paths: Paths) -> Tensor:
    """Return maps from pixels of frame t to their sources in frame t-1, along a layer's paths.

    Returns:
        float32 (B, T, 2, 3) for (row, column, 1) in pixels from the frame's centre; the identity
        at t = 0.
    """
    linear, centre = paths
    before = torch.cat((linear[:, :1], linear[:, :-1]), dim=1)
    gone = centre - torch.cat((centre[:, :1], centre[:, :-1]), dim=1)
    steps = torch.linalg.solve(before, torch.cat((linear, gone[..., None]), dim=-1))
    steps = steps[..., [1, 0], :][..., [1, 0, 2]]  # from (x, y) to (row, column)
    steps[:, 0] = torch.eye(2, 3, dtype=steps.dtype)
    return steps.float()


def chain_steps(steps: Tensor, back: int) -> Tensor:
    """Chain steps over `back` frames, or to the first frame where there are not so many.

    Args:
        steps: float32 (..., T, 2, 3) as from `frame_steps`.
        back: 1 or more.
    """
    far = steps
    for more in range(1, back):
        # Frame t has come to t - more; the step from there, which for the first is none, follows.
        frames = (torch.arange(steps.shape[-3], device=steps.device) - more).clamp(min=0)
        then = steps[..., frames, :, :]
        turned = then[..., :2] @ far
        far = torch.cat((turned[..., :2], turned[..., 2:] + then[..., 2:]), dim=-1)
    return far


def sources(steps: Tensor, grid: int, size: int) -> Tensor:
    """Return where the cells of a grid over the frame were one frame before.

    Args:
        steps: float32 (B, T, 2, 3) as from `frame_steps`, for frames of `size` pixels a side.
        grid: cells a side.

    Returns:
        float32 (B, T, grid, grid, 2), (row, column) in cells, r being the centre of row r.
    """
    middle = (grid - 1) / 2
    at = torch.arange(grid, device=steps.device, dtype=torch.float32) - middle
    matrix = steps[:, :, None, None]
    turned = matrix[..., 0] * at[:, None, None] + matrix[..., 1] * at[:, None]
    return turned + (matrix[..., 2] * (grid / size) + middle)


def has(table: dict[str, float], labels: Tensor) -> Tensor:
    """Return whether the table has each label: bool (B,)."""
    return torch.tensor([label in table for label in LABELS])[labels]


def lookup(table: dict[str, float], labels: Tensor) -> Tensor:
    """Return the table's value for each label, 0 where it has none: float64 (B,)."""
    return torch.tensor([table.get(label, 0.0) for label in LABELS], dtype=torch.float64)[labels]


def rotation(angle: Tensor) -> Tensor:
    """Return matrices (..., 2, 2) that turn (x, y) clockwise on the screen, as y points down."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack((cos, -sin, sin, cos), dim=-1).unflatten(-1, (2, 2))


def apply(linear: Tensor, points: Tensor) -> Tensor:
    """Turn points (..., 2) by matrices (..., 2, 2)."""
    return (linear @ points[..., None])[..., 0]


def fit_to_scene(paths: Paths, size: int, side: int, rng: Rng) -> Paths:
    """Move the whole path to a random place of a scene of `side` pixels, shrunk if need be."""
    linear, centre = paths
    half = (size - 1) / 2
    corners = half * torch.tensor([[-1, 1, -1, 1], [-1, -1, 1, 1]], dtype=torch.float64)
    seen = linear @ corners + centre[..., None]  # (B, T, 2, 4)
    low, high = seen.amin(dim=(1, 3)), seen.amax(dim=(1, 3))
    room = side - 2
    shrink = (room / (high - low).amax(dim=1)).clamp(max=1)
    # Never closer than 2.5 frame pixels a scene pixel: a longer path runs into the mirrored scene.
    finest = torch.linalg.det(linear).abs().sqrt().amin(dim=1)
    shrink = torch.maximum(shrink, (0.4 / finest).clamp(max=1))[:, None]
    low, high = low * shrink, high * shrink
    spare = (room - (high - low)).clamp(min=0)
    place = -(low + high) / 2 + (rng.uniform((len(linear), 2)) - 0.5) * spare
    return Paths(linear * shrink[..., None, None], centre * shrink[..., None] + place[:, None])
