"""Subjects of composite clips: what they do in the world, part by part.

A subject is a body and up to two parts that swing on it. It travels, grows, turns, or moves in
place: swings its parts, sways, bounces, breathes, rocks, wobbles, or several of them go their own
ways. All is said in pixels of a frame whose camera stands still.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sct.synthetic.camera import TOKENS, Paths, apply, draw_speeds, draw_travel, rotation
from sct.synthetic.camera import unit_vectors as unit
from sct.synthetic.objects import GROW_SPEED, MEAN_RADIUS, MOVE_SPEED, SPIN_SPEED, Objects
from sct.synthetic.rng import Rng

SUBJECT_HELP: dict[str, str] = {
    "none": "Nothing moves by itself.",
    "moves left": "Something goes to the left.",
    "moves right": "Something goes to the right.",
    "moves up": "Something goes up.",
    "moves down": "Something goes down.",
    "comes closer": "Something comes towards the camera and grows.",
    "goes away": "Something goes away from the camera and shrinks.",
    "spins clockwise": "Something turns clockwise.",
    "spins counter-clockwise": "Something turns counter-clockwise.",
    "moves in place": "Something moves, but goes nowhere: limbs, a face, back and forth, or "
    "several things that go different ways.",
}
SUBJECT_LABELS: tuple[str, ...] = tuple(SUBJECT_HELP)

_HEADING = {"moves left": 180.0, "moves right": 0.0, "moves up": 270.0, "moves down": 90.0}
_GROWTH = {"comes closer": 1.0, "goes away": -1.0}
_SPIN = {"spins clockwise": 1.0, "spins counter-clockwise": -1.0}
_MAX_GROWTH = math.log(3.0)
_MAX_SPIN = 0.55  # radians a frame: beyond, a turn is easily taken for one the other way
# Ways to move in place, and how often each is drawn. "crowd": its parts are things of their own.
_WAYS = {"limbs": 4, "sway": 2, "breathe": 1, "rock": 1.5, "wobble": 1.5, "face": 2, "crowd": 1.5}
_PARTS = 2
_FAR = 0.45  # share of the subjects in place that are small


def draw_subjects(labels: Tensor, frames: int, size: int, rng: Rng) -> tuple[Objects, ...]:
    """Draw what each clip's subject is and does.

    Args:
        labels: int64 (B,) on the CPU, places in `SUBJECT_LABELS`.
        frames, size: T, and pixels a side of the frame.

    Returns:
        the body and its parts, the lower ones first, as a camera at rest sees them.
    """
    count, tick = len(labels), torch.arange(frames, dtype=torch.float64)
    none, in_place = (labels == SUBJECT_LABELS.index(x) for x in ("none", "moves in place"))
    weights = torch.tensor(list(_WAYS.values()))
    share = (weights.cumsum(0) / weights.sum())[None]
    drawn = (rng.uniform((count, 1)) > share).sum(1).clamp(max=len(_WAYS) - 1)
    way = {name: in_place & (drawn == i) for i, name in enumerate(_WAYS)}

    diameter = _between(rng, count, 0.25, 0.65) * size
    diameter = torch.where(way["face"], _between(rng, count, 0.45, 1.0) * size, diameter)
    diameter = torch.where(way["crowd"], _between(rng, count, 0.15, 0.35) * size, diameter)
    # Many are far off, or only a small part of them moves.
    far = (none | in_place) & rng.chance((count,), _FAR)
    diameter = torch.where(far, diameter * _between(rng, count, 0.35, 0.8), diameter)
    rate = _rate(labels, diameter / size, frames, rng)
    travel = draw_travel(rate, frames, size, rng)
    direction = unit(torch.deg2rad(_of(_HEADING, labels) + rng.uniform((count,), -14, 14)))
    goes = _has(_HEADING, labels)
    turn = travel / (MEAN_RADIUS * diameter)[:, None]
    growth, angle = (_of(table, labels)[:, None] * turn for table in (_GROWTH, _SPIN))

    def swing(low: float, high: float, where: Tensor) -> Tensor:
        """Draw oscillations (B, T) of an amplitude, where wanted."""
        amplitude = _between(rng, count, low, high) * where
        return amplitude[:, None] * _wave(count, tick, rng)

    # What travels, grows or turns also sways a little, as all that lives does.
    alive = goes & rng.chance((count,), 0.5)
    sways = unit(_between(rng, count, 0, 2 * math.pi))[:, None]
    sway = swing(0.1, 0.35, way["sway"]) + swing(0.01, 0.05, way["face"] | alive)
    middle = torch.where(goes[:, None, None], travel[..., None] * direction[:, None], 0.0)
    middle = middle + sway[..., None] * diameter[:, None, None] * sways
    growth = growth + swing(0.08, 0.3, way["breathe"]) + swing(0.0, 0.04, way["face"])
    angle = angle + swing(0.15, 0.6, way["rock"]) + swing(0.0, 0.12, alive | way["face"])
    shear = swing(0.15, 0.5, way["wobble"])
    apart = unit(_between(rng, count, 0, 2 * math.pi))
    middle = middle + (way["crowd"][:, None] * travel)[..., None] * apart[:, None]
    spread = torch.where(goes[:, None], 0.12, 0.28)
    place = (rng.uniform((count, 2), -1, 1) * spread).double() * size
    middle = middle + place[:, None]

    body = canvas(middle, angle, growth, diameter, rng, shear, _has(_SPIN, labels))
    stands = none & rng.chance((count,), 0.45)  # something that could move, and does not
    objects = [Objects(~none | stands, body, diameter)]
    pose = _pose(middle, angle, growth)
    for number in range(_PARTS):
        limb = way["limbs"] | way["face"] | alive
        present = limb & rng.chance((count,), 0.95 if number == 0 else 0.6)
        long = torch.where(
            way["face"], _between(rng, count, 0.15, 0.3), _between(rng, count, 0.35, 0.9)
        )
        long = long * diameter
        objects.append(_limb(pose, diameter, long, way["face"], present, tick, rng))
        # A crowd's others go more or less against the first.
        other = unit(torch.atan2(apart[:, 1], apart[:, 0]) + _between(rng, count, 1.9, 4.4))
        own = draw_travel(rate * _between(rng, count, 0.6, 1.2), frames, size, rng)
        start = (rng.uniform((count, 2), -0.35, 0.35)).double() * size
        at = start[:, None] + own[..., None] * other[:, None]
        flat = torch.zeros_like(travel)
        alone = canvas(at, flat, flat, diameter, rng)
        crowd = way["crowd"]
        mixed = Paths(
            torch.where(crowd[:, None, None, None], alone.linear, objects[-1].paths.linear),
            torch.where(crowd[:, None, None], alone.centre, objects[-1].paths.centre),
        )
        sizes = torch.where(crowd, diameter, objects[-1].diameter)
        objects[-1] = Objects(present | crowd, mixed, sizes)
    return tuple(objects)


def canvas(
    middle: Tensor,
    angle: Tensor,
    growth: Tensor,
    diameter: Tensor,
    rng: Rng,
    shear: Tensor | None = None,
    uneven: Tensor | None = None,
) -> Paths:
    """Draw maps from the frame to canvases with sides at -1 and 1, of a random aspect.

    Args:
        middle: float64 (B, T, 2), where they are; angle, growth, shear: float64 (B, T), how far
            they are turned, by which power of e they have grown, and how far they lean.
        diameter: float64 (B,), pixels.
        uneven: bool (B,), which must not be round, as a turn would not be seen.
    """
    count = len(diameter)
    stretch = rng.uniform((count, 1), -0.9, 0.9)
    if uneven is not None:
        stretch = torch.where(
            uneven[:, None] & (stretch.abs() < 0.35), stretch.sign() * 0.35, stretch
        )
    shape = torch.exp2(torch.cat((-stretch, stretch), dim=1) / 2).double() * (2 / diameter)[:, None]
    start = rotation(-_between(rng, count, -math.pi, math.pi))[:, None]
    local = _pose(middle, angle, growth)
    linear = start @ local.linear
    if shear is not None:
        lean = torch.eye(2, dtype=torch.float64).repeat(*shear.shape, 1, 1)
        lean[..., 0, 1] = shear
        linear = lean @ linear
    linear = shape[:, None, :, None] * linear
    return Paths(linear, -apply(linear, middle))


def _pose(middle: Tensor, angle: Tensor, growth: Tensor) -> Paths:
    """Return maps from the frame to the upright subject's own pixels, from its middle."""
    linear = rotation(-angle) * torch.exp(-growth)[..., None, None]
    return Paths(linear, -apply(linear, middle))


