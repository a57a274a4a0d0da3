"""Normalises short rows, several to a program.

PyTorch gives each row a block of threads, most of which have nothing to do where a row is short.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor, nn

from sct.kernels.fused.shapes import device_of, power

_NUMBERS = 4096  # that a program takes


@triton.jit
def normalised(x, weight, bias, real, eps, C: tl.constexpr):
    """Normalises rows of C numbers, float32; beyond them, where `real` is false, are zeros."""
    mean = tl.sum(x, 1) / C
    apart = tl.where(real, x - mean[:, None], 0.0)
    scale = tl.rsqrt(tl.sum(apart * apart, 1) / C + eps)
    return apart * scale[:, None] * weight + bias


@triton.jit
def _norm(
    X, BRANCH, SUM, WEIGHT, BIAS, OUT, rows, eps, ADDS: tl.constexpr, C: tl.constexpr,
    CP: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    column = tl.arange(0, CP)
    inside = column < C
    there = (row < rows)[:, None] & inside[None, :]
    at = row[:, None] * C + column[None, :]
    x = tl.load(X + at, mask=there, other=0.0).to(tl.float32)
    if ADDS:
        x += tl.load(BRANCH + at, mask=there, other=0.0).to(tl.float32)
        tl.store(SUM + at, x.to(SUM.dtype.element_ty), mask=there)
    weight = tl.load(WEIGHT + column, mask=inside, other=0.0).to(tl.float32)[None, :]
    bias = tl.load(BIAS + column, mask=inside, other=0.0).to(tl.float32)[None, :]
    out = normalised(x, weight, bias, inside[None, :], eps, C)
    tl.store(OUT + at, out.to(OUT.dtype.element_ty), mask=there)


def layer_norm(x: Tensor, norm: nn.LayerNorm, dtype: torch.dtype) -> Tensor:
    """Computes the LayerNorm of rows.

    Args:
        x: (..., channel), of any floating type.
        norm: over the channels.
        dtype: of the result.
    """
    return _normalise(x, None, norm, dtype)[1]


def add_and_norm(
    x: Tensor, branch: Tensor, norm: nn.LayerNorm, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Computes x + branch, in the type of x, and its LayerNorm; arguments as for `layer_norm`."""
    return _normalise(x, branch, norm, dtype)


def _normalise(
    x: Tensor, branch: Tensor | None, norm: nn.LayerNorm, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    x, adds = x.contiguous(), branch is not None
    width = x.shape[-1]
    rows, many = x.numel() // width, max(1, _NUMBERS // power(width))
    total, out = torch.empty_like(x) if adds else x, torch.empty_like(x, dtype=dtype)
    beside = branch.contiguous() if adds else x
    with device_of(x):
        _norm[(triton.cdiv(rows, many),)](
            x, beside, total, norm.weight, norm.bias, out, rows, norm.eps, ADDS=adds, C=width,
            CP=power(width), ROWS=many,
        )  # fmt: skip
    return total, out
