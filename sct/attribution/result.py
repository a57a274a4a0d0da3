"""The methods of attribution, and the result of one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line reads the keys, and must answer at once
    import numpy as np

BASELINES = ("still", "blank")


@dataclass(frozen=True)
class Method:
    """A method of attribution; `methods.toml` holds them.

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


METHODS = tuple(
    Method(**row)
    for row in tomllib.loads(Path(__file__).with_name("methods.toml").read_text("utf-8"))["methods"]
)
KEYS = tuple(method.key for method in METHODS)


def method_of(key: str) -> Method:
    """Finds a method by its key; raises ValueError for an unknown one."""
    for method in METHODS:
        if method.key == key:
            return method
    raise ValueError(f"method {str(key)[:40]!r}: allowed: {', '.join(KEYS)}")


@dataclass(frozen=True, eq=False)
class Attribution:
    """The effect of each patch of a clip on an answer, by one method.

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