def _limb(
    body: Paths,
    diameter: Tensor,
    long: Tensor,
    face: Tensor,
    present: Tensor,
    tick: Tensor,
    rng: Rng,
) -> Objects:
    """Draw a part that swings about a joint on the body, or in a face one that opens and shuts."""
    count = len(diameter)
    joint = (
        unit(_between(rng, count, 0, 2 * math.pi))
        * (diameter * _between(rng, count, 0.1, 0.4))[:, None]
    )
    joint = torch.where(face[:, None], joint * 0.5, joint)
    swing = _between(rng, count, 0.3, 1.2)[:, None] * _wave(count, tick, rng)
    swing = torch.where(face[:, None], swing * 0.1, swing)
    opens = torch.where(face, _between(rng, count, 0.15, 0.6), 0.0)[:, None] * _wave(
        count, tick, rng
    )
    rest = _between(rng, count, -math.pi, math.pi)[:, None]
    hinge = _pose(joint[:, None].expand(-1, len(tick), -1), swing + rest, torch.zeros_like(swing))
    thin = torch.where(face, _between(rng, count, 0.4, 1.0), _between(rng, count, 0.2, 0.5))
    scale = torch.stack((2 / long, 2 / (long * thin)), dim=-1)[:, None]
    scale = scale * torch.stack((torch.ones_like(opens), torch.exp(-opens)), dim=-1)
    linear = torch.diag_embed(scale)
    # A limb is held by its end, a mouth by its middle.
    end = torch.where(face, 0.0, 0.85)[:, None, None] * torch.tensor([1.0, 0.0]).double()
    own = Paths(linear, -end.expand(-1, len(tick), -1))
    return Objects(present, own.shaken(hinge).shaken(body), long)


