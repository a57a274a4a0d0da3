"""Gives the true motion of a synthetic clip, and OpenCV's dense flow for any other clip.

Motion of a token is that of its content since the frame that attention looks back at, (row, column)
in pixels of the model's view. Attention's reading of it is minus its displacement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from sct.analysis.displacement import in_window, textured, true_displacement
from sct.analysis.optical_flow import DenseFlow
from sct.synthetic.batch import SyntheticBatch

LEAST = 0.5  # pixels; what moved less has no direction worth comparing


@dataclass(frozen=True)
class Reference:
    """Motion since another frame, for every frame of a clip.

    motion: float32 (T, grid, grid, 2), pixels.
    known: bool (T, grid, grid): the source is in the token's window and was to be seen, and the
        token has texture enough for flow to be more than a guess.
    kind: for each frame "truth", "flow", or "none" where a frame is held against itself.
    still: for each frame whether no token moved by `LEAST` pixels or more; of flow only tokens
        count that are `checked`.
    checked: float32 (T,), of flow the share of tokens with texture enough that find their way back
        when it is followed there and back, so that it can be relied on; else 1.
    """

    motion: np.ndarray
    known: np.ndarray
    kind: tuple[str, ...]
    still: tuple[bool, ...]
    checked: np.ndarray


def reference(
    frames: np.ndarray,
    before: Sequence[int],
    grid: int,
    window: int,
    made: SyntheticBatch | None = None,
    order: Sequence[int] | None = None,
    flow: DenseFlow | None = None,
) -> Reference:
    """Finds the motion of the tokens of each frame since the frame `before` it.

    Args:
        frames: uint8 (T, S, S, 3), what the model saw, in its order.
        before: for each frame the one it is held against.
        grid: tokens a side. window: tokens a side of what a token can see.
        made: the synthetic clip, whose truth is taken wherever the older frame is the earlier one.
        order: the synthetic clip's frame at each place; None if they stand as they were made.
        flow: of these frames, where it is there already.

    Raises:
        ValueError: the grid does not divide the frames, or their counts differ.
    """
    count, side = frames.shape[:2]
    if len(before) != count or side % grid:
        raise ValueError(f"{frames.shape} frames, {len(before)} before, grid {grid}: do not agree")
    order = range(count) if order is None else order
    patch = side // grid
    motion = np.zeros((count, grid, grid, 2), np.float32)
    seen = np.zeros((count, grid, grid), bool)
    kinds, still, checked = [], [], np.ones(count, np.float32)
    sharp = textured(torch.from_numpy(frames.copy()).permute(0, 3, 1, 2)[None], grid)[0].numpy()
    for t, other in enumerate(before):
        back = order[t] - order[other]
        if other == t or back == 0:
            kinds.append("none")
        elif made is not None and back > 0:
            kinds.append("truth")
            truth = true_displacement(made, grid, back)
            motion[t] = -truth.displacement[0, order[t]].numpy() * patch
            seen[t] = truth.valid[0, order[t]].numpy()
        else:
            kinds.append("flow")
            flow = flow or DenseFlow(frames)
            moved, sure = flow.between(t, other, grid)
            motion[t] = -moved * patch
            seen[t] = sure & sharp[t]
            checked[t] = seen[t].sum() / max(1, sharp[t].sum())
        moves = np.linalg.norm(motion[t], axis=-1) >= LEAST
        # Flow that does not find its way back is noise; the truth is true everywhere.
        still.append(not (moves & seen[t] if kinds[-1] == "flow" else moves).any())
    known = seen & in_window(torch.from_numpy(-motion / patch), window).numpy()
    return Reference(motion, known, tuple(kinds), tuple(still), checked)
