"""All transformer blocks of a chunk in one kernel: its tokens are read once and written once.

Nothing but the tokens and the weights touches the GPU's memory: LayerNorm, attention, GELU and
residuals stay in registers, the residual stream in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from sct.kernels.fused import feed_forward
from sct.kernels.fused.chunk_attention import MOST_TOKENS
from sct.kernels.fused.feed_forward import MOST_CHANNELS, fed_forward, normalised
from sct.kernels.fused.shapes import (
    LEAST,
    LOG2_E,
    device_of,
    kept,
    parts,
    power,
    precision_of,
    token_of,
)


class Launch(NamedTuple):
    """How the kernel is launched: chunks and warps a program, hidden columns at a time, stages."""

    chunks: int = 1
    warps: int = 4
    hidden: int = 64
    stages: int = 2


class Packed(NamedTuple):
    """The weights of some blocks as the kernel reads them; see `pack`."""

    weights: tuple[Tensor, ...]
    sizes: dict[str, int]
    eps: float


@triton.jit
def _blocks(
    X, Y, QKV, PROJ, UP, DOWN, VECTORS, KEEP, count, scale, eps,
    L: tl.constexpr, GRID: tl.constexpr, SIDE: tl.constexpr, SP: tl.constexpr, G: tl.constexpr,
    C: tl.constexpr, A: tl.constexpr, B: tl.constexpr, H: tl.constexpr, DP: tl.constexpr,
    F: tl.constexpr, FB: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    kind = QKV.dtype.element_ty
    CP: tl.constexpr = A + B
    row = tl.arange(0, G * SP)
    own, slot = row // SP, row % SP
    chunk = tl.program_id(0).to(tl.int64) * G + own
    a, b, d = tl.arange(0, A), A + tl.arange(0, B), tl.arange(0, DP)
    here = ((slot < SIDE * SIDE) & (chunk < count))[:, None]
    in_a, in_b = here & (a < C)[None, :], here & (b < C)[None, :]
    token = token_of(chunk, slot, GRID, GRID, SIDE, SIDE)[:, None] * C
    xa = tl.load(X + token + a[None, :], mask=in_a, other=0.0).to(tl.float32)
    xb = tl.load(X + token + b[None, :], mask=in_b, other=0.0).to(tl.float32)
    sees = (own[:, None] == own[None, :]) & (slot < SIDE * SIDE)[None, :]
    for block in range(L):
        # Rows of CP: norm1's weight and bias and the bias of the projection; then `fed_forward`'s.
        vectors = VECTORS + block * (6 * CP + F)
        na, nb = normalised(xa, xb, vectors, a, b, eps, C, CP)
        na, nb = na.to(kind), nb.to(kind)
        xa += tl.load(vectors + 2 * CP + a)[None, :]
        xb += tl.load(vectors + 2 * CP + b)[None, :]
        for head in range(H):
            turn = QKV + (block * 3 * H + head) * CP * DP
            q = _turned(na, nb, turn, a, b, d, DP, PRECISION).to(kind)
            k = _turned(na, nb, turn + H * CP * DP, a, b, d, DP, PRECISION).to(kind)
            v = _turned(na, nb, turn + 2 * H * CP * DP, a, b, d, DP, PRECISION).to(kind)
            scores = tl.dot(q, tl.trans(k), input_precision=PRECISION) * scale
            scores = tl.where(sees, scores, float("-inf"))
            shares = tl.exp2(scores - tl.max(scores, 1)[:, None])
            part = tl.load(KEEP + head) / tl.sum(shares, 1)
            out = tl.dot(shares.to(kind), v, input_precision=PRECISION) * part[:, None]
            out, back = out.to(kind), PROJ + (block * H + head) * DP * CP + d[:, None] * CP
            xa = tl.dot(out, tl.load(back + a[None, :]), xa, input_precision=PRECISION)
            xb = tl.dot(out, tl.load(back + b[None, :]), xb, input_precision=PRECISION)
        up, down = UP + block * CP * F, DOWN + block * F * CP
        vectors += 3 * CP
        xa, xb = fed_forward(xa, xb, vectors, up, down, a, b, eps, C, CP, F, FB, PRECISION)
    tl.store(Y + token + a[None, :], xa.to(Y.dtype.element_ty), mask=in_a)
    tl.store(Y + token + b[None, :], xb.to(Y.dtype.element_ty), mask=in_b)


@triton.jit
def _turned(na, nb, turn, a, b, d, DP: tl.constexpr, PRECISION: tl.constexpr):
    """Returns tokens, whose columns a and b are na and nb, as a head's queries, keys or values."""
    first = tl.load(turn + a[:, None] * DP + d[None, :])
    rest = tl.load(turn + b[:, None] * DP + d[None, :])
    out = tl.dot(na, first, input_precision=PRECISION)
    return tl.dot(nb, rest, out, input_precision=PRECISION)


