"""LSH attention as three kernels: hash and sort by counting, attend and scatter, merge the rounds.

With so few buckets no sort is needed: a token's place among the sorted is how many tokens there
are in the buckets before its own, and how many of its own bucket come before it. Attention then
reads tokens where they lie, by their number, and writes them back to their own places.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from sct.kernels.fused.shapes import LEAST, LOG2_E, device_of, power, precision_of
from sct.kernels.hashing import Hashed

MOST_BUCKETS, MOST_SIZE = 256, 64  # of a round, and tokens of a chunk of the sorted sequence
_COUNTS = 4096  # tokens x buckets at a time
_MERGED = 64  # tokens at a time


@triton.jit
def _first_of(values, places, SP: tl.constexpr):
    """Returns the largest of each row, and the first place where it stands."""
    most = tl.max(values, 1)
    return most, tl.min(tl.where(values == most[:, None], places, SP), 1)


@triton.jit
def _hash_and_sort(
    QKV, TURN, BUCKETS, ORDER, tokens,
    R: tl.constexpr, H: tl.constexpr, D: tl.constexpr, DP: tl.constexpr, M: tl.constexpr,
    MP: tl.constexpr, K: tl.constexpr, N: tl.constexpr, ALIKE: tl.constexpr,
):  # fmt: skip
    frame, head, turn = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.program_id(2)
    n, d, m, b = tl.arange(0, N), tl.arange(0, DP), tl.arange(0, MP), tl.arange(0, K)
    rotation = tl.load(
        TURN + ((head * D + d[:, None]) * R + turn) * M + m[None, :],
        mask=(d < D)[:, None] & (m < M)[None, :], other=0.0,
    )  # fmt: skip
    sequence = ((frame * H + head) * R + turn) * tokens
    counts = tl.zeros((K,), tl.int32)
    for first in range(0, tokens, N):
        token = first + n
        real = token < tokens
        if ALIKE:
            bucket = tl.zeros((N,), tl.int32)
        else:
            at = ((frame * tokens + token) * H + head)[:, None] * 2 * D + d[None, :]
            x = tl.load(QKV + at, mask=real[:, None] & (d < D)[None, :], other=0.0).to(tl.float32)
            turned = tl.dot(x, rotation, input_precision="ieee")
            inside = (m < M)[None, :]
            high, up = _first_of(tl.where(inside, turned, float("-inf")), m[None, :], MP)
            low, down = _first_of(tl.where(inside, -turned, float("-inf")), m[None, :], MP)
            bucket = tl.minimum(tl.where(high >= low, up, down + M), 2 * M - 1)  # NaN is nowhere
        tl.store(BUCKETS + sequence + token, bucket, mask=real)
        counts += tl.sum(((bucket[:, None] == b[None, :]) & real[:, None]).to(tl.int32), 0)
    tl.debug_barrier()  # what one thread has written another reads below
    before = tl.cumsum(counts, 0) - counts
    for first in range(0, tokens, N):
        token = first + n
        real = token < tokens
        bucket = tl.load(BUCKETS + sequence + token, mask=real, other=0).to(tl.int32)
        own = ((bucket[:, None] == b[None, :]) & real[:, None]).to(tl.int32)
        rank = tl.cumsum(own, 0) - own + before[None, :]
        place = tl.sum(own * rank, 1)
        tl.store(ORDER + sequence + place, token, mask=real)
        before += tl.sum(own, 0)


@triton.jit
def _unit(x):
    """Returns rows of length 1, as keys are, and their lengths before; float32."""
    size = tl.maximum(tl.sqrt(tl.sum(x * x, 1)), 1e-12)
    return x / size[:, None], size


@triton.jit
def _place(chunks, R: tl.constexpr):
    """Returns frame, round and chunk of a program; neighbours share a frame, in the cache."""
    number = tl.program_id(0)
    return (number // (chunks * R)).to(tl.int64), number // chunks % R, number % chunks


@triton.jit
def _attend(
    QKV, ORDER, OUT, LSE, frames, tokens, scale,
    ALONE: tl.constexpr, KEEPS: tl.constexpr, R: tl.constexpr, H: tl.constexpr, D: tl.constexpr,
    DP: tl.constexpr, B: tl.constexpr, BP: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    slot, d, chunks, head = tl.arange(0, BP), tl.arange(0, DP), tokens // B, tl.program_id(1)
    frame, turn, chunk = _place(chunks, R)
    real = slot < B
    there = real[:, None] & (d < D)[None, :]
    order = ORDER + ((frame * H + head) * R + turn) * tokens
    own = tl.load(order + chunk * B + slot, mask=real, other=0)
    at = ((frame * tokens + own) * H + head)[:, None] * 2 * D + d[None, :]
    q = tl.load(QKV + at, mask=there, other=0.0)
    v = tl.load(QKV + at + D, mask=there, other=0.0)
    k, _ = _unit(q.to(tl.float32))
    scores = tl.dot(q, tl.trans(k.to(q.dtype)), input_precision=PRECISION) * scale
    scores = tl.where(real[None, :], scores, float("-inf"))
    most = tl.max(scores, 1)
    if ALONE:  # a single chunk has none before it
        shares = tl.exp2(scores - most[:, None])
        total = tl.sum(shares, 1)
        out = tl.dot(shares.to(v.dtype), v, input_precision=PRECISION)
    else:
        last = tl.where(chunk == 0, chunks, chunk) - 1
        other = tl.load(order + last * B + slot, mask=real, other=0)
        at = ((frame * tokens + other) * H + head)[:, None] * 2 * D + d[None, :]
        k, _ = _unit(tl.load(QKV + at, mask=there, other=0.0).to(tl.float32))
        u = tl.load(QKV + at + D, mask=there, other=0.0)
        past = tl.dot(q, tl.trans(k.to(q.dtype)), input_precision=PRECISION) * scale
        past = tl.where(real[None, :], past, float("-inf"))
        most = tl.maximum(most, tl.max(past, 1))
        shares, early = tl.exp2(scores - most[:, None]), tl.exp2(past - most[:, None])
        total = tl.sum(shares, 1) + tl.sum(early, 1)
        out = tl.dot(shares.to(v.dtype), v, input_precision=PRECISION)
        out = tl.dot(early.to(v.dtype), u, out, input_precision=PRECISION)
    out /= total[:, None]
    rows = ((turn * frames + frame) * tokens + own) * H + head
    if KEEPS:
        tl.store(LSE + rows, most + tl.log2(total), mask=real)
    tl.store(OUT + rows[:, None] * D + d[None, :], out.to(OUT.dtype.element_ty), mask=there)


@triton.jit
def _merge(
    OUTS, LSES, OUT, LSE, rows,
    KEEPS: tl.constexpr, R: tl.constexpr, D: tl.constexpr, DP: tl.constexpr, N: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * N + tl.arange(0, N)
    d = tl.arange(0, DP)
    real = row < rows
    there = real[:, None] & (d < D)[None, :]
    most = tl.full((N,), float("-inf"), tl.float32)
    for turn in range(R):
        lse = tl.load(LSES + turn * rows + row, mask=real, other=0.0)
        most = tl.maximum(most, lse)
    total = tl.zeros((N,), tl.float32)
    out = tl.zeros((N, DP), tl.float32)
    for turn in range(R):
        share = tl.exp2(tl.load(LSES + turn * rows + row, mask=real, other=0.0) - most)
        at = (turn * rows + row)[:, None] * D + d[None, :]
        out += share[:, None] * tl.load(OUTS + at, mask=there, other=0.0).to(tl.float32)
        total += share
    out /= total[:, None]
    if KEEPS:
        tl.store(LSE + row, most + tl.log2(total), mask=real)
    tl.store(OUT + row[:, None] * D + d[None, :], out.to(OUT.dtype.element_ty), mask=there)


@triton.jit
def _back_pair(q, k, v, grad, lse, delta, real, scale, PRECISION: tl.constexpr):
    """Returns the shares that queries give keys in all rounds, and the gradients of scores.

    With the logsumexp of all rounds both are those of one softmax over all that a query sees.
    """
    scores = tl.dot(q, tl.trans(k), input_precision=PRECISION) * scale
    shares = tl.where(real[:, None] & real[None, :], tl.exp2(scores - lse[:, None]), 0.0)
    toward = tl.dot(grad, tl.trans(v), input_precision=PRECISION)
    return shares, shares * (toward - delta[:, None])


@triton.jit
def _attend_back(
    QKV, ORDER, GRAD, LSE, DELTA, OUT, frames, tokens, scale, root,
    ALONE: tl.constexpr, R: tl.constexpr, H: tl.constexpr, D: tl.constexpr, DP: tl.constexpr,
    B: tl.constexpr, BP: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    slot, d, chunks, head = tl.arange(0, BP), tl.arange(0, DP), tokens // B, tl.program_id(1)
    frame, turn, chunk = _place(chunks, R)
    real = slot < B
    there = real[:, None] & (d < D)[None, :]
    order = ORDER + ((frame * H + head) * R + turn) * tokens
    own = (frame * tokens + tl.load(order + chunk * B + slot, mask=real, other=0)) * H + head
    at = own[:, None] * D + d[None, :]
    q = tl.load(QKV + at + own[:, None] * D, mask=there, other=0.0)
    v = tl.load(QKV + at + own[:, None] * D + D, mask=there, other=0.0)
    grad = tl.load(GRAD + at, mask=there, other=0.0)
    lse = tl.load(LSE + own, mask=real, other=0.0)
    delta = tl.load(DELTA + own, mask=real, other=0.0)
    unit, size = _unit(q.to(tl.float32))
    k = unit.to(q.dtype)
    shares, d_s = _back_pair(q, k, v, grad, lse, delta, real, scale, PRECISION)
    d_q = tl.dot(d_s.to(k.dtype), k, input_precision=PRECISION)
    d_k = tl.dot(tl.trans(d_s).to(q.dtype), q, input_precision=PRECISION)
    d_v = tl.dot(tl.trans(shares).to(grad.dtype), grad, input_precision=PRECISION)
    if not ALONE:
        last = tl.where(chunk == 0, chunks, chunk) - 1  # whom this chunk looks back at
        other = (frame * tokens + tl.load(order + last * B + slot, mask=real, other=0)) * H + head
        at = 2 * D * other[:, None] + d[None, :]
        past, _ = _unit(tl.load(QKV + at, mask=there, other=0.0).to(tl.float32))
        u = tl.load(QKV + at + D, mask=there, other=0.0)
        past = past.to(q.dtype)
        _, d_s = _back_pair(q, past, u, grad, lse, delta, real, scale, PRECISION)
        d_q = tl.dot(d_s.to(k.dtype), past, d_q, input_precision=PRECISION)
        after = tl.where(chunk == chunks - 1, -1, chunk) + 1  # and who looks back at it
        other = (frame * tokens + tl.load(order + after * B + slot, mask=real, other=0)) * H + head
        at = other[:, None] * D + d[None, :]
        p = tl.load(QKV + at + other[:, None] * D, mask=there, other=0.0)
        grad = tl.load(GRAD + at, mask=there, other=0.0)
        lse = tl.load(LSE + other, mask=real, other=0.0)
        delta = tl.load(DELTA + other, mask=real, other=0.0)
        shares, d_s = _back_pair(p, k, v, grad, lse, delta, real, scale, PRECISION)
        d_k = tl.dot(tl.trans(d_s).to(p.dtype), p, d_k, input_precision=PRECISION)
        d_v = tl.dot(tl.trans(shares).to(grad.dtype), grad, d_v, input_precision=PRECISION)
    # A key is its query, made as long as 1: of what would make it longer nothing comes back.
    along = tl.sum(unit * d_k, 1)[:, None] * unit
    d_q += (d_k - tl.where(size > 1e-12, 1.0, 0.0)[:, None] * along) / size[:, None]
    home = OUT + 2 * D * (turn * frames * tokens * H + own)[:, None] + d[None, :]
    tl.store(home, (d_q * root).to(OUT.dtype.element_ty), mask=there)
    tl.store(home + D, d_v.to(OUT.dtype.element_ty), mask=there)


def fits(tokens: int, bucket_size: int) -> bool:
    """Returns whether frames of so many tokens, in chunks of this size, are for these kernels."""
    buckets = tokens // bucket_size
    return bucket_size <= MOST_SIZE and buckets + buckets % 2 <= MOST_BUCKETS


def hash_and_sort(qkv: Tensor, rotation: Tensor, bucket_size: int) -> Hashed:
    """Hashes tokens and sorts them by (bucket, position), as `sct.kernels.hashing.hash_tokens`.

    Args:
        qkv: (batch, frame, token, head, 2 x channel): shared query-key, then value.
        rotation: float32 (head, channel, round, ceil(buckets / 2)).
        bucket_size: tokens of a chunk; must divide the number of tokens.

    Returns:
        buckets and order, int64 (batch, frame, head, round, token).
    """
    qkv = qkv.contiguous()
    b, t, n, h, twice = qkv.shape
    d, rounds, half = twice // 2, *rotation.shape[2:]
    buckets = torch.empty(b, t, h, rounds, n, dtype=torch.int64, device=qkv.device)
    order, many = torch.empty_like(buckets), power(2 * half, LEAST)
    with device_of(qkv):
        _hash_and_sort[(b * t, h, rounds)](
            qkv, rotation.contiguous(), buckets, order, n, R=rounds, H=h, D=d,
            DP=power(d, LEAST), M=half, MP=power(half, LEAST), K=many, N=_COUNTS // many,
            ALIKE=n == bucket_size,
        )  # fmt: skip
    return Hashed(buckets, order)


def lsh_attention(
    qkv: Tensor, rotation: Tensor, bucket_size: int, hashed: Hashed | None = None
) -> tuple[Tensor, Hashed]:
    """Attends to the tokens of each frame that hash alike, as `sct.kernels.lsh.lsh_attention`.

    Args:
        qkv, rotation, bucket_size: as for `hash_and_sort`.
        hashed: what hashing decided before, in place of hashing now.

    Returns:
        (batch, frame, token, head, channel) in the type of qkv, and what hashing decided. It has
        gradients, which have none of their own.
    """
    if hashed is None:
        hashed = hash_and_sort(qkv.detach(), rotation, bucket_size)
    return _Attention.apply(qkv, hashed.order.contiguous(), bucket_size), hashed


class _Attention(torch.autograd.Function):
    """Lets tokens attend in an order that is known."""

    @staticmethod
    def forward(ctx, qkv: Tensor, order: Tensor, size: int) -> Tensor:
        qkv = qkv.contiguous()
        learns = ctx.needs_input_grad[0]
        (b, t, n, h, _), rounds = qkv.shape, order.shape[3]
        shape = _shape(qkv, order, size)
        outs = qkv.new_empty(rounds, b, t, n, h, shape["D"])
        lses = qkv.new_empty(outs.shape[:-1], dtype=torch.float32)
        with device_of(qkv):
            _attend[_programs(qkv, order, size)](
                qkv, order, outs, lses, b * t, n, shape["D"] ** -0.5 * LOG2_E,
                KEEPS=learns or rounds > 1, **shape,
            )  # fmt: skip
            out, lse = outs[0], lses[0]
            if rounds > 1:
                out, lse, rows = torch.empty_like(out), torch.empty_like(lse), lse.numel()
                _merge[(triton.cdiv(rows, _MERGED),)](
                    outs, lses, out, lse, rows, KEEPS=learns, R=rounds, D=shape["D"],
                    DP=shape["DP"], N=_MERGED,
                )  # fmt: skip
        if learns:
            ctx.save_for_backward(qkv, order, out, lse)
            ctx.size = size
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None, None]:
        qkv, order, out, lse = ctx.saved_tensors
        grad, shape = grad.contiguous(), _shape(qkv, order, ctx.size)
        delta = (grad.float() * out.float()).sum(-1)
        found = qkv.new_empty(shape["R"], *qkv.shape)
        root = shape["D"] ** -0.5
        with device_of(qkv):
            _attend_back[_programs(qkv, order, ctx.size)](
                qkv, order, grad, lse, delta, found, qkv.shape[0] * qkv.shape[1], qkv.shape[2],
                root * LOG2_E, root, **shape,
            )  # fmt: skip
        return found.sum(0), None, None


def _shape(qkv: Tensor, order: Tensor, size: int) -> dict[str, Any]:
    """Returns what the kernels of attention are compiled for."""
    *_, n, h, twice = qkv.shape
    d = twice // 2
    shape = {"R": order.shape[3], "H": h, "D": d, "DP": power(d, LEAST), "ALONE": n == size}
    return {**shape, "B": size, "BP": power(size, LEAST), "PRECISION": precision_of(qkv)}


def _programs(qkv: Tensor, order: Tensor, size: int) -> tuple[int, int]:
    return qkv.shape[0] * qkv.shape[1] * order.shape[3] * (qkv.shape[2] // size), qkv.shape[3]
