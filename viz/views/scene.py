"""What a view is drawn from, how it is asked for, and the views by name."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sct.video.clip import view
from viz.raster import overlay

if TYPE_CHECKING:
    from sct.analysis.head_motion import Flow
    from sct.analysis.rollout import Rollout
    from sct.attribution.attribute import Attribution
    from sct.model.trace import Trace
    from sct.video.clip import Clip
    from viz.text.attribution import Verdict

SIDE = 480  # pixels of a picture


@dataclass(frozen=True, eq=False)
class Scene:
    """One clip and what a model saw in it, everything in the order in which it was seen.

    Attributes:
        trace: of the forward pass.
        pictures: uint8 (T, S, S, 3), to draw on. seen: uint8 (T, s, s, 3), what the model got.
        times: the second of each frame.
        name, model: of the clip and of the model; any text.
        flow: how the clip's content moved, for motion; None leaves it out.
        rollout: makes the rollout, for figure 4.
        attribute: makes an attribution of (method, target, against). verdict: whether such a map
            can be believed, of the same.
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
        """The scene of a clip; `more` are flow, rollout, attribute and verdict."""
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
        ablated = "" if str(self.trace.ablation) == "none" else f" · ablation {self.trace.ablation}"
        return f"{self.name} · {self.model}{ablated}"


def pictures_of(clip: Clip, side: int) -> np.ndarray:
    """What the model sees of each frame, sharper than it sees it: uint8 (T, side, side, 3)."""
    short = min(clip.frames.shape[1:3])
    if short >= side:
        return view(clip, side)
    return np.stack([overlay.enlarge(frame, side) for frame in view(clip, short)])


@dataclass(frozen=True)
class Look:
    """What is asked of a view; a view reads what it needs.

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

    def head_of(self, seen: Any) -> int | str:
        """Of shifted attention."""
        if self.head is None:
            return "grounded" if seen.grounded else "mean"
        return self.head

    def first_head(self, seen: Any) -> int:
        """The one whose previous frame stands for all that were asked for."""
        head = self.head_of(seen)
        return head if isinstance(head, int) else seen.grounded[0] if head == "grounded" else 0


def _views() -> dict[str, Any]:
    from viz.views import attention, attribution, buckets, figure4, motion

    return {
        "attention": attention,
        "motion": motion,
        "buckets": buckets,
        "figure4": figure4,
        "attribution": attribution,
    }


VIEWS = ("attention", "motion", "buckets", "figure4", "attribution")


def numbers_of(scene: Scene, name: str, look: Look) -> dict[str, np.ndarray]:
    """The numbers of a view over the whole clip; see `numbers` of each view.

    Raises:
        LookupError: what the view shows was ablated away.
        ValueError, IndexError: a stage, head, patch or round that there is not.
    """
    return _views()[name].numbers(scene, look)


def picture_of(
    scene: Scene, name: str, look: Look, found: dict[str, np.ndarray], frame: int
) -> np.ndarray:
    """The view of one frame, uint8 (H, W, 3); raises IndexError for a frame there is not."""
    if not 0 <= frame < len(scene.times):
        raise IndexError(f"frame {frame}: allowed: 0 to {len(scene.times) - 1}")
    return _views()[name].draw(scene, look, found, frame)


def frames_of(
    scene: Scene, name: str, look: Look, found: dict[str, np.ndarray]
) -> Iterator[np.ndarray]:
    """The view of each frame in turn, all of one size."""
    for frame in range(len(scene.times)):
        yield picture_of(scene, name, look, found, frame)


def still_of(scene: Scene, name: str, look: Look, found: dict, frame: int) -> np.ndarray:
    """The view as one picture: of figure 4 the whole filmstrip, of the others one frame."""
    if name == "figure4":
        return _views()[name].strip(scene, found)
    return picture_of(scene, name, look, found, frame)


def save_numbers(scene: Scene, name: str, look: Look, found: dict[str, np.ndarray]) -> bytes:
    """An .npz of a view's numbers; `about` in it is JSON text. Opens with allow_pickle=False."""
    about = {
        "view": name,
        "clip": scene.name,
        "model": scene.model,
        "ablation": str(scene.trace.ablation),
        "stage": look.stage,
        "head": look.head,
        "round": look.round,
        "methods": look.methods,
        "patch_pixels": scene.trace.config.patch,
    }
    buffer = io.BytesIO()
    text = np.array(json.dumps(about, ensure_ascii=False))
    np.savez_compressed(buffer, **found, times=np.array(scene.times), about=text)
    return buffer.getvalue()
