"""The spec of a synthetic clip whose motion is chosen: a frozen, validated value.

`clips.py` draws clips at random to train and measure on; a spec says everything itself: what moves,
how and how fast, over what, and what disturbs the picture. `render_spec` renders it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from sct.synthetic.camera import LABELS
from sct.validation import CHOICE, check_choice, is_number, is_whole, short, wrong

DRAWN = ("camera path", "object path")
MOVES = (*LABELS, *DRAWN)
TEXTURES = ("mixed", "grain", "stripes", "checks", "plain")
POINTS = (2, 64)
PLACES = (-50.0, 150.0)
LONGEST = 750.0  # of a path, in hundredths of the frame's side
STRAIGHT = 0.8  # distance from start to end over length, from which on a drawn path has a direction
_RANGES = {"noise": (0.0, 80.0), "shake": (0.0, 8.0), "occlusion": (0.0, 0.8)}
_SEEDS = (0, 999_999)
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")

# The fastest in pixels a frame. A pan may go past the frame's own side; what else there is would
# leave the picture, grow beyond it, or turn so far in a frame that its direction is lost.
_FASTEST = (
    (("pan", "tilt"), 120.0),
    (("zoom",), 10.0),
    (("roll",), 24.0),
    (("object moves",), 16.0),
    (("object comes", "object goes"), 4.0),
    (("object spins",), 12.0),
)


def fastest(moves: str) -> float:
    """Return the highest speed of a motion, pixels a frame; 0 of none and of a drawn path."""
    for starts, most in _FASTEST:
        if moves.startswith(starts):
            return most
    return 0.0


@dataclass(frozen=True)
class ClipSpec:
    """A clip to be rendered.

    Args:
        moves: one of `LABELS`, what moves and how; or "camera path" or "object path", along `path`.
        speed: mean motion in pixels a frame, of the picture or of the object, 0 to
            `fastest(moves)`.
        texture: of scene and object: "mixed" (as in training), "grain", "stripes" (upright),
            "checks" or "plain".
        noise: standard deviation of the sensor's noise, in grey levels of 255, 0 to 80.
        shake: of the hand: standard deviation of each frame's place in pixels, 0 to 8.
        occlusion: share of the picture behind a fence that stands still, 0 to 0.8.
        seed: which scene, object, noise and shake, 0 to 999999.
        path: for a drawn motion 2 to 64 points (x, y) in hundredths of the frame's side from its
            left and top, -50 to 150, together at most 750 long: where the object's middle is, or
            how the camera goes. It is gone along at one speed, from end to end.

    Raises:
        ValueError: names the field, the value and what is allowed.

    The text form round-trips: `ClipSpec.parse(str(s)) == s`.
    """

    moves: str = "pan right"
    speed: float = 4.0
    texture: str = "mixed"
    noise: float = 0.0
    shake: float = 0.0
    occlusion: float = 0.0
    seed: int = 8
    path: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        for name, allowed in (("moves", MOVES), ("texture", TEXTURES)):
            check_choice(f"shot {name}", getattr(self, name), allowed, joined=" | ")
        most = fastest(self.moves)
        speed = _within("speed", self.speed, 0.0, most or 120.0)
        # What has no speed of its own has but one text form.
        object.__setattr__(self, "speed", speed if most else ClipSpec.speed)
        for name, (low, high) in _RANGES.items():
            object.__setattr__(self, name, _within(name, getattr(self, name), low, high))
        if not is_whole(self.seed, *_SEEDS):
            raise _wrong("seed", self.seed, f"whole numbers from 0 to {_SEEDS[1]}")
        object.__setattr__(self, "path", _checked(self.path, self.moves))

    def __str__(self) -> str:
        said = [f"moves={self.moves}"]
        if fastest(self.moves):
            said.append(f"speed={self.speed:g}")
        for field in fields(self)[2:]:
            value = getattr(self, field.name)
            if value == field.default:
                continue
            if field.name == "path":
                value = "+".join(f"{x:g},{y:g}" for x, y in value)
            elif isinstance(value, float):
                value = f"{value:g}"
            said.append(f"{field.name}={value}")
        return ";".join(said)

    @classmethod
    def parse(cls, text: str) -> ClipSpec:
        """Read the text form, such as "moves=object path;noise=10;path=10,50+90,50".

        Raises:
            ValueError: names the field, the value and what is allowed.
        """
        names = [f.name for f in fields(cls)]
        values: dict[str, object] = {}
        for item in text.split(";") if text.strip() else ():
            key, equals, value = (part.strip() for part in item.partition("="))
            if key not in names or not equals:
                raise ValueError(
                    f"shot {short(item)}: expected FIELD=VALUE, "
                    f"where FIELD is one of {', '.join(names)}"
                )
            if key in values:
                raise ValueError(f"shot field {key} is given twice")
            values[key] = _read(key, value)
        return cls(**values)

    @property
    def drawn(self) -> bool:
        return self.moves in DRAWN

    @property
    def of_object(self) -> bool:
        return self.moves.startswith("object")

    @property
    def label(self) -> str | None:
        """Return the true label, one of `LABELS`; None for a path that no label names."""
        if not self.drawn:
            still = fastest(self.moves) and self.speed == 0
            return "static" if still else self.moves
        return _named(self.path, self.of_object)

    @property
    def title(self) -> str:
        """Return a title such as "pan right, 4 pixels a frame, scene 8"."""
        pace = f", {self.speed:g} pixels a frame" if fastest(self.moves) else ""
        return f"{self.moves}{pace}, scene {self.seed}"

    def places(self, frames: int) -> np.ndarray:
        """Return where the path is in each frame, at even distances: float64 (frames, 2), (x, y).

        Raises:
            ValueError: no path was drawn.
        """
        if not self.drawn:
            raise _wrong("moves", self.moves, " | ".join(DRAWN) + " have a path")
        points = np.array(self.path)
        gone = np.r_[0.0, np.hypot(*np.diff(points, axis=0).T).cumsum()]
        at = np.linspace(0, gone[-1], frames) if frames > 1 else np.array([gone[-1] / 2])
        return np.stack([np.interp(at, gone, points[:, i]) for i in range(2)], axis=1)

    def pace(self, frames: int, size: int) -> float:
        """Return the speed of the picture or the object, in pixels a frame.

        The clip has `frames` frames of `size` pixels a side.
        """
        if not self.drawn:
            return 0.0 if self.label == "static" else self.speed
        return _length(self.path) / 100 * size / max(frames - 1, 1)


def _length(path: tuple[tuple[float, float], ...]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(path))


def _named(path: tuple[tuple[float, float], ...], of_object: bool) -> str | None:
    """Return the label of a drawn path, None if none names it."""
    length = _length(path)
    x, y = (path[-1][i] - path[0][i] for i in range(2))
    if length == 0:
        return "static"
    # Within 30 degrees of an axis: between two of them it is neither.
    along, across = max(abs(x), abs(y)), min(abs(x), abs(y))
    if math.hypot(x, y) < STRAIGHT * length or across > along * math.tan(math.radians(30)):
        return None
    level = abs(x) > abs(y)
    way = ("right" if x > 0 else "left") if level else ("down" if y > 0 else "up")
    return f"object moves {way}" if of_object else f"{'pan' if level else 'tilt'} {way}"


def _checked(path: object, moves: str) -> tuple[tuple[float, float], ...]:
    points = tuple(path)
    if moves not in DRAWN:
        if points:
            raise _wrong("path", f"{len(points)} points", f"none for moves={moves}")
        return ()
    low, high = POINTS
    if not low <= len(points) <= high:
        raise _wrong("path", f"{len(points)} points", f"{low} to {high} points")
    found = []
    for point in points:
        if len(point) != 2:
            raise _wrong("path", point, "points x,y")
        found.append(tuple(_within("path", value, *PLACES, digits=1) for value in point))
    if _length(tuple(found)) > LONGEST:
        length = f"{_length(tuple(found)):.0f} long"
        raise _wrong("path", length, f"at most {LONGEST:g} hundredths of the frame")
    return tuple(found)


def _within(name: str, value: object, low: float, high: float, digits: int = 2) -> float:
    if not is_number(value) or not low <= value <= high:
        raise _wrong(name, value, f"numbers from {low:g} to {high:g}")
    return round(float(value), digits) + 0.0  # without a negative zero


def _read(key: str, value: str) -> object:
    if key in ("moves", "texture"):
        return value
    if key == "seed":
        if not re.fullmatch(r"[0-9]{1,6}", value):
            raise _wrong(key, value, f"whole numbers from 0 to {_SEEDS[1]}")
        return int(value)
    if key == "path":
        if value.count("+") >= POINTS[1]:
            raise _wrong(
                key, f"{value.count('+') + 1} points", f"{POINTS[0]} to {POINTS[1]} points"
            )
        return tuple(
            tuple(_number(key, v, "points x,y joined by +") for v in point.split(","))
            for point in value.split("+")
        )
    return _number(key, value, "a number")


def _number(key: str, text: str, allowed: str) -> float:
    if not _NUMBER.fullmatch(text.strip()):
        raise _wrong(key, text, allowed)
    return float(text)


def _wrong(field: str, value: object, allowed: str) -> ValueError:
    return wrong(f"shot {field}", value, allowed, CHOICE)
