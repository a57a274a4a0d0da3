"""Trace: what a forward pass saw, and the questions it answers.

It keeps queries, keys, bucket ids and orders, not maps; each question computes its own. Axis order:
batch, frame, chunk, head, token, channel. Grid coordinates are (row, column).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.hashing import Hashed, within_reach
from sct.model.readout import offsets, to_grid
from sct.model.shifted import Matched

Token = tuple[int, int]


def _index(name: str, value: int, count: int) -> int:
    if not 0 <= value < count:
        raise IndexError(f"{name} {value}: allowed: 0 to {count - 1}")
    return int(value)


@dataclass(frozen=True)
class ShiftedTrace:
    """What one shifted MSA block saw. Frames, heads and tokens count from 0.

    `matched` holds queries and keys (batch, frame, chunk, head, token, channel); `grid` is the
    side of the token grid, `patch_pixels` the side of a token in pixels of the model's view,
    `grounded` the heads that were trained to follow motion.
    """

    matched: Matched
    grid: int
    patch_pixels: int
    grounded: tuple[int, ...]
    clip: int = 0

    @property
    def heads(self) -> int:
        return self.matched.q.shape[3]

    @property
    def frames(self) -> int:
        return self.matched.q.shape[1]

    def key_frame(self, frame: int, head: int = 0) -> int:
        """The frame that the "previous" map of this frame and head looks at."""
        return self.matched.key_frames[_index("head", head, self.heads)][
            _index("frame", frame, self.frames)
        ]

    def window(self, token: Token) -> tuple[int, int, int, int]:
        """(row, column, rows, columns) of the window that a token sees."""
        row, column = (_index("token", v, self.grid) for v in token)
        side = self.matched.side
        return row // side * side, column // side * side, side, side

    def _heads(self, head: int | str) -> list[int]:
        if head == "mean":
            return list(range(self.heads))
        if head == "grounded":
            if not self.grounded:
                raise LookupError("this stage has no grounded heads")
            return list(self.grounded)
        return [_index("head", head, self.heads)]

    def weights(
        self, frame: int, head: int, chunks: slice = slice(None), rows: slice = slice(None)
    ) -> Tensor:
        """Both maps of a head, over its previous and over its own frame: float32 (2, chunk, query,
        key). Each row sums to 1; where the model merges the maps in one softmax, both together do.
        """
        m = self.matched
        q = m.q[self.clip, frame, chunks, head, rows].detach().float()
        keys = [
            m.k[self.clip, f, chunks, head].detach().float()
            for f in (self.key_frame(frame, head), frame)
        ]
        scores = torch.stack([q @ k.transpose(-1, -2) for k in keys]) * q.shape[-1] ** -0.5
        if m.merge == "joint":
            both = torch.cat([scores[0], scores[1]], dim=-1).softmax(-1)
            return torch.stack(both.chunk(2, dim=-1))
        return scores.softmax(-1)

    def maps(self, frame: int, token: Token, head: int | str) -> tuple[np.ndarray, np.ndarray]:
        """Where a token looks: its maps over the previous and over its own frame.

        Args:
            frame: the frame of the query.
            token: (row, column) of the query.
            head: a head, "mean" of all heads, or "grounded", the mean of the grounded ones.

        Returns:
            (previous, current), float32 (grid, grid), zero outside the token's window. Each sums
            to 1; when the model merges the maps in one softmax, both together do.

        Raises:
            IndexError: a frame, head or token out of range.
        """
        frame = _index("frame", frame, self.frames)
        top, left, side, _ = self.window(token)
        chunk = top // side * (self.grid // side) + left // side
        row = (token[0] - top) * side + token[1] - left
        picked = [
            self.weights(frame, h, slice(chunk, chunk + 1), slice(row, row + 1))[:, 0, 0]
            for h in self._heads(head)
        ]
        both = torch.stack(picked).mean(0).view(2, side, side).cpu().numpy()
        maps = np.zeros((2, self.grid, self.grid), np.float32)
        maps[:, top : top + side, left : left + side] = both
        return maps[0], maps[1]

    def displacement(self, frame: int, head: int | str, how: str = "mean") -> np.ndarray:
        """How far each token's "previous" map lies from the token itself.

        Args:
            frame, head: as for `maps`; of several heads, those that look as far back as the first.
            how: "mean" place of the map, or its "peak"; see `sct.model.readout.offsets`.

        Returns:
            float32 (grid, grid, 2), [row, column] in pixels of the model's view: the place in the
            previous frame minus the token's own. Content moved by minus that. Content that left
            the window has no place to be found at; the mean under-reads its motion.
        """
        frame = _index("frame", frame, self.frames)
        heads, frames_of = self._heads(head), self.matched.key_frames
        picked = []
        for h in (h for h in heads if frames_of[h] == frames_of[heads[0]]):
            previous = self.weights(frame, h)[0]
            picked.append(previous / previous.sum(-1, keepdim=True))
        side = self.matched.side
        moved = offsets(torch.stack(picked).mean(0), side, how) * self.patch_pixels
        return to_grid(moved, side).cpu().numpy()


@dataclass(frozen=True)
class LSHTrace:
    """What one LSH attention saw; `qk` is (batch, frame, token, head, channel)."""

    qk: Tensor
    hashed: Hashed | None
    grid: int
    patch_pixels: int
    bucket_size: int
    clip: int = 0

    @property
    def heads(self) -> int:
        return self.qk.shape[3]

    @property
    def frames(self) -> int:
        return self.qk.shape[1]

    @property
    def rounds(self) -> int:
        return self._hashed().buckets.shape[3]

    @property
    def n_buckets(self) -> int:
        """Buckets that a token can fall into: even, unless there is only one."""
        pieces = self.grid**2 // self.bucket_size
        return pieces + pieces % 2 if pieces > 1 else 1

    def _hashed(self) -> Hashed:
        if self.hashed is None:
            raise LookupError("LSH attention of this stage was replaced by full attention")
        return self.hashed

    def _pick(self, values: Tensor, frame: int, head: int, round_: int) -> Tensor:
        _index("frame", frame, self.frames), _index("head", head, self.heads)
        return values[self.clip, frame, head, _index("round", round_, self.rounds)]

    def buckets(self, frame: int, head: int, round: int = 0) -> np.ndarray:
        """The bucket of every patch, int64 (grid, grid)."""
        ids = self._pick(self._hashed().buckets, frame, head, round)
        return ids.view(self.grid, self.grid).cpu().numpy()

    def order(self, frame: int, head: int, round: int = 0) -> np.ndarray:
        """The tokens (row-major numbers) in sorted order, int64 (grid * grid,)."""
        return self._pick(self._hashed().order, frame, head, round).cpu().numpy()

    def _visible(self, frame: int, head: int, round_: int, rows: slice = slice(None)) -> Tensor:
        """Who may look at whom in a round: bool (query, key), queries those of `rows`."""
        order = self._pick(self._hashed().order, frame, head, round_)
        return within_reach(order, self.bucket_size, rows)

    def _scores(self, frame: int, head: int, rows: slice = slice(None)) -> Tensor:
        q = self.qk[self.clip, frame, :, head].detach().float()
        return q[rows] @ F.normalize(q, dim=-1).T * q.shape[-1] ** -0.5

    def exact(self, frame: int, head: int) -> Tensor:
        """What exact attention would give: float32 (query, key), each row's sum is 1."""
        return self._scores(
            _index("frame", frame, self.frames), _index("head", head, self.heads)
        ).softmax(-1)

    def attended(self, frame: int, token: Token, head: int, round: int | None = None) -> np.ndarray:
        """The weights a token really gave: float32 (grid, grid), sum 1, 0 where it did not look.

        `round` picks one hash round; None merges all rounds as the model does.
        """
        row, column = (_index("token", v, self.grid) for v in token)
        number = row * self.grid + column
        own = slice(number, number + 1)
        rounds = range(self.rounds) if round is None else [round]
        hidden = [~self._visible(frame, head, r, own)[0] for r in rounds]
        scores = self._scores(frame, head, own)[0]
        masked = torch.stack([scores.masked_fill(h, -torch.inf) for h in hidden])
        share = masked.logsumexp(-1).softmax(0)
        weights = (masked.softmax(-1) * share[:, None]).sum(0)
        return weights.view(self.grid, self.grid).cpu().numpy()

    def recall(self, frame: int, head: int) -> float:
        """Share of exact attention's mass that falls on pairs that some round attended."""
        exact = self.exact(frame, head)
        seen = torch.zeros_like(exact, dtype=torch.bool)
        for r in range(self.rounds):
            seen |= self._visible(frame, head, r)
        return float((exact * seen).sum(-1).mean())


