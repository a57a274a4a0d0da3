"""What attention's displacement says of motion in a window, stage by stage, beside dense flow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sct.model.config import in_turn
from sct.model.shifted import key_frames

if TYPE_CHECKING:
    from sct.model.ablation import Ablation
    from sct.model.config import SCTConfig
    from sct.model.trace import Trace

_LEAST_TOKENS = 30  # fewer give no correlation worth a number, as in `rank_heads`
_LEAST = 0.05  # pixels; a mean of less has no direction
_EIGHTHS = 8  # of a pixel, in which arrows are counted


@dataclass(frozen=True)
class Shifts:
    """What is read of one stage's shifted MSA.

    Attributes:
        stage: from 1.
        heads: the grounded ones of a stage that has some, else all; those that look as far back
            as the first of them.
        before: for each frame the one that these look back to.
        grid: tokens a side. side: tokens a side of what a token can see.
        pixels: of a token's side, in the model's view.
    """

    stage: int
    heads: tuple[int, ...]
    before: tuple[int, ...]
    grid: int
    side: int
    pixels: int

    @property
    def frames(self) -> list[int]:
        """Return the frames that have one so far before them."""
        back = self.before[-1] - len(self.before) + 1
        return [t for t in range(len(self.before)) if back and t + back >= 0]


class Motion(NamedTuple):
    """What truly moved in a window, as dense flow has it, on the grid of a stage.

    Attributes:
        motion: float32 (T, grid, grid, 2), of content, (row, column) in pixels of the model's view.
        known: bool (T, grid, grid), of which tokens that is more than a guess.
        still: bool (T,), of which frames nothing moved.
    """

    motion: np.ndarray
    known: np.ndarray
    still: np.ndarray


def shifts_of(config: SCTConfig, ablation: Ablation) -> tuple[Shifts, ...]:
    """List what is read of each stage with shifted MSA, first block, of a model so ablated."""
    found = []
    for place, use in enumerate(ablation.resolve(config, config.image_size)):
        if use.shifted == "off" or not config.shifted_blocks:
            continue
        offsets = in_turn(use.offsets, config.shifted_heads[place])
        asked = config.grounded_heads[place] or range(len(offsets))
        heads = tuple(head for head in asked if offsets[head] == offsets[asked[0]])
        before = key_frames(config.frames, offsets[heads[0]], use.shifted)
        grid = config.shifted_grids[place]
        side = config.chunk if use.window == "chunk" else grid
        pixels = config.image_size // grid
        found.append(Shifts(place + 1, heads, before, grid, side, pixels))
    return tuple(found)


def drawn(shifts: Sequence[Shifts], config: SCTConfig) -> Shifts | None:
    """Return the stage whose arrows are kept: the first that was taught to follow motion."""
    taught = [one for one in shifts if config.grounded_heads[one.stage - 1]]
    return next(iter((*taught, *shifts)), None)


def motions(pixels: np.ndarray, shifts: Sequence[Shifts]) -> list[Motion]:
    """Estimate what moved in a window, on the grid of each stage; equal ones are the same.

    Args:
        pixels: uint8 (T, S, S, 3), what the model sees, in the order in which it sees it.
    """
    from sct.analysis.ground_truth import reference
    from sct.analysis.optical_flow import DenseFlow

    flow, known = DenseFlow(pixels) if shifts else None, {}
    for one in shifts:
        key = (one.before, one.grid, one.side)
        if key not in known:
            found = reference(pixels, one.before, one.grid, one.side, flow=flow)
            known[key] = Motion(found.motion, found.known, np.array(found.still))
    return [known[one.before, one.grid, one.side] for one in shifts]


def moved(trace: Trace, one: Shifts) -> np.ndarray:
    """Read the motion of content off a stage's attention, for all clips of a pass at once.

    Returns:
        float32 (clip, frame, grid, grid, 2), (row, column) in pixels of the model's view: minus
        `ShiftedTrace.displacement`, and 0 in frames that have none before them.
    """
    from sct.analysis.displacement import previous_weights
    from sct.grid import offsets, to_grid

    seen = trace.shifted(one.stage)
    count = seen.matched.q.shape[0]
    found = np.zeros((count, len(one.before), one.grid, one.grid, 2), np.float32)
    if one.frames:
        first = one.frames[0]
        maps = previous_weights(seen.matched, slice(None), first)[:, :, :, list(one.heads)]
        place = offsets(maps, one.side).mean(3)  # (clip, frame, chunk, query, 2)
        found[:, first:] = -to_grid(place, one.side).cpu().numpy() * one.pixels
    return found


def columns(field: np.ndarray, one: Shifts, motion: Motion) -> dict[str, float | None]:
    """Return what a row says of a stage.

    Args:
        field: (frame, grid, grid, 2) of one clip, from `moved`.
        motion: of the same clip and stage.
    """
    asked = [t for t in one.frames if not motion.still[t]]  # where nothing moved no map says so
    if not one.frames:
        size = direction = None
    else:
        size = float(np.linalg.norm(field[asked], axis=-1).sum())
        size /= len(one.frames) * one.grid**2
        down, across = field[asked].sum((0, 1, 2)) / (len(one.frames) * one.grid**2)
        still = math.hypot(down, across) < _LEAST
        direction = None if still else math.degrees(math.atan2(-down, across)) % 360
    name = f"stage{one.stage}"
    return {
        f"{name}_shift_px": size,
        f"{name}_direction_deg": direction,
        f"{name}_flow_r": agreement(field, one, motion),
    }


def agreement(field: np.ndarray, one: Shifts, motion: Motion) -> float | None:
    """Compute Pearson's r of a stage's motion and dense flow over the tokens that count.

    Rows and columns go together, as in `sct.analysis.head_motion.rank_heads`; None where fewer
    than 30 tokens count, or none of them moves.
    """
    from sct.analysis.displacement import MOVING, pearson

    asked = one.frames
    known = motion.known[asked]
    said, true = field[asked][known].astype(np.float64), motion.motion[asked][known]
    moving = np.linalg.norm(true, axis=-1) >= MOVING * one.pixels
    if len(said) < _LEAST_TOKENS or not moving.any():
        return None
    a, b = said.ravel(), true.astype(np.float64).ravel()
    sums = np.array([a.size, a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), (a * b).sum()])
    return float(pearson(sums))


def packed(field: np.ndarray, motion: Motion) -> bytes:
    """Pack arrows as int8, (frame, grid, grid, 2) in eighths of a pixel, 0 where nothing moved."""
    moving = field * ~motion.still[:, None, None, None]
    return np.clip(np.rint(moving * _EIGHTHS), -127, 127).astype(np.int8).tobytes()
