"""The input of a method of attribution, and the description of a method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sct.attribution.target import Score, Steps
from sct.model.ablation import Ablation
from sct.model.sct import SCT


@dataclass
class Job:
    """One run of one method.

    Args:
        model: shared, or a frugal copy.
        frames: (1, frame, 3, size, size), a copy that nobody else holds.
        baseline: alike, what parts are replaced by.
        ablation: of the model.
        target, against: what is attributed; see `Score`.
        seed: of all that is drawn.
        stage: whose grid layer Grad-CAM looks at, from 1.
        box: (frames, patches a side) of an occluding box, and `stride` from one to the next.
        clips_at_once, gradients_at_once: how many clips may go through at once.
        bound: called before each pass, to keep the process below the limit.
        score, facts: of this run: what counts its passes, and what the method has to say.
    """

    model: SCT
    frames: Tensor
    baseline: Tensor
    ablation: Ablation
    target: int
    against: int | None
    seed: int
    stage: int
    box: tuple[int, int]
    stride: tuple[int, int]
    clips_at_once: int = 1
    gradients_at_once: int = 1
    bound: Callable[[], None] | None = None
    score: Score = field(init=False)
    facts: dict[str, float] = field(init=False)

    def start(self, steps: Steps) -> None:
        """Begins a run, with no passes counted yet."""
        self.score, self.facts = self.score_of(self.model, steps), {}

    def score_of(self, model: SCT, steps: Steps | None = None) -> Score:
        """Makes the score of a model; its passes count as the run's own unless told otherwise."""
        steps = steps or self.score.steps
        return Score(model, self.ablation, self.target, self.against, steps, self.bound)

    @property
    def patch(self) -> int:
        return self.model.config.patch

    @property
    def grid(self) -> int:
        return self.frames.shape[-1] // self.patch

    def inputs(self) -> Tensor:
        """Copies the clip into a leaf that gradients end in."""
        return self.frames.clone().requires_grad_()

    def generator(self) -> torch.Generator:
        return torch.Generator("cpu").manual_seed(self.seed)

    def in_order_of_clip(self, values: np.ndarray) -> np.ndarray:
        """Gives values of the frames in the order that the model saw to the clip's own frames."""
        found = np.zeros_like(values)
        np.add.at(found, list(self.ablation.frame_order(len(values))), values)
        return found


class Way(NamedTuple):
    """The function that computes a method, its use of gradients, and its most passes."""

    compute: Callable[[Job], np.ndarray]
    gradients: bool
    passes: Callable[[Job], int]
