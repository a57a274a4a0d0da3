"""Layers that see one token, or a few, by the fastest operations of a device."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from sct.kernels.choice import fused
from sct.kernels.linear import Linear
from sct.kernels.precision import product_type
from sct.kernels.tiling import join, tile_size


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


def add_and_feed_forward(x: Tensor, branch: Tensor, norm: nn.LayerNorm, mlp: Any) -> Tensor:
    """Computes y + mlp(norm(y)), where y is x + branch.

    Args:
        x: (..., dim).
        branch: shaped as x; it may be overwritten.
        norm: over dim.
        mlp: a `sct.model.attention.FeedForward`.
    """
    if not fused(x):
        x = add_residual(x, branch)
        return add_residual(x, mlp(norm(x)))
    from sct.kernels.fused import feed_forward as narrow
    from sct.kernels.fused.linear import linear
    from sct.kernels.fused.rows import add_and_norm

    dtype = product_type(x)
    if x.shape[-1] <= narrow.MOST_CHANNELS:
        own = [*norm.parameters(), *mlp.parameters()]
        packed = mlp.packed.get(dtype, own, lambda: narrow.pack(norm, mlp, dtype))
        return narrow.feed_forward(x, branch, packed, norm.eps)
    x, normed = add_and_norm(x, branch, norm, dtype)
    hidden = linear(normed.flatten(0, -2), *mlp[0].converted(dtype), dtype, gelu=True)
    residual = x.flatten(0, -2)
    return linear(hidden, *mlp[2].converted(dtype), x.dtype, residual=residual).view_as(x)


def pool(x: Tensor, norm: nn.LayerNorm, proj: Linear, positions: Tensor) -> Tensor | None:
    """Makes one token of each 2x2 and adds positions in one kernel; None where there is none.

    Args:
        x: (batch, frame, grid, grid, dim).
        norm, proj: over the four tokens' channels.
        positions: (side x side, out), see `sct.model.chunks.ChunkPositions`.

    Returns:
        (batch, frame, grid / 2, grid / 2, out).
    """
    if not fused(x):
        return None
    from sct.kernels.fused.linear import linear, quads

    b, t, grid, _, width = x.shape
    weight, bias = proj.converted(product_type(x))
    squares = quads(grid, width)
    out = linear(x, weight, bias, x.dtype, squares=squares, norm=norm, table=positions)
    return out.view(b, t, squares.side, squares.side, -1)


def patches(frames: Tensor, convolution: nn.Conv2d, positions: Tensor) -> Tensor | None:
    """Embeds patches and adds positions in one kernel; None where there is none.

    Args:
        frames: (batch, frame, 3, size, size).
        convolution: as large as its step.
        positions: (side x side, out), see `sct.model.chunks.ChunkPositions`.

    Returns:
        (batch, frame, grid, grid, out).
    """
    if not fused(frames):
        return None
    from sct.kernels.fused import linear as kernel

    squares = kernel.patches(frames.shape[-1], convolution.kernel_size[0])
    own, dtype = convolution.weight, product_type(frames)
    weight = own.flatten(1).to(dtype)
    out = kernel.linear(
        frames, weight, convolution.bias, own.dtype, squares=squares, table=positions
    )
    return out.view(*frames.shape[:2], squares.side, squares.side, -1)