def fits(side: int, channels: int) -> bool:
    """Returns whether chunks of this side, in tokens, and so many channels are for this kernel."""
    return side * side <= MOST_TOKENS and channels <= MOST_CHANNELS


def pack(blocks: Sequence[Any], dtype: torch.dtype, launch: Launch | None = None) -> Packed:
    """Lays out the weights of blocks as the kernel reads them: head by head, padded with zeros.

    Args:
        blocks: `sct.model.attention.Block`s, one or more, of one shape.
        dtype: in which products are computed.
        launch: `hidden` is what rows of the feed-forward are padded to a multiple of.
    """
    some, step = blocks[0], (launch or Launch()).hidden
    width, heads = some.norm1.weight.numel(), some.attention.heads
    a, b = parts(width)
    channels, wide = width // heads, a + b
    count, deep, zeros = len(blocks), power(channels, LEAST), some.norm1.weight.new_zeros
    qkv, proj = zeros(count, 3, heads, wide, deep), zeros(count, heads, deep, wide)
    vectors = zeros(count, 3, wide, dtype=torch.float32)
    fed = [feed_forward.pack(block.norm2, block.mlp, dtype, step) for block in blocks]
    for i, block in enumerate(blocks):
        turn = block.attention.qkv.weight.detach().view(3, heads, channels, width)
        qkv[i, :, :, :width, :channels] = turn.transpose(-1, -2)
        back = block.attention.proj.weight.detach().view(width, heads, channels)
        proj[i, :, :channels, :width] = back.permute(1, 2, 0)
        own = block.norm1.weight, block.norm1.bias, block.attention.proj.bias
        vectors[i, :, :width] = torch.stack(own).detach()
    up, down, rest = (torch.stack(each) for each in zip(*fed, strict=True))
    vectors = torch.cat([vectors.flatten(1), rest], dim=1)
    weights = qkv.to(dtype), proj.to(dtype), up, down, vectors
    sizes = {"L": count, "C": width, "A": a, "B": b, "H": heads, "DP": deep, "F": up.shape[2]}
    return Packed(weights, sizes, some.norm1.eps)


def chunk_blocks(
    x: Tensor, side: int, packed: Packed, off: tuple[int, ...] = (), launch: Launch | None = None
) -> Tensor:
    """Runs the chunks of square grids through all blocks.

    Args:
        x: (..., grid, grid, channel).
        side: of a chunk in tokens, as `fits` says.
        packed: the weights of the blocks, packed for this launch.
        off: heads whose output is zeroed, in all blocks.
        launch: the default has not been tuned.

    Returns:
        shaped and typed as x.
    """
    launch, sizes, x = launch or Launch(), packed.sizes, x.contiguous()
    *_, grid, width = x.shape
    count, tokens, out = x.numel() // width // side**2, side * side, torch.empty_like(x)
    scale, keep = (width // sizes["H"]) ** -0.5 * LOG2_E, kept(sizes["H"], off, x)
    with device_of(x):
        _blocks[(triton.cdiv(count, launch.chunks),)](
            x, out, *packed.weights, keep, count, scale, packed.eps, GRID=grid, SIDE=side,
            SP=power(tokens, LEAST), G=launch.chunks, FB=launch.hidden, **sizes,
            PRECISION=precision_of(packed.weights[0]), num_warps=launch.warps,
            num_stages=launch.stages,
        )  # fmt: skip
    return out