def _wave(count: int, tick: Tensor, rng: Rng) -> Tensor:
    """Draw oscillations between -1 and 1, float64 (B, T): 0.09 to 0.36 periods a frame."""
    pace = torch.exp(_between(rng, count, math.log(0.09), math.log(0.36)))[:, None]
    phase = _between(rng, count, 0, 2 * math.pi)[:, None]
    wave = torch.sin(2 * math.pi * pace * tick + phase)
    other = torch.sin(2 * math.pi * 1.7 * pace * tick + 2.3 * phase)
    return wave + _between(rng, count, 0.0, 0.4)[:, None] * other


def _rate(labels: Tensor, diameter: Tensor, frames: int, rng: Rng) -> Tensor:
    """Draw speeds in tokens a frame, float64 (B,), at which nothing leaves the frame for long."""
    count, steps = len(labels), max(frames - 1, 1)
    grows, spins = _has(_GROWTH, labels), _has(_SPIN, labels)
    rate = draw_speeds(count, 0.2, MOVE_SPEED[1], rng)
    rate = torch.where(grows, draw_speeds(count, *GROW_SPEED, rng), rate)
    rate = torch.where(spins, draw_speeds(count, *SPIN_SPEED, rng), rate)
    radius = MEAN_RADIUS * diameter * TOKENS
    most = torch.full_like(rate, 0.8 * TOKENS / steps)
    most = torch.where(grows, min(_MAX_GROWTH / steps, _MAX_GROWTH / 5) * radius, most)
    most = torch.where(spins, _MAX_SPIN * radius, most)
    return torch.minimum(rate, most)


def _between(rng: Rng, count: int, low: float, high: float) -> Tensor:
    return rng.uniform((count,), low, high).double()


def _has(table: dict[str, float], labels: Tensor) -> Tensor:
    return torch.tensor([label in table for label in SUBJECT_LABELS])[labels]


def _of(table: dict[str, float], labels: Tensor) -> Tensor:
    values = [table.get(label, 0.0) for label in SUBJECT_LABELS]
    return torch.tensor(values, dtype=torch.float64)[labels]
