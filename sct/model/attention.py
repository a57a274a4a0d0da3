"""Multi-head self-attention, the transformer block, and chunk attention made of such blocks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch
from einops import rearrange
from torch import Tensor, nn

from sct.kernels import attention as kernels
from sct.kernels.attention import attend
from sct.kernels.copies import Copies
from sct.kernels.layers import add_and_feed_forward, feed_forward
from sct.kernels.linear import Linear
from sct.kernels.norm import LayerNorm
from sct.model.chunks import merge, partition
from sct.model.patching import NO_TAP, Tap


def drop_heads(x: Tensor, off: Sequence[int]) -> Tensor:
    """Zeroes the output of the heads `off`; x is (..., head, token, channel)."""
    if not off:
        return x
    keep = torch.ones(x.shape[-3], device=x.device, dtype=x.dtype)
    for head in off:
        keep[head] = 0
    return x * keep[:, None, None]


class FeedForward(nn.Sequential):
    """Two linear layers around a GELU, token by token."""

    def __init__(self, dim: int, ratio: int):
        super().__init__(Linear(dim, ratio * dim), nn.GELU(), Linear(ratio * dim, dim))
        self.packed = Copies()

    def forward(self, x: Tensor) -> Tensor:
        """Computes (..., dim) from (..., dim)."""
        return super().forward(x) if torch.is_grad_enabled() else feed_forward(x, self[0], self[2])


class SelfAttention(nn.Module):
    """Plain multi-head self-attention over the token axis, query, key and value without bias."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = Linear(dim, 3 * dim, bias=False)
        self.proj = Linear(dim, dim)

    def forward(
        self, x: Tensor, heads_off: Sequence[int] = (), first_row: bool = False, tap: Tap = NO_TAP
    ) -> tuple[Tensor, Tensor | None]:
        """Lets every token of a sequence attend to all of them.

        Args:
            x: (sequence, token, dim).
            heads_off: heads whose output is zeroed.
            first_row: also return the first token's attention, (sequence, head, token).
            tap: what the heads give, (sequence, token, head x channel), passes through it.
        """
        qkv, out, row = self.qkv(x), None, None
        if not first_row:
            out = kernels.chunk_attention(qkv[:, None], self.heads, (1, x.shape[1]), heads_off)
        if out is not None:
            return self.proj(tap(out[:, 0])), None
        q, k, v = self.split(qkv)
        out = drop_heads(attend(q, k, v), heads_off)
        if first_row:
            scores = q[:, :, :1].float() @ k.float().transpose(-1, -2) * q.shape[-1] ** -0.5
            row = scores.softmax(-1)[:, :, 0]
        return self.proj(tap(rearrange(out, "n h s d -> n s (h d)"))), row

    def split(self, qkv: Tensor) -> Tensor:
        """Returns queries, keys and values, each (sequence, head, token, channel)."""
        return rearrange(qkv, "n s (three h d) -> three n h s d", three=3, h=self.heads)


class Block(nn.Module):
    """A pre-norm transformer block: inside chunks a ViLT block, over frames a clip layer."""

    def __init__(self, dim: int, heads: int, mlp_ratio: int):
        super().__init__()
        self.norm1 = LayerNorm(dim)
        self.attention = SelfAttention(dim, heads)
        self.norm2 = LayerNorm(dim)
        self.mlp = FeedForward(dim, mlp_ratio)

    def forward(self, x: Tensor, *args: object, **named: object) -> tuple[Tensor, Tensor | None]:
        """Returns the new x and the first token's attention; arguments as for `SelfAttention`."""
        out, row = self.attention(self.norm1(x), *args, **named)
        return add_and_feed_forward(x, out, self.norm2, self.mlp), row


class ChunkAttention(nn.ModuleList):
    """Image chunk self-attention: ViLT blocks inside each square chunk of each frame (figure 1)."""

    def __init__(self, blocks: int, dim: int, heads: int, mlp_ratio: int, side: int):
        super().__init__(Block(dim, heads, mlp_ratio) for _ in range(blocks))
        self.side, self.packed = side, Copies()

    def forward(self, x: Tensor, heads_off: Sequence[int] = (), tap: Tap = NO_TAP) -> Tensor:
        """Computes the new grid.

        Args:
            x: (batch, frame, grid, grid, dim).
            heads_off: heads whose output is zeroed, in every block.
            tap: what the heads of each block give passes through it.
        """
        if not tap:
            found = kernels.through_blocks(x, self.side, self, heads_off, self.packed)
            if found is not None:
                return found

        def grid(chunks: Tensor) -> Tensor:
            return merge(chunks.unflatten(0, (*x.shape[:2], -1)), self.side, x.shape[2])

        def through(out: Tensor) -> Tensor:
            return partition(tap(grid(out)), self.side).flatten(0, 2) if tap else out

        (chunks,) = deque(self.steps(x, heads_off, through), maxlen=1)  # holds none but the last
        return grid(chunks)

    def steps(
        self, x: Tensor, heads_off: Sequence[int] = (), through: Callable[[Tensor], Tensor] = NO_TAP
    ) -> Iterator[Tensor]:
        """Yields the chunks that enter each block, and last those that leave the last one.

        Each is (batch x frame x chunk, token, dim); `through` is a tap of chunks.
        """
        chunks = partition(x, self.side).flatten(0, 2)
        for block in self:
            yield chunks
            chunks, _ = block(chunks, heads_off, tap=through)
        yield chunks
