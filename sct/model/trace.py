"""The trace, which records a forward pass and answers questions about it.

It keeps queries, keys, bucket ids and orders, not maps; each question computes its own. Axis order:
batch, frame, chunk, head, token, channel. Grid coordinates are (row, column).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sct.grid import offsets, row_blocks, to_grid
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.hashing import Hashed, within_reach
from sct.model.shifted import Matched, map_weights

Token = tuple[int, int]


def _index(name: str, value: int, count: int) -> int:
    if not 0 <= value < count:
        raise IndexError(f"{name} {value}: allowed: 0 to {count - 1}")
    return int(value)


@dataclass(frozen=True)
class ShiftedTrace:
    """The record of one shifted MSA block. Frames, heads and tokens count from 0.

    `grid` is the side of the token grid, `patch_pixels` that of a token in pixels of the model's
    view, `grounded` the heads that were trained to follow motion, `clip` the one asked about.
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
        """Returns the frame that the "previous" map of this frame and head looks at."""
        head, frame = _index("head", head, self.heads), _index("frame", frame, self.frames)
        return self.matched.key_frames[head][frame]

    def window(self, token: Token) -> tuple[int, int, int, int]:
        """Returns (row, column, rows, columns) of the window that a token sees."""
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
        """Returns both maps of a head as `map_weights` does: float32 (2, chunk, query, key)."""
        m, frames = self.matched, (self.key_frame(frame, head), frame)
        previous, own = (m.k[self.clip, f, chunks, head] for f in frames)
        return map_weights(m.q[self.clip, frame, chunks, head, rows], previous, own, m.merge)

    def maps(self, frame: int, token: Token, head: int | str) -> tuple[np.ndarray, np.ndarray]:
        """Returns where a token looks: its maps over the previous and over its own frame.

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
        """Returns how far each token's "previous" map lies from the token itself.

        Args:
            frame, head: as for `maps`; of several heads, those that look as far back as the first.
            how: "mean" place of the map, or its "peak"; see `sct.grid.offsets`.

        Returns:
            float32 (grid, grid, 2), [row, column] in pixels of the model's view: the place in the
            previous frame minus the token's own. Content moved by minus that. Content that left
            the window has no place to be found at; the mean under-reads its motion.
        """
        frame, heads = _index("frame", frame, self.frames), self._heads(head)
        side, frames_of = self.matched.side, self.matched.key_frames
        alike = [h for h in heads if frames_of[h] == frames_of[heads[0]]]
        previous = torch.stack([self.weights(frame, h)[0] for h in alike])
        previous = (previous / previous.sum(-1, keepdim=True)).mean(0)
        moved = offsets(previous, side, how) * self.patch_pixels
        return to_grid(moved, side).cpu().numpy()


@dataclass(frozen=True)
class LSHTrace:
    """The record of one LSH attention; `qk` is (batch, frame, token, head, channel)."""

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
        """Returns the number of buckets a token can fall into: even, unless there is only one."""
        chunks = self.grid**2 // self.bucket_size
        return chunks + chunks % 2 if chunks > 1 else 1

    def _hashed(self) -> Hashed:
        if self.hashed is None:
            raise LookupError("LSH attention of this stage was replaced by full attention")
        return self.hashed

    def _pick(self, values: Tensor, frame: int, head: int, round_: int) -> Tensor:
        _index("frame", frame, self.frames), _index("head", head, self.heads)
        return values[self.clip, frame, head, _index("round", round_, self.rounds)]

    def buckets(self, frame: int, head: int, round: int = 0) -> np.ndarray:
        """Returns the bucket of every patch, int64 (grid, grid)."""
        ids = self._pick(self._hashed().buckets, frame, head, round)
        return ids.view(self.grid, self.grid).cpu().numpy()

    def order(self, frame: int, head: int, round: int = 0) -> np.ndarray:
        """Returns the tokens (row-major numbers) in sorted order, int64 (grid * grid,)."""
        return self._pick(self._hashed().order, frame, head, round).cpu().numpy()

    def _visible(self, frame: int, head: int, round_: int, rows: slice = slice(None)) -> Tensor:
        """Returns who may attend to whom in a round: bool (query, key), queries those of `rows`."""
        order = self._pick(self._hashed().order, frame, head, round_)
        return within_reach(order, self.bucket_size, rows)

    def _scores(self, frame: int, head: int, rows: slice = slice(None)) -> Tensor:
        q = self.qk[self.clip, frame, :, head].detach().float()
        return q[rows] @ F.normalize(q, dim=-1).T * q.shape[-1] ** -0.5

    def exact(self, frame: int, head: int, rows: slice = slice(None)) -> Tensor:
        """Returns what exact attention would give: float32 (query, key), each row's sum is 1."""
        frame, head = _index("frame", frame, self.frames), _index("head", head, self.heads)
        return self._scores(frame, head, rows).softmax(-1)

    def attended(self, frame: int, token: Token, head: int, round: int | None = None) -> np.ndarray:
        """Returns the weights a token really gave: float32 (grid, grid), sum 1, 0 out of its reach.

        `round` picks one hash round; None merges all rounds as the model does.
        """
        row, column = (_index("token", v, self.grid) for v in token)
        number = row * self.grid + column
        own = slice(number, number + 1)
        rounds = range(self.rounds) if round is None else [round]
        seen = torch.stack([self._visible(frame, head, r, own)[0] for r in rounds])
        masked = self._scores(frame, head, own).masked_fill(~seen, -torch.inf)
        share = masked.logsumexp(-1).softmax(0)
        weights = (masked.softmax(-1) * share[:, None]).sum(0)
        return weights.view(self.grid, self.grid).cpu().numpy()

    def recall(self, frame: int, head: int) -> float:
        """Returns the share of exact attention's mass on pairs that some round attended."""
        found = 0.0
        for rows in row_blocks(self.grid**2):
            seen = sum(self._visible(frame, head, r, rows) for r in range(self.rounds)) > 0
            found += float((self.exact(frame, head, rows) * seen).sum())
        return found / self.grid**2


