"""Shifted multi-head self-attention (figure 2): one query scored against two frames' keys.

In a chunk, the queries of frame t are scored against the keys of frame t - s *and* of frame t. Both
maps weight the values of frame t; values and queries of frame t - s are not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn

from sct.kernels.attention import attend, chunk_attention
from sct.kernels.layers import add_and_feed_forward
from sct.kernels.linear import Linear
from sct.kernels.norm import LayerNorm
from sct.model.ablation import StageSettings
from sct.model.attention import FeedForward, drop_heads
from sct.model.chunks import merge, partition
from sct.model.config import in_turn
from sct.model.patching import NO_TAP, Tap


class Matched(NamedTuple):
    """Queries and keys of one shifted MSA, and how they were paired.

    Attributes:
        q, k: (batch, frame, chunk, head, token, channel).
        key_frames: `key_frames[head][t]` is the frame whose keys the "previous" map of t looks at.
        side: the window's side in tokens.
        mode: "on" or "self".
        merge: "mean" or "joint", as in the config.
    """

    q: Tensor
    k: Tensor
    key_frames: tuple[tuple[int, ...], ...]
    side: int
    mode: str
    merge: str


def key_frames(frames: int, offset: int, mode: str) -> tuple[int, ...]:
    """Returns for each frame t the frame of its "previous" keys: t - offset, at least the first.

    In mode "self" every frame is its own predecessor.
    """
    # reconstruction: the first frame has no predecessor, so it takes its own keys; wrapping round
    # would show it the last frame.
    return tuple(t if mode == "self" else max(t - offset, 0) for t in range(frames))


def shift_keys(k: Tensor, frames_of: Sequence[Sequence[int]]) -> Tensor:
    """Takes for every head the keys of its previous frame; k is (b, t, chunk, head, token, c)."""
    # By slices: a list as an index would have to be sent to a GPU, in the middle of its work.
    if len(set(frames_of)) == 1:
        return torch.stack([k[:, frame] for frame in frames_of[0]], dim=1)
    heads = [
        torch.stack([k[:, frame, :, h] for frame in rows], 1) for h, rows in enumerate(frames_of)
    ]
    return torch.stack(heads, dim=3)


def map_weights(q: Tensor, previous: Tensor, own: Tensor, merge_maps: str) -> Tensor:
    """Computes both maps of queries, over the previous and over their own frame's keys.

    Args:
        q, previous, own: (..., token, channel).
        merge_maps: "mean" or "joint".

    Returns:
        float32 (2, ..., query, key); each row sums to 1, and with "joint" both together do.
    """
    q, previous, own = (x.detach().float() for x in (q, previous, own))
    scores = torch.stack([q @ k.transpose(-1, -2) for k in (previous, own)]) * q.shape[-1] ** -0.5
    if merge_maps == "joint":
        return torch.stack(torch.cat([*scores], dim=-1).softmax(-1).chunk(2, dim=-1))
    return scores.softmax(-1)


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
        """Starts the keys as a scaled copy of the queries, so that like content finds itself.

        Without it attention between frames learned nothing in affordable time.
        """
        dim = self.qkv.in_features
        self.qkv.weight[dim : 2 * dim].copy_(self.qkv.weight[:dim]).mul_(gain)

    def forward(
        self, x: Tensor, use: StageSettings, side: int, tap: Tap = NO_TAP
    ) -> tuple[Tensor, Matched]:
        """Scores the queries of each frame against the keys of two frames (figure 2).

        Args:
            x: (batch, frame, rows, columns, dim).
            use: what this stage does; `use.shifted` is "on" or "self".
            side: side of the attention window in tokens: the chunk's, or the whole grid's.
            tap: what the heads give passes through it.

        Returns:
            the new values, shaped as x, and what was matched.
        """
        b, t, rows = x.shape[:3]
        joint, off = self.merge_maps == "joint", use.shifted_heads_off
        chunks = self.qkv(partition(x, side))
        q, k, v = rearrange(
            chunks, "b t n s (three h d) -> three b t n h s d", three=3, h=self.heads
        )
        frames_of = tuple(key_frames(t, o, use.shifted) for o in in_turn(use.offsets, self.heads))
        matched = Matched(q, k, frames_of, side, use.shifted, self.merge_maps)
        shape = 1, side * side  # of a chunk in `chunks`
        out = chunk_attention(chunks, self.heads, shape, off, frames_of=frames_of, joint=joint)
        if out is not None:
            return self.proj(tap(merge(out, side, rows))), matched
        previous = shift_keys(k, frames_of)
        # The fused kernel takes four axes: sequence, head, token, channel.
        q, k, v, previous = (a.flatten(0, 2) for a in (q, k, v, previous))
        if joint:
            keys, values = torch.cat([previous, k], dim=2), torch.cat([v, v], dim=2)
            out = attend(q, keys, values)
        else:
            out = (attend(q, previous, v) + attend(q, k, v)) / 2
        out = drop_heads(out, off)
        out = rearrange(out, "(b t n) h s d -> b t n s (h d)", b=b, t=t)
        return self.proj(tap(merge(out, side, rows))), matched


class ShiftedBlock(nn.Module):
    """A pre-norm residual block: shifted MSA, then a feed-forward."""

    # reconstruction: the paper does not draw norms and residuals here; after the pooling.
    def __init__(self, dim: int, heads: int, mlp_ratio: int, merge_maps: str):
        super().__init__()
        self.norm1 = LayerNorm(dim)
        self.attention = ShiftedMSA(dim, heads, merge_maps)
        self.norm2 = LayerNorm(dim)
        self.mlp = FeedForward(dim, mlp_ratio)

    def forward(self, x: Tensor, *args: object, **named: object) -> tuple[Tensor, Matched]:
        """Returns the new x and what was matched; arguments as for `ShiftedMSA.forward`."""
        out, matched = self.attention(self.norm1(x), *args, **named)
        return add_and_feed_forward(x, out, self.norm2, self.mlp), matched
