"""Multi-head self-attention and the pre-norm transformer block (ViLT block, clip encoder layer)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from sct.kernels.linear import Linear, linear
from sct.kernels.tiling import at_once, joined
from sct.model.config import check_precision

_CHUNK = 64  # tokens, of which a chunk has no more


def drop_heads(x: Tensor, off: Sequence[int]) -> Tensor:
    """Zero the output of the heads `off`; x is (..., head, token, channel)."""
    if not off:
        return x
    keep = torch.ones(x.shape[-3], device=x.device, dtype=x.dtype)
    for head in off:
        keep[head] = 0
    return x * keep[:, None, None]


def bfloat16(x: Tensor, wanted: bool) -> AbstractContextManager:
    """Inside, matrix products on the device of x are computed in bfloat16, or are not."""
    kind = x.device.type
    if not torch.amp.is_autocast_available(kind):  # the meta device, which only counts
        return nullcontext()
    return torch.autocast(kind, torch.bfloat16, enabled=wanted)


def matrix_products(x: Tensor, precision: str) -> AbstractContextManager:
    """Inside, matrix products on the device of x have the precision that `SCT.forward` names.

    Raises:
        ValueError: another precision.
    """
    check_precision(precision)
    return bfloat16(x, precision == "bfloat16" or (precision == "auto" and x.is_cuda))


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(q k' / sqrt(channel)) v over the last two axes: (sequence, head, token, channel)."""
    # On a CPU the fused kernel of PyTorch 2.13 takes ten times as long backwards in bfloat16 as
    # in float32, and in float32 longer than plain products of a chunk's few tokens.
    learns = torch.is_grad_enabled() and q.requires_grad
    low = q.dtype == torch.bfloat16
    if q.device.type != "cpu" or not (low or (learns and k.shape[-2] <= _CHUNK)):
        return F.scaled_dot_product_attention(q, k, v)
    if low and not learns:  # half of the time of a softmax in bfloat16
        scores = (q @ k.transpose(-1, -2)).float().mul_(q.shape[-1] ** -0.5)
        return scores.softmax(-1).to(v.dtype) @ v
    return ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).softmax(-1) @ v


def added(x: Tensor, more: Tensor) -> Tensor:
    """x + more, in the memory of `more` where no gradient will ask for it: a residual branch."""
    same = not torch.is_grad_enabled() and x.dtype == more.dtype
    return more.add_(x) if same else x + more


class FeedForward(nn.Sequential):
    """Two linear layers around a GELU, token by token."""

    def __init__(self, dim: int, ratio: int):
        super().__init__(Linear(dim, ratio * dim), nn.GELU(), Linear(ratio * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim), before and after."""
        if torch.is_grad_enabled():
            return super().forward(x)
        # The hidden layer is wide: some tokens at a time, and what is read once is overwritten.
        up, _, down = self
        tokens = x.flatten(0, -2)
        some = at_once(tokens, len(tokens), up.out_features)
        parts = [down(linear(part, up.weight, up.bias, gelu=True)) for part in tokens.split(some)]
        return joined(parts, 0).view_as(x)


class SelfAttention(nn.Module):
    """Plain multi-head self-attention over the token axis, query, key and value without bias."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = Linear(dim, 3 * dim, bias=False)
        self.proj = Linear(dim, dim)

    def forward(
        self, x: Tensor, heads_off: Sequence[int] = (), first_row: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Args:
        x: (sequence, token, dim).
        heads_off: heads whose output is zeroed.
        first_row: also return the first token's attention, (sequence, head, token).
        """
        q, k, v = self.split(x)
        out = drop_heads(attend(q, k, v), heads_off)
        row = None
        if first_row:
            scores = q[:, :, :1].float() @ k.float().transpose(-1, -2) * q.shape[-1] ** -0.5
            row = scores.softmax(-1)[:, :, 0]
        return self.proj(rearrange(out, "n h s d -> n s (h d)")), row

    def maps(self, x: Tensor) -> Tensor:
        """What `forward` weighs the values by: float32 (sequence, head, query, key), rows sum to 1.

        For questions asked later; x as there.
        """
        q, k, _ = self.split(x)
        return (q.float() @ k.float().transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)

    def split(self, x: Tensor) -> Tensor:
        """Queries, keys and values, each (sequence, head, token, channel)."""
        return rearrange(self.qkv(x), "n s (three h d) -> three n h s d", three=3, h=self.heads)


class Block(nn.Module):
    """Pre-norm transformer block. Inside a chunk it is a ViLT block; over frames, a clip layer."""

    def __init__(self, dim: int, heads: int, mlp_ratio: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attention = SelfAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = FeedForward(dim, mlp_ratio)

    def forward(
        self, x: Tensor, heads_off: Sequence[int] = (), first_row: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        out, row = self.attention(self.norm1(x), heads_off, first_row)
        x = added(x, out)
        return added(x, self.mlp(self.norm2(x))), row
