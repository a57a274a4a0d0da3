"""The score that is attributed, a logit or the difference of two, and sums over patches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from sct.model.ablation import Ablation
from sct.model.sct import SCT

Progress = Callable[[int, int], None]


class Steps:
    """Counts clips that went through the model, and tells `progress`, which may end the run."""

    def __init__(self, total: int, progress: Progress | None):
        self.done, self.total, self.progress = 0, total, progress
        if progress:
            progress(0, total)

    def add(self, count: int) -> None:
        self.done = min(self.done + count, self.total)
        if self.progress:
            self.progress(self.done, self.total)

    def part(self, weight: int | None = None) -> Progress:
        """Makes the progress of a run within this one: its steps, or these scaled to `weight`."""
        start = self.done

        def tell(done: int, total: int) -> None:
            most = total if weight is None else weight
            self.add(start + done * most // max(total, 1) - self.done)

        return tell

    def finish(self) -> None:
        """Tells that all is done, where fewer steps were needed than might have been."""
        self.add(self.total - self.done)


class Score:
    """Scores clips: logit[target], less logit[against] if there is one, (clip, ...) -> (clip,).

    `steps` counts the clips that went through; `before` is called before each pass.
    """

    def __init__(
        self,
        model: SCT,
        ablation: Ablation,
        target: int,
        against: int | None,
        steps: Steps | None = None,
        before: Callable[[], None] | None = None,
    ):
        self.model, self.ablation = model, ablation
        self.target, self.against, self.steps = target, against, steps
        self.before = before
        self.passes = 0

    def of(self, logits: Tensor) -> Tensor:
        """Takes the score from logits (clip, class)."""
        score = logits[:, self.target]
        return score if self.against is None else score - logits[:, self.against]

    def logits(self, frames: Tensor) -> Tensor:
        if self.before:
            self.before()
        # Differences are small: whole precision, on a GPU as well.
        logits = self.model(frames, self.ablation, precision="float32").logits
        self.passes += len(frames)
        if self.steps:
            self.steps.add(len(frames))
        return logits

    def __call__(self, frames: Tensor) -> Tensor:
        return self.of(self.logits(frames))

    def at(self, frames: Tensor) -> float:
        """Scores one clip (1, frame, 3, size, size), without gradients."""
        with torch.no_grad():
            return float(self(frames))


def target_share(score: Score, frames: Tensor) -> Tensor:
    """Gives the target's probability in clips; against another label, its share of the two."""
    logits = score.logits(frames)
    if score.against is None:
        return logits.softmax(-1)[:, score.target]
    return score.of(logits).sigmoid()


def baseline(frames: Tensor, kind: str) -> Tensor:
    """Makes the pixels that replace patches: (1, frame, 3, size, size), before and after.

    "still": each pixel's mean over time. The texture stays where it was and all motion is gone, so
    a difference to it is a difference that motion makes; on a clip of one frame, which has no
    motion, it is the frame's mean colour. "blank": middle grey, the zero of normalised pixels, in
    which texture is gone as well; where it ends, it makes edges that no clip has.
    """
    if kind == "blank":
        return torch.zeros_like(frames)
    dims = (3, 4) if frames.shape[1] == 1 else (1,)
    return frames.mean(dims, keepdim=True).expand_as(frames).contiguous()


def to_patches(pixels: Tensor, patch: int) -> np.ndarray:
    """Sums over channels and pixels of each patch: (1, t, 3, s, s) -> float32 (t, g, g)."""
    tiles = pixels[0].detach().double().sum(1).unflatten(2, (-1, patch)).unflatten(1, (-1, patch))
    return tiles.sum((2, 4)).float().cpu().numpy()
