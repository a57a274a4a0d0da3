"""Attention inside chunks as one kernel: plain, or shifted over the keys of two frames.

A program takes one head of one chunk. It reads queries, keys and values where the linear layer has
left them and writes where the next one reads, so that nothing is turned round in between.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from sct.kernels.copies import sent
from sct.kernels.fused.shapes import LEAST, LOG2_E, device_of, kept, power, precision_of, token_of

MOST_TOKENS = 64  # of a chunk


@triton.jit
def _places(
    chunk, head, ROWS: tl.constexpr, COLUMNS: tl.constexpr, R: tl.constexpr, W: tl.constexpr,
    SP: tl.constexpr, H: tl.constexpr, D: tl.constexpr, DP: tl.constexpr,
):  # fmt: skip
    """Returns which rows and numbers there are, and where those of queries and of results lie."""
    slot, channel = tl.arange(0, SP), tl.arange(0, DP)
    real = slot < R * W
    token = token_of(chunk, slot, ROWS, COLUMNS, R, W)[:, None]
    own = head * D + channel[None, :]
    there = real[:, None] & (channel < D)[None, :]
    return real, there, token * (3 * H * D) + own, token * (H * D) + own


@triton.jit
def _scores(q, k, real, scale, PRECISION: tl.constexpr):
    scores = tl.dot(q, tl.trans(k), input_precision=PRECISION) * scale
    return tl.where(real[None, :], scores, float("-inf"))


@triton.jit
def _share(scores, most):
    weights = tl.exp2(scores - most[:, None])
    return weights, tl.sum(weights, 1)


@triton.jit
def _attend(
    QKV, FRAME_OF, KEEP, OUT, frames, scale,
    SHIFTED: tl.constexpr, JOINT: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
    R: tl.constexpr, W: tl.constexpr, SP: tl.constexpr, H: tl.constexpr, D: tl.constexpr,
    DP: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    chunk, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    real, there, at, home = _places(chunk, head, ROWS, COLUMNS, R, W, SP, H, D, DP)
    q = tl.load(QKV + at, mask=there, other=0.0)
    k = tl.load(QKV + H * D + at, mask=there, other=0.0)
    v = tl.load(QKV + 2 * H * D + at, mask=there, other=0.0)
    scores = _scores(q, k, real, scale, PRECISION)
    most = tl.max(scores, 1)
    if SHIFTED:
        frame = chunk // (ROWS // R * (COLUMNS // W)) % frames
        back = tl.load(FRAME_OF + head * frames + frame) - frame
        at += back * (ROWS * COLUMNS * 3 * H * D)
        p = tl.load(QKV + H * D + at, mask=there, other=0.0)
        theirs = _scores(q, p, real, scale, PRECISION)
        top = tl.max(theirs, 1)
        if JOINT:
            most = tl.maximum(most, top)
            top = most
        own, total = _share(scores, most)
        past, count = _share(theirs, top)
        if JOINT:
            weights = (own + past) / (total + count)[:, None]
        else:
            weights = 0.5 * own / total[:, None] + 0.5 * past / count[:, None]
    else:
        own, total = _share(scores, most)
        weights = own / total[:, None]
    weights *= tl.load(KEEP + head)
    out = tl.dot(weights.to(v.dtype), v, input_precision=PRECISION)
    tl.store(OUT + home, out.to(OUT.dtype.element_ty), mask=there)


@triton.jit
def _limits(scores):
    most = tl.max(scores, 1)
    return most, tl.sum(tl.exp2(scores - most[:, None]), 1)


@triton.jit
def _back_pair(scores, toward, most, total, real):
    """Returns a map of which the softmax is known, and its product with the gradient."""
    weights = tl.where(real[:, None], tl.exp2(scores - most[:, None]) / total[:, None], 0.0)
    return weights, weights * toward


@triton.jit
def _attend_back(
    QKV, FRAME_OF, KEEP, GRAD, OUT, PAST, frames, scale, root,
    SHIFTED: tl.constexpr, JOINT: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
    R: tl.constexpr, W: tl.constexpr, SP: tl.constexpr, H: tl.constexpr, D: tl.constexpr,
    DP: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    chunk, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    real, there, at, home = _places(chunk, head, ROWS, COLUMNS, R, W, SP, H, D, DP)
    q = tl.load(QKV + at, mask=there, other=0.0)
    k = tl.load(QKV + H * D + at, mask=there, other=0.0)
    v = tl.load(QKV + 2 * H * D + at, mask=there, other=0.0)
    grad = tl.load(GRAD + home, mask=there, other=0.0).to(tl.float32) * tl.load(KEEP + head)
    toward = tl.dot(grad.to(v.dtype), tl.trans(v), input_precision=PRECISION)
    scores = _scores(q, k, real, scale, PRECISION)
    most, total = _limits(scores)
    if SHIFTED:
        frame = chunk // (ROWS // R * (COLUMNS // W)) % frames
        back = tl.load(FRAME_OF + head * frames + frame) - frame
        before = at + back * (ROWS * COLUMNS * 3 * H * D)
        p = tl.load(QKV + H * D + before, mask=there, other=0.0)
        theirs = _scores(q, p, real, scale, PRECISION)
        top, count = _limits(theirs)
        if JOINT:  # one softmax over both
            high = tl.maximum(most, top)
            total = total * tl.exp2(most - high) + count * tl.exp2(top - high)
            most, top, count = high, high, total
        else:  # the mean of two
            total, count = 2 * total, 2 * count
        own, own_part = _back_pair(scores, toward, most, total, real)
        past, past_part = _back_pair(theirs, toward, top, count, real)
        if JOINT:
            both = tl.sum(own_part, 1) + tl.sum(past_part, 1)
            d_own, d_past = own_part - own * both[:, None], past_part - past * both[:, None]
        else:  # weights of each add up to a half
            d_own = own_part - 2 * own * tl.sum(own_part, 1)[:, None]
            d_past = past_part - 2 * past * tl.sum(past_part, 1)[:, None]
        d_q = tl.dot(d_past.to(p.dtype), p, input_precision=PRECISION)
        d_p = tl.dot(tl.trans(d_past).to(q.dtype), q, input_precision=PRECISION) * root
        tl.store(PAST + home, d_p.to(PAST.dtype.element_ty), mask=there)
        weights = own + past
    else:
        own, part = _back_pair(scores, toward, most, total, real)
        d_own = part - own * tl.sum(part, 1)[:, None]
        d_q = tl.zeros((SP, DP), tl.float32)
        weights = own
    d_q = tl.dot(d_own.to(k.dtype), k, d_q, input_precision=PRECISION) * root
    d_k = tl.dot(tl.trans(d_own).to(q.dtype), q, input_precision=PRECISION) * root
    d_v = tl.dot(tl.trans(weights).to(v.dtype), grad.to(v.dtype), input_precision=PRECISION)
    tl.store(OUT + at, d_q.to(OUT.dtype.element_ty), mask=there)
    tl.store(OUT + H * D + at, d_k.to(OUT.dtype.element_ty), mask=there)
    tl.store(OUT + 2 * H * D + at, d_v.to(OUT.dtype.element_ty), mask=there)


def attend(
    qkv: Tensor,
    heads: int,
    chunk: tuple[int, int],
    off: tuple[int, ...] = (),
    frames_of: tuple[tuple[int, ...], ...] = (),
    joint: bool = False,
) -> Tensor:
    """Computes softmax(q k' / sqrt(channel)) v of each head in each chunk of a grid.

    Args:
        qkv: (..., rows, columns, 3 x head x channel); with `frames_of` (batch, frame, ...).
        heads: how many they are.
        chunk: its rows and columns, up to 64 tokens.
        off: heads whose output is zeroed.
        frames_of: `frames_of[head][t]` is the frame whose keys the queries of frame t look at
            besides their own; () is plain attention.
        joint: one softmax over both sets of keys, instead of the mean of two.

    Returns:
        (..., rows, columns, head x channel), in the type of qkv. It has gradients, which have
        none of their own.
    """
    return _Attention.apply(qkv, heads, chunk, off, frames_of, joint)


class _Attention(torch.autograd.Function):
    """Does `attend`; its gradients have none of their own."""

    @staticmethod
    def forward(ctx, qkv: Tensor, *how: Any) -> Tensor:
        qkv = qkv.contiguous()
        out = qkv.new_empty(*qkv.shape[:-1], qkv.shape[-1] // 3)
        first, shape, grid = _shape(qkv, *how)
        with device_of(qkv):
            _attend[grid](qkv, *first, out, *_numbers(shape, how)[:2], **shape)
        ctx.save_for_backward(qkv)
        ctx.how = how
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, ...]:
        (qkv,), how = ctx.saved_tensors, ctx.how
        first, shape, grid = _shape(qkv, *how)
        out = torch.empty_like(qkv)
        frames_of = how[3]
        past = torch.empty_like(grad, memory_format=torch.contiguous_format) if frames_of else out
        with device_of(qkv):
            _attend_back[grid](
                qkv, *first, grad.contiguous(), out, past, *_numbers(shape, how), **shape
            )
        if frames_of:
            heads, d = shape["H"], shape["D"]
            # What the queries of a frame ask of keys of an earlier one goes to those keys.
            keys = out.unflatten(-1, (3, heads, d))[..., 1, :, :]
            asked = past.unflatten(-1, (heads, d))
            keys += torch.einsum("hft,btrshd->bfrshd", _moves(frames_of, asked), asked)
        return out, *[None] * len(how)


def _shape(
    qkv: Tensor,
    heads: int,
    chunk: tuple[int, int],
    off: tuple[int, ...],
    frames_of: tuple[tuple[int, ...], ...],
    joint: bool,
) -> tuple[tuple[Tensor, Tensor], dict[str, Any], tuple[int, int]]:
    """Returns the table of frames and of heads, what a kernel is compiled for, and its programs."""
    *_, rows, columns, row = qkv.shape
    tokens, channels = chunk[0] * chunk[1], row // 3 // heads
    own = sent(frames_of, qkv.device) if frames_of else qkv
    shape = {"SHIFTED": bool(frames_of), "JOINT": joint, "ROWS": rows, "COLUMNS": columns}
    shape |= {"R": chunk[0], "W": chunk[1], "SP": power(tokens, LEAST), "H": heads, "D": channels}
    shape |= {"DP": power(channels, LEAST), "PRECISION": precision_of(qkv)}
    return (own, kept(heads, off, qkv)), shape, (qkv.numel() // row // tokens, heads)


def _numbers(shape: dict[str, Any], how: tuple[Any, ...]) -> tuple[int, float, float]:
    """Returns frames, and what products are multiplied with: to the power of two, and of e."""
    root = shape["D"] ** -0.5
    return len(how[3][0]) if how[3] else 1, root * LOG2_E, root


def _moves(frames_of: tuple[tuple[int, ...], ...], x: Tensor) -> Tensor:
    """Returns 1 where the queries of frame t look at keys of frame f, else 0: (head, f, t)."""
    own = sent(frames_of, x.device)
    count = torch.arange(own.shape[1], device=x.device)
    return (own[:, None] == count[:, None]).to(x.dtype)
