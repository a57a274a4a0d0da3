"""The data that a view is drawn from, and the choice of what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sct.video.clip import view
from viz.raster import overlay

if TYPE_CHECKING:
    from sct.analysis.head_motion import Flow
    from sct.analysis.rollout import Rollout
    from sct.attribution import Attribution
    from sct.model.trace import ShiftedTrace, Trace
    from sct.video.clip import Clip
    from viz.text.attribution import Verdict

SIDE = 480  # pixels of a picture


@dataclass(frozen=True, eq=False)
class Scene:
    """Holds one clip and what a model saw in it, everything in the order in which it was seen.

    Attributes:
        trace: of the forward pass.
        pictures: uint8 (T, S, S, 3), to draw on. seen: uint8 (T, s, s, 3), what the model got.
        times: the second of each frame.
        name, model: of the clip and of the model; any text.
        flow: how the clip's content moved, for motion; None leaves it out.
        rollout: computes the rollout, for figure 4.
        attribute: computes an attribution of (method, target, against). verdict: says of the same
            whether such a map can be believed.
    """

    trace: Trace
    pictures: np.ndarray
    seen: np.ndarray
    times: tuple[float, ...]
    name: str
    model: str
    flow: Flow | None = None
    rollout: Callable[[], Rollout] | None = None
    attribute: Callable[[str, int | None, int | None], Attribution] | None = None
    verdict: Callable[[str, int, int | None], Verdict] | None = None

    @classmethod
    def of(cls, clip: Clip, trace: Trace, model: str, side: int = SIDE, **more: Any) -> Scene:
        """Put a clip's frames in the order seen; `more` are flow, rollout, attribute, verdict."""
        order = list(trace.order)
        return cls(
            trace,
            pictures_of(clip, side)[order],
            view(clip, trace.entered[1].shape[2] * trace.config.patch)[order],
            tuple(clip.times[i] for i in order),
            clip.name,
            model,
            **more,
        )

    @property
    def caption(self) -> str:
        ablation = str(self.trace.ablation)
        ablated = "" if ablation == "none" else f" · ablation {ablation}"
        return f"{self.name} · {self.model}{ablated}"


def pictures_of(clip: Clip, side: int) -> np.ndarray:
    """Cut what the model sees of each frame, sharper than it sees it: uint8 (T, side, side, 3)."""
    short = min(clip.crop.box(*clip.frames.shape[1:3])[2:])
    if short >= side:
        return view(clip, side)
    return np.stack([overlay.enlarge(frame, side) for frame in view(clip, short)])


@dataclass(frozen=True)
class Look:
    """Says what of a view is shown; a view reads what it needs.

    Args:
        stage: from 1. round: of hashing, from 0; -1 merges all rounds, as the model does.
        head: a number, "mean" or "grounded", of attention also "max", the largest weight of any
            head; None takes the grounded ones where there are some.
        token: (row, column); None takes one near the middle.
        opacity: of what is drawn over the frames, 0 to 1.
        gain: how many times longer than true to draw arrows.
        methods: of attribution, one or two keys. target, against: places of the labels that are
            asked for, "why this and not that"; None takes the most likely one, and no other.
    """

    stage: int = 1
    head: int | str | None = None
    token: tuple[int, int] | None = None
    round: int = 0
    opacity: float = 1.0
    gain: float = 2.0
    methods: tuple[str, ...] = ()
    target: int | None = None
    against: int | None = None

    def head_of(self, seen: ShiftedTrace) -> tuple[int | str, int]:
        """Choose the head of shifted attention, and the one whose previous frame stands for it.

        Raises LookupError for "grounded" where the stage has no such heads.
        """
        head = self.head
        if head is None:
            head = "grounded" if seen.grounded else "mean"
        if head == "grounded" and not seen.grounded:
            raise LookupError("this stage has no grounded heads")
        if isinstance(head, int):
            return head, head
        return head, seen.grounded[0] if head == "grounded" else 0
