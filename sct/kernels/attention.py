"""Attention, residuals and feed-forward layers by the fastest operations of a device."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.kernels.linear import Linear
from sct.kernels.tiling import join, tile_size

_CHUNK = 64  # tokens, of which a chunk has no more


def autocast(x: Tensor, bfloat16: bool) -> AbstractContextManager:
    """Returns a context in which matrix products on the device of x are in bfloat16, or are not."""
    kind = x.device.type
    if not torch.amp.is_autocast_available(kind):  # the meta device, which only counts
        return nullcontext()
    return torch.autocast(kind, torch.bfloat16, enabled=bfloat16)


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


def add_residual(x: Tensor, branch: Tensor) -> Tensor:
    """Computes x + branch, in the memory of `branch` where no gradient will ask for it."""
    same = not torch.is_grad_enabled() and x.dtype == branch.dtype
    return branch.add_(x) if same else x + branch


def feed_forward(x: Tensor, up: Linear, down: Linear) -> Tensor:
    """Computes down(gelu(up(x))) without gradients, some tokens at a time: (..., dim) to the same.

    The hidden layer is wide; so little of it at once stays in a CPU's cache.
    """
    tokens = x.flatten(0, -2)
    some = tile_size(tokens, len(tokens), up.out_features)
    return join([down(up(part, gelu=True)) for part in tokens.split(some)], 0).view_as(x)
