"""Shifted multi-head self-attention (figure 2): one query scored against two frames' keys.

In a chunk, the queries of frame t are scored against the keys of frame t - s *and* of frame t. Both
maps weight the values of frame t; values and queries of frame t - s are not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from einops import rearrange
from torch import Tensor, nn

from sct.kernels.linear import Linear
from sct.kernels.tiling import joined
from sct.model.attention import FeedForward, added, attend, drop_heads
from sct.model.chunks import merge, partition
from sct.model.config import in_turn


@dataclass(frozen=True)
class Matched:
    """Queries and keys of one shifted MSA, and how they were paired.

    `q` and `k` are (batch, frame, chunk, head, token, channel); `key_frames[head][t]` is the frame
    whose keys the "previous" map of frame t looks at; `side` is the window's side in tokens.
    """

    q: Tensor
    k: Tensor
    key_frames: tuple[tuple[int, ...], ...]
    side: int
    mode: str
    merge: str


def joined_chunks(parts: Sequence[Matched]) -> Matched:
    """What was matched in all chunks, out of parts of some chunks each."""
    q, k = (joined([getattr(part, name) for part in parts], 2) for name in ("q", "k"))
    return replace(parts[0], q=q, k=k)


def key_frames(frames: int, offset: int, mode: str) -> tuple[int, ...]:
    """For each frame t, the frame of the "previous" keys: t - offset, clamped to the first.

    In mode "self" every frame is its own predecessor.
    """
    # reconstruction: the first frame has no predecessor, so it takes its own keys; wrapping round
    # would show it the last frame.
    return tuple(t if mode == "self" else max(t - offset, 0) for t in range(frames))


def shift_keys(k: Tensor, frames_of: Sequence[Sequence[int]]) -> Tensor:
    """Take for every head the keys of its previous frame; k is (b, t, chunk, head, token, c)."""
    # By slices: a list as an index would have to be sent to a GPU, in the middle of its work.
    if len(set(frames_of)) == 1:
        return torch.stack([k[:, frame] for frame in frames_of[0]], dim=1)
    heads = [
        torch.stack([k[:, frame, :, h] for frame in rows], 1) for h, rows in enumerate(frames_of)
    ]
    return torch.stack(heads, dim=3)


class ShiftedMSA(nn.Module):
    """Shifted MSA over a window of the grid, without norm or residual."""

    def __init__(self, dim: int, heads: int, merge_maps: str):
        super().__init__()
        self.heads, self.merge_maps = heads, merge_maps
        self.qkv = Linear(dim, 3 * dim, bias=False)
        self.proj = Linear(dim, dim)
        self.start_as_matching()

    @torch.no_grad()
    def start_as_matching(self, gain: float = 2.0) -> None:
        """Start the keys as a scaled copy of the queries: alike content attends to itself.

        Measured: without it, attention between frames learns nothing in affordable time.
        """
        dim = self.qkv.in_features
        self.qkv.weight[dim : 2 * dim].copy_(self.qkv.weight[:dim]).mul_(gain)

    def forward(
        self,
        x: Tensor,
        side: int,
        offsets: Sequence[int],
        mode: str,
        heads_off: Sequence[int] = (),
    ) -> tuple[Tensor, Matched]:
        """Args:
        x: (batch, frame, rows, columns, dim).
        side: side of the attention window in tokens: the chunk's, or the whole grid's.
        offsets: frames from the query back to the key; the heads take them in turn.
        mode: "on" or "self".
        """
        b, t, rows = x.shape[:3]
        qkv = rearrange(
            self.qkv(partition(x, side)), "b t n s (three h d) -> three b t n h s d", three=3,
            h=self.heads,
        )  # fmt: skip
        q, k, v = qkv
        frames_of = tuple(key_frames(t, o, mode) for o in in_turn(offsets, self.heads))
        matched = Matched(q, k, frames_of, side, mode, self.merge_maps)
        previous = shift_keys(k, matched.key_frames)
        # The fused kernel takes four axes: sequence, head, token, channel.
        q, k, v, previous = (a.flatten(0, 2) for a in (q, k, v, previous))
        if self.merge_maps == "joint":
            keys, values = torch.cat([previous, k], dim=2), torch.cat([v, v], dim=2)
            out = attend(q, keys, values)
        else:
            out = (attend(q, previous, v) + attend(q, k, v)) / 2
        out = rearrange(drop_heads(out, heads_off), "(b t n) h s d -> b t n s (h d)", b=b, t=t)
        return self.proj(merge(out, side, rows)), matched


class ShiftedBlock(nn.Module):
    """Pre-norm residual block: shifted MSA, then a feed-forward."""

    # reconstruction: the paper does not draw norms and residuals here; after the pooling.
    def __init__(self, dim: int, heads: int, mlp_ratio: int, merge_maps: str):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attention = ShiftedMSA(dim, heads, merge_maps)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = FeedForward(dim, mlp_ratio)

    def forward(
        self,
        x: Tensor,
        side: int,
        offsets: Sequence[int],
        mode: str,
        heads_off: Sequence[int] = (),
    ) -> tuple[Tensor, Matched]:
        out, matched = self.attention(self.norm1(x), side, offsets, mode, heads_off)
        x = added(x, out)
        return added(x, self.mlp(self.norm2(x))), matched
