"""Attention, and blocks around it, by the fastest operations of a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.kernels.choice import fused
from sct.kernels.copies import Copies
from sct.kernels.precision import product_type

_CHUNK = 64  # tokens, of which a chunk has no more


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Computes softmax(q k' / sqrt(channel)) v; all are (sequence, head, token, channel)."""
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


def chunk_attention(
    qkv: Tensor, heads: int, chunk: tuple[int, int], off: Sequence[int] = (), **shifted: Any
) -> Tensor | None:
    """Lets the tokens of chunks attend in one kernel; None where there is none for them.

    Args:
        qkv: (..., rows, columns, 3 x head x channel).
        heads: how many they are.
        chunk: its rows and columns.
        off: heads whose output is zeroed.
        shifted: see `sct.kernels.fused.chunk_attention.attend`.

    Returns:
        (..., rows, columns, head x channel).
    """
    if not fused(qkv, learns=True):
        return None
    from sct.kernels.fused.chunk_attention import MOST_TOKENS, attend

    if chunk[0] * chunk[1] > MOST_TOKENS:
        return None
    return attend(qkv, heads, chunk, tuple(off), **shifted)


def through_blocks(
    x: Tensor, side: int, blocks: Sequence[Any], off: Sequence[int], packed: Copies
) -> Tensor | None:
    """Runs chunks through transformer blocks in one kernel; None where there is none for them.

    Args:
        x: (..., grid, grid, channel).
        side: of a chunk in tokens.
        blocks: `sct.model.attention.Block`s of one shape.
        off: heads whose output is zeroed.
        packed: caches their weights as the kernel reads them.
    """
    if not blocks or not fused(x):
        return None
    from sct.kernels.fused import chunk_blocks as kernel

    if not kernel.fits(side, x.shape[-1]):
        return None
    dtype, own = product_type(x), [part for block in blocks for part in block.parameters()]
    weights = packed.get(dtype, own, lambda: kernel.pack(blocks, dtype))
    return kernel.chunk_blocks(x, side, weights, tuple(off))
