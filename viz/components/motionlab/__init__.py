"""The controls of the Motion lab: a browser component that says what to film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sct.synthetic.camera import LABEL_HELP, LABELS
from sct.synthetic.spec import DRAWN, LONGEST, PLACES, POINTS, TEXTURES, ClipSpec, fastest
from viz.components.component import Component

if TYPE_CHECKING:
    from sct.evaluation.motion_sweep import MatchingRange

_HERE = Path(__file__).parent
# It draws `controls_data` and sends back a shot, read by `shot_of`.
COMPONENT = Component("sct_motionlab", _HERE / "controls.js", _HERE / "motionlab.css", state="shot")
mount = COMPONENT.mount

_STOPS = 60
_NAMES = {
    "mixed": "mixed, as in training",
    "grain": "fine grain",
    "stripes": "upright stripes",
    "checks": "checks",
    "plain": "plain",
}
_HELP = {
    "camera path": "Draw the way that the camera goes; the picture moves the other way.",
    "object path": "Draw the way that the object goes.",
}


def stops(moves: str) -> list[float]:
    """Speeds that a slider stops at, in pixels a frame: slow ones more closely; none where a speed
    says nothing."""
    most = fastest(moves)
    found = {_round(most * (i / _STOPS) ** 2) for i in range(_STOPS + 1)} if most else set()
    return sorted(found)


def _round(speed: float) -> float:
    step = 0.1 if speed < 2 else 0.25 if speed < 6 else 0.5 if speed < 20 else 1
    return round(round(speed / step) * step, 2)


def controls_data(
    shot: ClipSpec, sights: Sequence[MatchingRange], picture: str, edit: int, frames: int, size: int
) -> dict[str, Any]:
    """Return the data that the browser gets.

    Args:
        shot: what is filmed.
        sights: what each stage can match.
        picture: a data address of a frame to draw a path on; empty where none is drawn.
        edit: the number of changes made in the browser that this answers.
        frames, size: of the clip.
    """
    moves = [*LABELS, *DRAWN]
    return {
        "shot": {**shot.__dict__, "path": [list(point) for point in shot.path]},
        "edit": edit,
        "pace": shot.pace(frames, size),
        "frames": frames,
        "picture": picture,
        "moves": {m: {"stops": stops(m), "help": (LABEL_HELP | _HELP)[m]} for m in moves},
        "textures": [{"id": name, "text": _NAMES[name]} for name in TEXTURES],
        "sights": [{"stage": s.stage, "token": s.token, "leaves": s.leaves} for s in sights],
        "path": {"points": list(POINTS), "places": list(PLACES), "longest": LONGEST},
    }


def shot_of(told: object) -> tuple[ClipSpec, int]:
    """Read the shot and the count of changes that the browser sends, which may be anything.

    Raises:
        ValueError: what is said is no shot; says why.
    """
    if not isinstance(told, dict):
        raise ValueError("the controls sent no shot")
    edit = told.get("edit")
    edit = edit if isinstance(edit, int) and 0 <= edit < 10**9 else 0
    seed, path = told.get("seed"), told.get("path")
    # The browser has one kind of number.
    seed = int(seed) if isinstance(seed, float) and seed.is_integer() else seed
    if not isinstance(path, list) or not all(isinstance(p, list) for p in path):
        raise ValueError("the controls sent no path")
    rest = {name: told.get(name) for name in ("moves", "speed", "texture")}
    rest |= {name: told.get(name) for name in ("noise", "shake", "occlusion")}
    return ClipSpec(seed=seed, path=tuple(map(tuple, path[: POINTS[1] + 1])), **rest), edit
