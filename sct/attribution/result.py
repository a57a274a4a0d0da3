"""The methods there are, and what an attribution is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line reads the keys, and must answer at once
    import numpy as np

BASELINES = ("still", "blank")


@dataclass(frozen=True)
class Method:
    """A way to attribute.

    Args:
        key: in commands, links and files.
        name: for people.
        family: "gradient", "perturbation" or "attention".
        what: one sentence for people.
        signed: whether values below zero speak against the target; else they only rank.
        steps: about how many forward passes a clip of 8 frames takes.
    """

    key: str
    name: str
    family: str
    what: str
    signed: bool
    steps: int


METHODS = (
    Method(
        "integrated-gradients",
        "Integrated gradients",
        "gradient",
        "Adds up the gradient on the way from the clip stood still to the clip, so that all values "
        "together make the whole difference between the two answers.",
        True,
        64,
    ),
    Method(
        "saliency",
        "Saliency",
        "gradient",
        "How strongly the answer reacts to a tiny change of a patch, in whichever direction.",
        False,
        1,
    ),
    Method(
        "input-x-gradient",
        "Input × gradient",
        "gradient",
        "The gradient times the brightness above or below middle grey: what a linear model with "
        "the same slope would have got from each patch.",
        True,
        1,
    ),
    Method(
        "smoothgrad",
        "SmoothGrad",
        "gradient",
        "Saliency averaged over copies of the clip with a little noise, which cancels the noise of "
        "the gradient itself.",
        False,
        16,
    ),
    Method(
        "grad-cam",
        "Layer Grad-CAM",
        "gradient",
        "Which places of a stage's grid hold the channels that the answer rests on.",
        True,
        1,
    ),
    Method(
        "occlusion",
        "Occlusion",
        "perturbation",
        "How much the answer falls when a box of space and time is stood still.",
        True,
        65,
    ),
    Method(
        "chunks",
        "Chunk ablation",
        "perturbation",
        "How much the answer falls when one chunk of one frame is stood still.",
        True,
        129,
    ),
    Method(
        "frames",
        "Frame ablation",
        "perturbation",
        "How much the answer falls when one frame is replaced by the mean of all.",
        True,
        9,
    ),
    Method(
        "shapley",
        "Shapley values of frames",
        "perturbation",
        "A frame's fair share of the answer: its mean effect over random orders in which frames "
        "join the clip.",
        True,
        114,
    ),
    Method(
        "rollout",
        "Attention rollout",
        "attention",
        "How much of each patch attention carries into the answer, whichever answer it is.",
        False,
        1,
    ),
)
KEYS = tuple(method.key for method in METHODS)


def method_of(key: str) -> Method:
    """Raises ValueError for an unknown key."""
    for method in METHODS:
        if method.key == key:
            return method
    raise ValueError(f"method {str(key)[:40]!r}: allowed: {', '.join(KEYS)}")


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each patch of a clip did for an answer.

    Args:
        method: its key.
        target, against: places of the labels; with `against`, the difference of both logits is
            attributed, "why this and not that".
        ablation: its text form.
        values: float32 (frame, grid, grid), one value a patch of the first grid. Logits where the
            method is signed; what it says of a larger part is spread evenly over its patches.
        frames: float32 (frame,), totals of the values.
        facts: figures of the run: "passes" (clips that went through the model), "seconds",
            "score" (what was attributed, a logit or a difference of two), "baseline_score" (of the
            clip that it was compared with, where there is one), and what a method adds.
        options: of `attribute`, by which the same can be had again.
    """

    method: str
    target: int
    against: int | None
    ablation: str
    values: np.ndarray
    frames: np.ndarray
    facts: dict[str, float] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)
