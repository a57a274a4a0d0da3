"""Synthetic clips and what is known of them: where the content of each pixel was one frame before.

Coordinates are (row, column); whole numbers are the centres of pixels or tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sct.synthetic.camera import LABELS, chain_steps, sources
from sct.validation import SENTENCE, check_whole

if TYPE_CHECKING:
    from sct.video.clip import Clip

SIZES = (16, 512)
FRAMES = (1, 64)
FPS = 10.0


@dataclass(frozen=True)
class SyntheticClip:
    """One synthetic clip and its true motion.

    Attributes:
        frames: uint8 (T, S, S, 3), RGB.
        label: what moves and how, one of `LABELS`; None for a drawn path that no label names.
        source: float32 (T, S, S, 2): for every pixel of frame t its (row, column) in frame t-1, in
            pixels, which may lie outside the frame; frame 0 has no predecessor and points at
            itself.
        seed: the seed that the clip was drawn with.
        batch: the same clip as a batch of one, on the CPU, which knows the truth of tokens.
    """

    frames: np.ndarray
    label: str | None
    source: np.ndarray
    seed: int
    batch: SyntheticBatch

    @property
    def index(self) -> int:
        """Return the place of the label in `LABELS`. Raises ValueError where there is none."""
        return LABELS.index(self.label)

    @property
    def name(self) -> str:
        """Return a name such as "pan left, seed 7"."""
        return f"{self.label or 'a drawn path'}, seed {self.seed}"

    def as_clip(self) -> Clip:
        """Return the frames as a `sct.Clip` of 10 frames a second whose truth is the label."""
        from sct.video.clip import Clip  # late: it needs PyAV, which training here does not

        return Clip.from_frames(self.frames, name=self.name, fps=FPS, truth=self.label)


@dataclass(frozen=True)
class SyntheticBatch:
    """Synthetic clips, all of one size.

    Attributes:
        frames: uint8 (B, T, 3, S, S), RGB.
        labels: int64 (B,), places in `LABELS`; on the device of the frames, as all that follows.
        steps: float32 (B, L, T, 2, 3): what layer l shows at pixel p = (row, column) of frame t,
            from the frame's centre, was at steps[..., :2] p + steps[..., 2] in frame t-1; the
            identity at t = 0. Layer 0 is the scene, the others are objects before it.
        shown: uint8 (B, T, S, S), the layer that each pixel shows.
        seed: the seed of the batch.
    """

    frames: Tensor
    labels: Tensor
    steps: Tensor
    shown: Tensor
    seed: int

    def __len__(self) -> int:
        return len(self.labels)

    def token_sources(self, grid: int, back: int = 1) -> Tensor:
        """Return where the content of each token was one frame before, or `back` frames.

        A token that shows parts of two layers goes with the one that fills more of it.

        Args:
            grid: tokens a side, 1 to the frame's pixels a side.
            back: 1 or more; frames that have not so many before them look at the first.

        Returns:
            float32 (B, T, grid, grid, 2), (row, column) in tokens of that grid, r being the centre
            of token row r; may lie outside [0, grid - 1]. At t = 0 every token points at itself.

        Raises:
            ValueError: a number out of range.
        """
        return self._tokens(grid, back)[0]

    def token_valid(self, grid: int, back: int = 1) -> Tensor:
        """Return whether the source of each token is there to be found.

        Args:
            grid, back: as for `token_sources`.

        Returns:
            bool (B, T, grid, grid): False where less than three quarters of a token show one
            layer, or its source lies outside the frame before or was covered there.

        Raises:
            ValueError: a number out of range.
        """
        return self._tokens(grid, back)[1]

    def _tokens(self, grid: int, back: int) -> tuple[Tensor, Tensor]:
        size, layers = self.frames.shape[-1], self.steps.shape[1]
        check_whole("back", back, 1, FRAMES[1], form=SENTENCE)
        share, layer = self.token_layers(grid)
        steps = chain_steps(self.steps, back).flatten(0, 1)
        every = sources(steps, grid, size).unflatten(0, (-1, layers))
        index = layer[:, None, ..., None].expand(-1, 1, -1, -1, -1, 2)
        found = every.gather(1, index)[:, 0]

        pixel = ((found + 0.5) * (size / grid) - 0.5).round().long()
        inside = ((pixel >= 0) & (pixel < size)).all(dim=-1)
        row, column = pixel.clamp(0, size - 1).unbind(-1)
        frames = torch.arange(self.shown.shape[1], device=layer.device)
        before = self.shown[:, (frames - back).clamp(min=0)].flatten(2)
        was = before.gather(2, (row * size + column).flatten(2)).view_as(layer)
        return found, (share >= 0.75) & inside & (was == layer)

    def token_layers(self, grid: int) -> tuple[Tensor, Tensor]:
        """Return how much of each token its largest layer fills, and which that is.

        Returns:
            float32 and int64 (B, T, grid, grid).

        Raises:
            ValueError: a number out of range.
        """
        check_whole("grid", grid, 1, self.frames.shape[-1], form=SENTENCE)
        objects = range(1, max(self.steps.shape[1], 2))  # where there is none, none is shown
        above = torch.stack([self.shown == layer for layer in objects], dim=2).float()
        shares = F.adaptive_avg_pool2d(above.flatten(0, 1), grid).unflatten(0, self.shown.shape[:2])
        return torch.cat((1 - shares.sum(dim=2, keepdim=True), shares), dim=2).max(dim=2)

    def to_clip(self, i: int) -> SyntheticClip:
        """Return clip `i` on the CPU, with dense sources. Raises IndexError if there is none."""
        size = self.frames.shape[-1]
        parts = (self.frames, self.labels, self.steps, self.shown)
        one = SyntheticBatch(*(part[i][None].cpu() for part in parts), seed=self.seed)
        every = sources(one.steps[0], size, size)  # (L, T, S, S, 2)
        index = one.shown[..., None].long().expand(-1, -1, -1, -1, 2)
        return SyntheticClip(
            frames=np.ascontiguousarray(one.frames[0].permute(0, 2, 3, 1).numpy()),
            label=LABELS[int(one.labels)],
            source=every.gather(0, index)[0].numpy(),
            seed=self.seed,
            batch=one,
        )
