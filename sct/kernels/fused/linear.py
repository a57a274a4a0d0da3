"""A linear layer together with what stands around it: one reading, one product, one writing.

Its rows may be patches of a picture or squares of 2x2 tokens, read where they lie and normalised on
the way; what follows (GELU, a residual, positions) is added before the result is written.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor, nn

from sct.kernels.fused.shapes import LEAST, device_of, power, precision_of


class Launch(NamedTuple):
    """How the kernel is launched: rows, columns and depth of a tile, warps, stages."""

    rows: int = 64
    columns: int = 64
    depth: int = 32
    warps: int = 4
    stages: int = 3


class Squares(NamedTuple):
    """Where the rows of a product lie that are squares of a grid; each step is in numbers.

    Attributes:
        side: of the grid in squares.
        frame, down, across: steps from one frame, or one square, to the next.
        lines, line: how many lines one plane of a square has, and how many numbers lie in a line.
        plane_step, line_step: from one plane, or one line, of a square to the next.
    """

    side: int
    frame: int
    down: int
    across: int
    lines: int
    line: int
    plane_step: int
    line_step: int


@triton.jit
def _tile(X, start, row_there, k, K: tl.constexpr, LINES: tl.constexpr, LINE: tl.constexpr,
          PLANE_STEP: tl.constexpr, LINE_STEP: tl.constexpr):  # fmt: skip
    """Loads columns k of some rows, float32; outside are zeros."""
    at = k // (LINES * LINE) * PLANE_STEP + k // LINE % LINES * LINE_STEP + k % LINE
    there = row_there[:, None] & (k < K)[None, :]
    return tl.load(X + start[:, None] + at[None, :], mask=there, other=0.0).to(tl.float32), there


@triton.jit
def _linear(
    X, WEIGHT, BIAS, NORM, NORM_BIAS, RESIDUAL, TABLE, OUT, rows, eps,
    K: tl.constexpr, N: tl.constexpr, SIDE: tl.constexpr, FRAME: tl.constexpr, DOWN: tl.constexpr,
    ACROSS: tl.constexpr, LINES: tl.constexpr, LINE: tl.constexpr, PLANE_STEP: tl.constexpr,
    LINE_STEP: tl.constexpr, NORMED: tl.constexpr, GELU: tl.constexpr, ADDS: tl.constexpr,
    PLACES: tl.constexpr, BIASED: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
    BK: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    kind = WEIGHT.dtype.element_ty
    row = tl.program_id(0).to(tl.int64) * BM + tl.arange(0, BM)
    column, k = tl.program_id(1) * BN + tl.arange(0, BN), tl.arange(0, BK)
    row_there, column_there = row < rows, column < N
    down, across = row // SIDE % SIDE, row % SIDE
    start = row // (SIDE * SIDE) * FRAME + down * DOWN + across * ACROSS
    mean, scale = tl.zeros((BM,), tl.float32), tl.zeros((BM,), tl.float32)
    if NORMED:  # a row is longer than what fits, but the second and third reading find it near
        for first in range(0, K, BK):
            x, _ = _tile(X, start, row_there, first + k, K, LINES, LINE, PLANE_STEP, LINE_STEP)
            mean += tl.sum(x, 1)
        mean /= K
        for first in range(0, K, BK):
            x, there = _tile(X, start, row_there, first + k, K, LINES, LINE, PLANE_STEP, LINE_STEP)
            apart = tl.where(there, x - mean[:, None], 0.0)
            scale += tl.sum(apart * apart, 1)
        scale = tl.rsqrt(scale / K + eps)
    total = tl.zeros((BM, BN), tl.float32)
    for first in range(0, K, BK):
        now = first + k
        x, there = _tile(X, start, row_there, now, K, LINES, LINE, PLANE_STEP, LINE_STEP)
        if NORMED:
            weight = tl.load(NORM + now, mask=now < K, other=0.0)[None, :]
            bias = tl.load(NORM_BIAS + now, mask=now < K, other=0.0)[None, :]
            x = tl.where(there, (x - mean[:, None]) * scale[:, None] * weight + bias, 0.0)
        turn = WEIGHT + column[None, :] * K + now[:, None]
        w = tl.load(turn, mask=column_there[None, :] & (now < K)[:, None], other=0.0)
        total = tl.dot(x.to(kind), w, total, input_precision=PRECISION)
    if BIASED:
        total += tl.load(BIAS + column, mask=column_there, other=0.0).to(tl.float32)[None, :]
    if GELU:
        total = 0.5 * total * (1.0 + tl.erf(total * 0.7071067811865476))
    there = row_there[:, None] & column_there[None, :]
    if PLACES:  # positions inside a chunk of PLACES x PLACES tokens
        at = (down % PLACES * PLACES + across % PLACES)[:, None] * N + column[None, :]
        total += tl.load(TABLE + at, mask=there, other=0.0).to(tl.float32)
    at = row[:, None] * N + column[None, :]
    if ADDS:
        total += tl.load(RESIDUAL + at, mask=there, other=0.0).to(tl.float32)
    tl.store(OUT + at, total.to(OUT.dtype.element_ty), mask=there)


def linear(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    dtype: torch.dtype,
    *,
    squares: Squares | None = None,
    norm: nn.LayerNorm | None = None,
    gelu: bool = False,
    residual: Tensor | None = None,
    table: Tensor | None = None,
    launch: Launch | None = None,
) -> Tensor:
    """Computes gelu(norm(x) weight' + bias) + table + residual, of which all but one may be absent.

    Args:
        x: (row, in), or anything whose rows `squares` finds.
        weight: (out, in), in the type of the product.
        bias: (out,).
        dtype: of the result.
        squares: where rows lie that do not lie in a row.
        norm: of rows.
        gelu: whether the result of the product passes one.
        residual: (row, out).
        table: (side x side, out), positions of the squares in a chunk, the same in every chunk.
        launch: the default has not been tuned.

    Returns:
        (row, out).
    """
    launch, x, (wide, deep) = launch or Launch(), x.contiguous(), weight.shape
    squares = squares or Squares(1, deep, 0, 0, 1, deep, 0, 0)
    rows = x.numel() // squares.frame * squares.side**2
    out = x.new_empty(rows, wide, dtype=dtype)
    sizes: dict[str, Any] = {key.upper(): value for key, value in squares._asdict().items()}
    sizes |= {"NORMED": norm is not None, "GELU": gelu, "BIASED": bias is not None}
    places = 0 if table is None else math.isqrt(len(table))
    sizes |= {"ADDS": residual is not None, "PLACES": places}
    tile = min(launch.columns, power(wide, LEAST)), min(launch.depth, power(deep, LEAST))
    given = [bias, *((norm.weight, norm.bias) if norm else (None, None)), residual, table]
    given = [x if each is None else each.contiguous() for each in given]
    with device_of(x):
        _linear[(triton.cdiv(rows, launch.rows), triton.cdiv(wide, tile[0]))](
            x, weight.contiguous(), *given, out, rows, norm.eps if norm else 0.0, K=deep, N=wide,
            **sizes, BM=launch.rows, BN=tile[0], BK=tile[1], PRECISION=precision_of(weight),
            num_warps=launch.warps, num_stages=launch.stages,
        )  # fmt: skip
    return out


def patches(image: int, patch: int, channels: int = 3) -> Squares:
    """Returns where the patches of square pictures lie: (frame, channel, image, image)."""
    side, size = image // patch, image * image
    return Squares(side, channels * size, patch * image, patch, patch, patch, size, image)


def quads(grid: int, channels: int) -> Squares:
    """Returns where the squares of 2x2 tokens of square grids lie: (frame, grid, grid, channel)."""
    line = grid * channels
    return Squares(grid // 2, grid * line, 2 * line, 2 * channels, 2, 2 * channels, 0, line)
