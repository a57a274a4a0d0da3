"""Objects in synthetic clips: the one that a label speaks of, distractors and occluders.

Each clip has room for two, the upper one before the lower one. An object is a textured shape on a
small canvas and a path, as the scene is; what a label says of its motion is said of the frame.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.synthetic.camera import (
    LABELS,
    OBJECT_HELP,
    TOKENS,
    Paths,
    apply,
    draw_directions,
    draw_speeds,
    draw_travel,
    has,
    lookup,
    rotation,
    unit_vectors,
)
from sct.synthetic.rng import Rng

MOVE_SPEED = (0.3, 2.0)  # tokens a frame
GROW_SPEED = (0.25, 0.9)  # the same, as a mean over the object
SPIN_SPEED = (0.25, 1.2)

HEADING = {  # on the screen, in degrees clockwise from the right
    "object moves left": 180.0,
    "object moves right": 0.0,
    "object moves up": 270.0,
    "object moves down": 90.0,
}
GROWTH = {"object comes closer": 1.0, "object goes away": -1.0}
SPIN = {"object spins clockwise": 1.0, "object spins counter-clockwise": -1.0}
_STATIC = LABELS.index("static")
MEAN_RADIUS = 0.27  # mean distance of an object's points from its middle, over its diameter
_MAX_GROWTH = math.log(3.5)  # over a clip whose speed was not asked for
_MAX_SPIN = 0.6  # radians a frame: beyond, a turn is easily taken for one the other way
_HARMONICS = 5


class Objects(NamedTuple):
    """One object for each clip of a batch, on the CPU.

    Attributes:
        present: bool (B,), whether the clip has it.
        paths: maps from the frame to the canvas of the object, whose sides are at -1 and 1.
        diameter: float64 (B,), pixels in the frame, midway.
    """

    present: Tensor
    paths: Paths
    diameter: Tensor

    def of(self, rows: slice) -> Objects:
        """Return the objects of some clips."""
        return Objects(self.present[rows], self.paths.of(rows), self.diameter[rows])


class Sprites(NamedTuple):
    """Painted objects.

    Attributes:
        picture: float32 (n, 4, side, side), RGB and alpha in [0, 1].
        paths: maps (n, T) from the frame to the picture, whose sides are at -1 and 1.
        rows: int64 (n,), the clips they belong to, on the CPU.
    """

    picture: Tensor
    paths: Paths
    rows: Tensor


def draw_objects(
    labels: Tensor,
    frames: int,
    size: int,
    speed: float | None,
    drift: Tensor,
    shake: Paths,
    alone: bool,
    rng: Rng,
) -> tuple[Objects, Objects]:
    """Draw the lower and the upper objects of a batch.

    Args:
        labels: int64 (B,) on the CPU, places in `LABELS`.
        frames, size: T, and pixels a side of the frame.
        speed: mean motion of a labelled object in tokens a frame, or None to draw one.
        drift: float64 (B, T, 2), the picture's shift by a pan or tilt, in (x, y) frame pixels.
        shake: of the camera.
        alone: whether to leave out what the label does not speak of.
    """
    count = len(labels)
    main = has(OBJECT_HELP, labels)
    still = labels == _STATIC
    role = rng.uniform((count,))
    lower_present = main | (~torch.tensor(alone) & (role < 0.4))

    diameter = _main_diameter(labels, size, rng)
    rate = _main_rate(labels, diameter / size, frames, speed, rng)
    way = draw_travel(rate, frames, size, rng)
    wander = _wander(count, frames, size, 1.5, rng)
    # Without a label of its own an object wanders, stays in its place of the frame (as one that the
    # camera follows), or passes by faster than the scene, being nearer.
    nearer = drift * rng.uniform((count, 1, 1), 1.2, 1.9)
    nearer = torch.where(drift.abs().amax(dim=(1, 2)) > 0, 1.0, 0.0)[:, None, None] * nearer
    other = torch.where((role < 0.2)[:, None, None], wander, 0.0)
    other = torch.where(((role >= 0.3) & (role < 0.4))[:, None, None], nearer, other)
    other = torch.where(still[:, None, None], 0.0, other)
    direction = draw_directions(HEADING, labels, rng)
    moves = has(HEADING, labels)
    own = torch.where(
        moves[:, None, None],
        way[..., None] * direction[:, None],
        _wander(count, frames, size, 0.15, rng),
    )
    radius = MEAN_RADIUS * diameter
    turn = way / radius[:, None]
    growth = lookup(GROWTH, labels)[:, None] * turn
    tick = torch.arange(frames) - (frames - 1) / 2
    lean = rng.uniform((count, 1), -0.03, 0.03) * tick * moves[:, None]
    angle = lookup(SPIN, labels)[:, None] * turn + lean
    across = torch.stack((-direction[:, 1], direction[:, 0]), dim=-1)
    place = torch.where(
        moves[:, None],
        rng.uniform((count, 2), -0.1, 0.1) + across * rng.uniform((count, 1), -1, 1) * 0.22,
        rng.uniform((count, 2), -0.2, 0.2),
    )
    place = torch.where(main[:, None], place, rng.uniform((count, 2), -0.4, 0.4)) * size
    middle = place[:, None] + torch.where(main[:, None, None], own, other)
    spins = has(SPIN, labels)
    paths = _paths(middle, angle, growth, diameter, spins, rng).shaken(shake)
    lower = Objects(lower_present, paths, diameter)
    return lower, _draw_upper(main, still, rate, diameter, frames, size, shake, alone, rng)


def _draw_upper(
    main: Tensor,
    still: Tensor,
    rate: Tensor,
    below: Tensor,
    frames: int,
    size: int,
    shake: Paths,
    alone: bool,
    rng: Rng,
) -> Objects:
    """Draw occluders and small distractors, never as large or as fast as a labelled object."""
    count = len(main)
    role = rng.uniform((count,))
    overlay, stander, roamer = ((role >= low) & (role < low + 0.1) for low in (0.0, 0.1, 0.2))
    stander &= main | still
    small = torch.where(main, 0.4 * below, torch.where(still, 0.14, 0.3) * size)
    diameter = torch.where(
        roamer, rng.uniform((count,), 0.6, 1.0) * small, rng.uniform((count,), 0.12, 0.4) * size
    )
    most = torch.where(main, 0.4 * rate.clamp(max=1.5), 1.0)
    roaming = _wander(count, frames, size, 1.0, rng) * most[:, None, None]
    place = rng.uniform((count, 2), -0.45, 0.45) * size
    middle = place[:, None] + torch.where(roamer[:, None, None], roaming, 0.0)
    flat = torch.zeros(count, frames, dtype=torch.float64)
    paths = _paths(middle, flat, flat, diameter, torch.zeros(count, dtype=torch.bool), rng)
    shaken = paths.shaken(shake)
    # What hangs on the camera itself, such as a caption, does not shake with it.
    paths = Paths(
        torch.where(overlay[:, None, None, None], paths.linear, shaken.linear),
        torch.where(overlay[:, None, None], paths.centre, shaken.centre),
    )
    present = (overlay | stander | roamer) & ~torch.tensor(alone)
    return Objects(present, paths, diameter)


def _main_rate(
    labels: Tensor, diameter: Tensor, frames: int, speed: float | None, rng: Rng
) -> Tensor:
    """Draw speeds in tokens a frame, float64 (B,), for objects of a diameter over the frame's side.

    Those that would leave the frame or be lost to the eye are slowed.
    """
    count, steps = len(labels), max(frames - 1, 1)
    grows, spins = has(GROWTH, labels), has(SPIN, labels)
    rate = draw_speeds(count, *MOVE_SPEED, rng)
    rate = torch.where(grows, draw_speeds(count, *GROW_SPEED, rng), rate)
    rate = torch.where(spins, draw_speeds(count, *SPIN_SPEED, rng), rate)
    if speed is not None:
        return torch.full_like(rate, speed)
    radius = MEAN_RADIUS * diameter * TOKENS
    most = torch.full_like(rate, 1.15 * TOKENS / steps)
    most = torch.where(grows, min(_MAX_GROWTH / steps, _MAX_GROWTH / 5) * radius, most)
    most = torch.where(spins, _MAX_SPIN * radius, most)
    return torch.minimum(rate, most)


def _main_diameter(labels: Tensor, size: int, rng: Rng) -> Tensor:
    """Draw the diameters of the lower objects in frame pixels: float64 (B,)."""
    grows, spins = has(GROWTH, labels), has(SPIN, labels)
    low = torch.where(grows | spins, 0.35, 0.25)
    high = torch.where(spins, 0.8, torch.where(grows, 0.6, 0.65))
    return (low + (high - low) * rng.uniform((len(labels),))).double() * size


def _wander(count: int, frames: int, size: int, fastest: float, rng: Rng) -> Tensor:
    """Draw steady walks in any direction: float64 (B, T, 2), frame pixels from their middle."""
    heading = rng.uniform((count,), 0, 2 * torch.pi).double()
    rate = rng.uniform((count,), 0, fastest).double()
    way = draw_travel(rate, frames, size, rng)
    return way[..., None] * unit_vectors(heading)[:, None]


def _paths(
    middle: Tensor, angle: Tensor, growth: Tensor, diameter: Tensor, uneven: Tensor, rng: Rng
) -> Paths:
    """Draw maps from the frame to a canvas with sides at -1 and 1, for objects of a random shape.

    Their middles are at `middle` (B, T, 2); they are turned by `angle` and grown by exp(`growth`),
    both (B, T). `uneven` bool (B,) says which may not be round.
    """
    count = len(diameter)
    stretch = rng.uniform((count, 1), -0.7, 0.7)
    # A round object that spins would hide it.
    stretch = torch.where(uneven[:, None] & (stretch.abs() < 0.3), stretch.sign() * 0.3, stretch)
    shape = torch.exp2(torch.cat((-stretch, stretch), dim=1) / 2).double()  # (B, 2)
    start = rng.uniform((count, 1), -torch.pi, torch.pi).double()
    turned = rotation(-(angle + start))
    scale = (2 / diameter)[:, None] * torch.exp(-growth)
    linear = shape[:, None, :, None] * turned * scale[..., None, None]
    return Paths(linear, -apply(linear, middle))


def paint(objects: Objects, scenes: Tensor, size: int, rng: Rng) -> Sprites | None:
    """Give the objects that are present a shape and a texture taken from another clip's scene.

    Args:
        objects: of the clips whose scenes are given.
        scenes: float32 (B, 3, side, side) in [0, 1].
        size: pixels a side of the frame.

    Returns:
        None when no clip has an object.
    """
    rows = objects.present.nonzero()[:, 0]
    count, device = len(rows), scenes.device
    if not count:
        return None
    side = max(16, size * 3 // 4)
    step = int(rng.integers(max(1, len(scenes) - 1), ())) + 1
    donors = scenes[((rows + step) % len(scenes)).to(device)]
    # About one scene pixel a frame pixel, so that objects are as finely grained as the scene.
    share = objects.diameter[rows] * rng.uniform((count,), 0.8, 1.4) / scenes.shape[-1]
    share = share.clamp(max=1)
    corner = rng.uniform((count, 2), -1, 1) * (1 - share[:, None])
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = share.float()
    theta[..., 2] = corner
    where = F.affine_grid(theta.to(device), [count, 3, side, side], align_corners=False)
    texture = F.grid_sample(donors, where, align_corners=False)
    gain = rng.uniform((count, 1, 1, 1), 0.7, 1.5)
    gain = torch.where(rng.chance((count, 1, 1, 1), 0.25), -gain, gain)
    level = 0.5 + rng.normal((count, 1, 1, 1)) * 0.2 + rng.normal((count, 3, 1, 1)) * 0.08
    mean = texture.mean(dim=(2, 3), keepdim=True)
    texture = (texture - mean) * gain.to(device) + level.clamp(0.1, 0.9).to(device)
    picture = torch.cat((texture.clamp_(0, 1), _shapes(count, side, rng).to(device)), dim=1)
    return Sprites(picture, objects.paths.of(rows), rows)


def _shapes(count: int, side: int, rng: Rng) -> Tensor:
    """Draw alpha of blobs, ellipses and rounded rectangles: float32 (count, 1, side, side)."""
    at = (torch.arange(side) + 0.5) * (2 / side) - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    angle, distance = torch.atan2(y, x), torch.hypot(x, y)
    order = torch.arange(1, _HARMONICS + 1)[:, None, None]
    waves = torch.cat((torch.cos(order * angle), torch.sin(order * angle))).flatten(1)
    size = rng.normal((count, 2 * _HARMONICS)) * 0.1
    size = size * rng.chance((count, 1), 0.65)  # the others are smooth
    reach = (1 + size @ waves).clamp_min(0.25)
    # From an ellipse (2) to nearly a rectangle (8): the superellipse |x|^p + |y|^p = 1.
    power = torch.where(rng.chance((count, 1), 0.4), 8.0, 2.0)
    across = x.abs().flatten().clamp_min(1e-4).log()
    along = y.abs().flatten().clamp_min(1e-4).log()
    norm = torch.logaddexp(power * across, power * along).div(power).exp()
    reach = reach * distance.flatten() / norm
    reach = reach / reach.amax(dim=1, keepdim=True) * torch.where(power > 2, 1.3, 0.98)
    soft = (reach - distance.flatten()) * (side / 2) + 0.5
    border = (1 - torch.maximum(x.abs(), y.abs()).flatten()) * (side / 2)
    return torch.minimum(soft, border).clamp_(0, 1).view(count, 1, side, side)
