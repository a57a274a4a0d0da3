"""A residual feed-forward in one kernel, whose hidden layer never leaves the registers."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor, nn

from sct.kernels.fused.shapes import device_of, parts, precision_of

MOST_CHANNELS = 144  # above, a tile of tokens does not fit into the registers of a program


class Launch(NamedTuple):
    """How the kernel is launched: tokens a program, hidden columns at a time, warps, stages."""

    rows: int = 64
    hidden: int = 64
    warps: int = 4
    stages: int = 2


class Packed(NamedTuple):
    """The weights as the kernel reads them; see `pack`."""

    up: Tensor
    down: Tensor
    vectors: Tensor


@triton.jit
def normalised(xa, xb, vectors, a, b, eps, C: tl.constexpr, CP: tl.constexpr):
    """Normalises rows of C numbers, the first of them in xa, the rest in xb; beyond are zeros.

    `vectors` are two rows of CP, weight and bias.
    """
    mean = ((tl.sum(xa, 1) + tl.sum(xb, 1)) / C)[:, None]
    xa, xb = tl.where((a < C)[None, :], xa - mean, 0.0), tl.where((b < C)[None, :], xb - mean, 0.0)
    scale = tl.rsqrt((tl.sum(xa * xa, 1) + tl.sum(xb * xb, 1)) / C + eps)[:, None]
    xa = xa * scale * tl.load(vectors + a)[None, :] + tl.load(vectors + CP + a)[None, :]
    xb = xb * scale * tl.load(vectors + b)[None, :] + tl.load(vectors + CP + b)[None, :]
    return xa, xb


@triton.jit
def fed_forward(
    xa, xb, vectors, UP, DOWN, a, b, eps, C: tl.constexpr, CP: tl.constexpr, F: tl.constexpr,
    FB: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Returns x + down(gelu(up(norm(x)))) of tokens in registers, float32.

    Args:
        xa, xb: columns a and b of x.
        vectors: rows of CP, norm's weight and bias and the bias of DOWN; then F of UP's.
    """
    kind = UP.dtype.element_ty
    f = tl.arange(0, FB)
    na, nb = normalised(xa, xb, vectors, a, b, eps, C, CP)
    na, nb = na.to(kind), nb.to(kind)
    xa += tl.load(vectors + 2 * CP + a)[None, :]
    xb += tl.load(vectors + 2 * CP + b)[None, :]
    for first in range(0, F, FB):
        column = first + f
        up = tl.load(UP + a[:, None] * F + column[None, :])
        hidden = tl.dot(na, up, input_precision=PRECISION)
        up = tl.load(UP + b[:, None] * F + column[None, :])
        hidden = tl.dot(nb, up, hidden, input_precision=PRECISION)
        hidden += tl.load(vectors + 3 * CP + column)[None, :]
        hidden = (0.5 * hidden * (1.0 + tl.erf(hidden * 0.7071067811865476))).to(kind)
        down = DOWN + column[:, None] * CP
        xa = tl.dot(hidden, tl.load(down + a[None, :]), xa, input_precision=PRECISION)
        xb = tl.dot(hidden, tl.load(down + b[None, :]), xb, input_precision=PRECISION)
    return xa, xb


@triton.jit
def _feed_forward(
    X, BRANCH, Y, UP, DOWN, VECTORS, rows, eps, C: tl.constexpr, A: tl.constexpr, B: tl.constexpr,
    F: tl.constexpr, FB: tl.constexpr, ROWS: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    a, b = tl.arange(0, A), A + tl.arange(0, B)
    here = (row < rows)[:, None]
    in_a, in_b = here & (a < C)[None, :], here & (b < C)[None, :]
    at_a, at_b = row[:, None] * C + a[None, :], row[:, None] * C + b[None, :]
    xa = tl.load(X + at_a, mask=in_a, other=0.0).to(tl.float32)
    xb = tl.load(X + at_b, mask=in_b, other=0.0).to(tl.float32)
    xa += tl.load(BRANCH + at_a, mask=in_a, other=0.0).to(tl.float32)
    xb += tl.load(BRANCH + at_b, mask=in_b, other=0.0).to(tl.float32)
    xa, xb = fed_forward(xa, xb, VECTORS, UP, DOWN, a, b, eps, C, A + B, F, FB, PRECISION)
    tl.store(Y + at_a, xa.to(Y.dtype.element_ty), mask=in_a)
    tl.store(Y + at_b, xb.to(Y.dtype.element_ty), mask=in_b)


def pack(norm: nn.LayerNorm, mlp: Any, dtype: torch.dtype, hidden: int = Launch().hidden) -> Packed:
    """Lays out the weights of a feed-forward as the kernel reads them, padded with zeros.

    Args:
        norm: before it.
        mlp: a `sct.model.attention.FeedForward`.
        dtype: in which products are computed.
        hidden: what the hidden layer is padded to a multiple of.
    """
    width, inner = norm.weight.numel(), mlp[0].out_features
    wide, padded, zeros = sum(parts(width)), -(-inner // hidden) * hidden, norm.weight.new_zeros
    up, down = zeros(wide, padded), zeros(padded, wide)
    up[:width, :inner] = mlp[0].weight.detach().t()
    down[:inner, :width] = mlp[2].weight.detach().t()
    vectors = zeros(3 * wide + padded, dtype=torch.float32)
    for place, part in enumerate((norm.weight, norm.bias, mlp[2].bias, mlp[0].bias)):
        vectors[place * wide : place * wide + part.numel()] = part.detach()
    return Packed(up.to(dtype), down.to(dtype), vectors)


def feed_forward(
    x: Tensor, branch: Tensor, packed: Packed, eps: float, launch: Launch | None = None
) -> Tensor:
    """Computes y + mlp(norm(y)), where y is x + branch.

    Args:
        x: (..., channel), up to MOST_CHANNELS.
        branch: shaped as x.
        packed: the weights, packed for this launch.
        eps: of the norm.
        launch: the default has not been tuned.

    Returns:
        shaped and typed as x.
    """
    launch, x, out = launch or Launch(), x.contiguous(), torch.empty_like(x)
    width, hidden = x.shape[-1], packed.up.shape[1]
    (first, rest), rows = parts(width), x.numel() // width
    with device_of(x):
        _feed_forward[(triton.cdiv(rows, launch.rows),)](
            x, branch.contiguous(), out, *packed, rows, eps, C=width, A=first, B=rest,
            F=hidden, FB=launch.hidden, ROWS=launch.rows, PRECISION=precision_of(packed.up),
            num_warps=launch.warps, num_stages=launch.stages,
        )  # fmt: skip
    return out