@dataclass(frozen=True)
class ClipTrace:
    """The CLS row of one clip encoder layer: (batch, head, 1 + frame)."""

    row: Tensor
    clip: int = 0

    def frames(self) -> np.ndarray:
        """Returns CLS attention on each frame, mean of heads: float32 (frame,)."""
        return self.row[self.clip, :, 1:].detach().float().mean(0).cpu().numpy()

    def cls(self) -> float:
        """Returns CLS attention on itself, mean of heads."""
        return float(self.row[self.clip, :, 0].detach().float().mean())


@dataclass(frozen=True)
class Trace:
    """The record of a pass, filled as it runs. Stages count from 1, blocks and layers from 0.

    Attributes:
        order: `order[i]` is the frame of the clip that stood at place i (ablations reorder them).
        image_size: side of the frames in pixels.
        entered: by stage, the grid that it was given, (batch, frame, grid, grid, channel), from
            which chunk attention can be computed again: see `sct.analysis.rollout`.
        lsh_seen, shifted_seen: by stage, what its LSH attention and its shifted MSA blocks saw.
        clip_seen: what each layer of the clip encoder saw.
    """

    config: SCTConfig
    ablation: Ablation
    order: tuple[int, ...]
    image_size: int
    entered: dict[int, Tensor] = field(default_factory=dict)
    lsh_seen: dict[int, LSHTrace] = field(default_factory=dict)
    shifted_seen: dict[int, list[ShiftedTrace]] = field(default_factory=dict)
    clip_seen: list[ClipTrace] = field(default_factory=list)

    def saw_lsh(self, stage: int, qk: Tensor, hashed: Hashed | None, bucket: int) -> None:
        """Keeps what an LSH attention saw; `bucket` is as it was asked for."""
        grid = self.entered[stage].shape[2]
        pixels, bucket = self.image_size // grid, min(bucket, grid * grid)
        self.lsh_seen[stage] = LSHTrace(qk, hashed, grid, pixels, bucket)

    def saw_shifted(self, stage: int, grid: int, matched: Matched) -> None:
        """Keeps what the next block of a stage's shifted MSA saw on a grid of this side."""
        grounded = self.config.grounded_heads[stage - 1]
        seen = ShiftedTrace(matched, grid, self.image_size // grid, grounded)
        self.shifted_seen.setdefault(stage, []).append(seen)

    def _stage(self, stage: int) -> int:
        if stage not in range(1, self.config.stages + 1):
            raise LookupError(f"stage {stage}: this model has stages 1 to {self.config.stages}")
        return stage

    def shifted(self, stage: int, block: int = 0) -> ShiftedTrace:
        """Raises LookupError when that shifted MSA was switched off or does not exist."""
        blocks = self.shifted_seen.get(self._stage(stage), ())
        if not 0 <= block < len(blocks):
            why = f"has {len(blocks)} blocks" if blocks else "is off"
            why = f"shifted MSA of stage {stage} {why} (ablation: {self.ablation})"
            raise LookupError(f"{why}, so block {block} was not traced")
        return blocks[block]

    def lsh(self, stage: int) -> LSHTrace:
        """Raises LookupError when that LSH attention was switched off or replaced."""
        seen = self.lsh_seen.get(self._stage(stage))
        if seen is None or seen.hashed is None:
            why = "off" if seen is None else "replaced by full attention"
            why = f"LSH attention of stage {stage} is {why} (ablation: {self.ablation})"
            raise LookupError(f"{why}, so it has no buckets")
        return seen

    def clip(self, layer: int = -1) -> ClipTrace:
        """Raises LookupError when the clip encoder was replaced by a mean."""
        if not (layers := len(self.clip_seen)):
            raise LookupError(f"the clip encoder is off (ablation: {self.ablation})")
        if not -layers <= layer < layers:
            raise LookupError(f"clip layer {layer}: this model has layers 0 to {layers - 1}")
        return self.clip_seen[layer]