@dataclass(frozen=True)
class ClipTrace:
    """The CLS row of one clip encoder layer: (batch, head, 1 + frame)."""

    row: Tensor
    clip: int = 0

    def frames(self) -> np.ndarray:
        """CLS attention on each frame, mean of heads: float32 (frame,)."""
        return self.row[self.clip, :, 1:].detach().float().mean(0).cpu().numpy()

    def cls(self) -> float:
        """CLS attention on itself, mean of heads."""
        return float(self.row[self.clip, :, 0].detach().float().mean())


@dataclass(frozen=True)
class Trace:
    """What a forward pass saw. Stages count from 1, blocks and layers from 0.

    `order[i]` is the frame of the clip that stood at place i (an ablation may reorder them);
    `entered[stage]` is the grid that the stage was given, (batch, frame, grid, grid, channel), from
    which chunk attention can be computed again: see `sct.analysis.rollout`.
    """

    config: SCTConfig
    ablation: Ablation
    order: tuple[int, ...]
    shifted_seen: dict[int, tuple[ShiftedTrace, ...]]
    lsh_seen: dict[int, LSHTrace]
    clip_seen: tuple[ClipTrace, ...]
    entered: dict[int, Tensor]

    def _stage(self, stage: int) -> int:
        if stage not in range(1, self.config.stages + 1):
            raise LookupError(f"stage {stage}: this model has stages 1 to {self.config.stages}")
        return stage

    def shifted(self, stage: int, block: int = 0) -> ShiftedTrace:
        """Raises LookupError when that shifted MSA was switched off or does not exist."""
        blocks = self.shifted_seen.get(self._stage(stage), ())
        if not 0 <= block < len(blocks):
            why = f"has {len(blocks)} blocks" if blocks else "is off"
            raise LookupError(
                f"shifted MSA of stage {stage} {why} (ablation: {self.ablation}), "
                f"so block {block} was not traced"
            )
        return blocks[block]

    def lsh(self, stage: int) -> LSHTrace:
        """Raises LookupError when that LSH attention was switched off or replaced."""
        seen = self.lsh_seen.get(self._stage(stage))
        if seen is None or seen.hashed is None:
            why = "off" if seen is None else "replaced by full attention"
            raise LookupError(
                f"LSH attention of stage {stage} is {why} (ablation: {self.ablation}), "
                "so it has no buckets"
            )
        return seen

    def clip(self, layer: int = -1) -> ClipTrace:
        """Raises LookupError when the clip encoder was replaced by a mean."""
        layers = len(self.clip_seen)
        if not layers:
            raise LookupError(f"the clip encoder is off (ablation: {self.ablation})")
        if not -layers <= layer < layers:
            raise LookupError(f"clip layer {layer}: this model has layers 0 to {layers - 1}")
        return self.clip_seen[layer]
