"""LSH attention without large intermediates: sort, cut into chunks, attend, put back.

Tokens sorted by (bucket, position) are cut into chunks of `bucket_size`; each chunk attends to
itself and to the one before it (circular). `sct.model.lsh.reference_attention` is its definition.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from sct.kernels.choice import fused
from sct.kernels.hashing import Hashed, hash_tokens
from sct.kernels.tiling import join, tile_size, tiled


def _select(x: Tensor, index: Tensor) -> Tensor:
    """Picks rows of x (row, channel) by their number."""
    width, wide = x.shape[-1], 16 // x.element_size()
    if not (
        x.is_cuda and x.is_contiguous() and width % wide == 0 and x.storage_offset() % wide == 0
    ):
        return x.index_select(0, index)
    # There PyTorch sets a whole block of threads to each row, however short it is. So each thread
    # takes 16 bytes of its own, which are called a number here.
    numbers = x.view(torch.complex128)
    parts = torch.arange(width // wide, device=x.device)
    places = index[:, None] * (width // wide) + parts
    return numbers.flatten()[places].view(x.dtype)


class _Gather(torch.autograd.Function):
    """Picks rows of x by their number; the gradient is a gather too, not a scatter.

    `back` (repeats, rows of x) says where each row of x went; `spare` rows at the start of each of
    the `groups` of the result repeat those at its end.
    """

    @staticmethod
    def forward(ctx, x: Tensor, index: Tensor, back: Tensor, groups: int, spare: int) -> Tensor:
        ctx.save_for_backward(back)
        ctx.layout = groups, spare
        return _select(x, index)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (back,) = ctx.saved_tensors
        groups, spare = ctx.layout
        if spare:
            grad = grad.view(groups, -1, grad.shape[-1])
            ends = grad[:, -spare:] + grad[:, :spare]
            grad = torch.cat([grad[:, spare:-spare], ends], dim=1).flatten(0, 1)
        grad = grad.contiguous()
        total = _select(grad, back[0])
        for more in back[1:]:
            total += _select(grad, more)
        return total, None, None, None, None


def _views(rows: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Views sorted rows as queries, keys and values (sequence, chunk, token, channel).

    Args:
        rows: (sequence, spare + token, 3 x channel), [query, key, value]; where there is more than
            one chunk, a spare copy of the last one comes first.
    """
    d = rows.shape[-1] // 3
    spare = size if rows.shape[1] > size else 0
    q = rows[:, spare:, :d].unflatten(1, (-1, size))
    # Windows that overlap: each chunk of keys begins at the chunk before it.
    seen = rows[..., d:].unfold(1, size + spare, size).transpose(-1, -2)
    return q, seen[..., :d], seen[..., d:]


def _fused(q: Tensor) -> Callable[..., tuple[Tensor, Tensor]] | None:
    """Returns PyTorch's attention that tells its logsumexp too; None where there is none for q.

    It has no public name. Where it is missing, plain products give the same values.
    """
    if q.device.type == "cpu" and q.dtype == torch.float32:
        return getattr(torch.ops.aten, "_scaled_dot_product_flash_attention_for_cpu", None)
    found = getattr(torch.ops.aten, "_scaled_dot_product_efficient_attention", None)
    if found and q.is_cuda and q.shape[-1] * q.element_size() % 16 == 0:  # as it wants its rows
        return lambda q, k, v: found(q, k, v, None, True)[:2]
    return None


class _ChunkedAttention(torch.autograd.Function):
    """Lets each chunk of sorted rows attend to itself and to the chunk before it.

    Takes rows as `_views` does; returns (sequence, chunk, token, channel) and the logsumexp of the
    scores, (sequence, chunk, token) in float32, and has gradients for both.
    """

    @staticmethod
    def forward(ctx, rows: Tensor, size: int) -> tuple[Tensor, Tensor]:
        q, k, v = _views(rows, size)
        shares = None  # made again when they are needed, which takes less than to keep them
        if fused := _fused(q):
            out, lse = fused(q, k, v)
            lse = lse[..., :size]  # without its padding
        else:
            scores = (q @ k.transpose(-1, -2)).float().mul_(q.shape[-1] ** -0.5)
            lse = scores.logsumexp(-1)
            shares = scores.sub_(lse[..., None]).exp_().to(v.dtype)
            out = shares @ v
        ctx.save_for_backward(rows, lse, shares)
        ctx.size = size
        ctx.set_materialize_grads(False)
        return out, lse

    @staticmethod
    def backward(ctx, d_out: Tensor, d_lse: Tensor | None):
        rows, lse, p = ctx.saved_tensors
        size, d = ctx.size, rows.shape[-1] // 3
        q, k, v = _views(rows, size)
        q = q * d**-0.5
        if p is None:
            p = (q @ k.transpose(-1, -2)).sub_(lse[..., None]).exp_()
        p = p.to(d_out.dtype)  # autocast may have kept a softmax in float32
        d_s = torch._softmax_backward_data(d_out @ v.transpose(-1, -2), p, -1, p.dtype)
        if d_lse is not None:
            d_s.addcmul_(p, d_lse[..., None].to(p.dtype))
        spare = int(rows.shape[1] > size)
        d_rows = torch.empty_like(rows).unflatten(1, (-1, size))
        d_rows[:, :spare, :, :d] = 0
        d_rows[:, spare:, :, :d] = (d_s @ k).mul_(d**-0.5)
        keys_and_values = (d_s.transpose(-1, -2) @ q, p.transpose(-1, -2) @ d_out)
        for at, found in zip((d, 2 * d), keys_and_values, strict=True):
            into = d_rows[..., at : at + d]
            into[:, spare:] = found[:, :, -size:]  # from the chunk itself
            if spare:  # and from the one after it
                into[:, 0] = 0
                into[:, :-1] += found[:, :, :size]
        return d_rows.flatten(1, 2), None


def lsh_attention(
    qkv: Tensor, rotation: Tensor, bucket_size: int, hashed: Hashed | None = None
) -> tuple[Tensor, Hashed]:
    """Attends to the tokens of each frame that hash alike.

    Args:
        qkv: (batch, frame, token, head, 2 x channel): shared query-key, then value.
        rotation: see `hash_tokens`.
        bucket_size: tokens of a chunk; must divide the number of tokens.
        hashed: what hashing decided before, for all of them, in place of hashing now.

    Returns:
        (batch, frame, head, token, channel) and what hashing decided.
    """
    b, t, n, h, twice = qkv.shape
    if fused(qkv, learns=True):
        from sct.kernels.fused import lsh as kernels

        if kernels.fits(n, bucket_size):
            out, hashed = kernels.lsh_attention(qkv, rotation, bucket_size, hashed)
            return out.transpose(2, 3), hashed
    frames = qkv.flatten(0, 1)
    if hashed is not None:
        out = _attend_frames(frames, hashed.order.flatten(0, 1), bucket_size)
        return out.unflatten(0, (b, t)), hashed
    # A few frames at a time, of large frames one head.
    floats = rotation.shape[2] * n * twice * 2
    heads = tile_size(frames, h, floats)

    def attended(part: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        found = []
        for first in range(0, h, heads):
            some = part[:, :, first : first + heads]
            turn = rotation[first : first + heads]
            buckets, order = hash_tokens(some[None, ..., : twice // 2], turn, n // bucket_size)
            found.append((_attend_frames(some, order[0], bucket_size), buckets[0], order[0]))
        return join(found, 1)

    found = tiled(attended, frames, 0, floats * h, with_gradients=True)
    out, buckets, order = (each.unflatten(0, (b, t)) for each in found)
    return out, Hashed(buckets, order)


def _attend_frames(x: Tensor, order: Tensor, size: int) -> Tensor:
    """Does `lsh_attention` of frames (frame, token, head, 2 x channel) in a known order.

    Args:
        order: (frame, head, round, token), as in `Hashed`.
    """
    f, n, h, twice = x.shape
    d, rounds, chunks = twice // 2, order.shape[2], n // size
    count = partial(torch.arange, device=x.device)

    # Rows of the table are numbered (frame, token, head), sequences (frame, head, round).
    keys = F.normalize(x[..., :d].float(), dim=-1).to(x.dtype)
    table = torch.cat([x[..., :d], keys, x[..., d:]], dim=-1).flatten(0, 2)
    number = (count(f)[:, None, None, None] * n + order) * h + count(h)[:, None, None]
    spare = size if chunks > 1 else 0
    if spare:
        number = torch.cat([number[..., -spare:], number], dim=-1)
    place = torch.empty_like(order).scatter_(-1, order, count(n).expand_as(order))
    sequence = count(f * h * rounds).view(f, h, rounds, 1)
    back = rearrange(sequence * n + place, "f h r n -> r (f n h)")
    rows = _Gather.apply(table, number.flatten(), back, f * h * rounds, spare)
    out, lse = _ChunkedAttention.apply(rows.view(f * h * rounds, -1, 3 * d), size)

    # The fused kernel leaves its result with tokens before chunks: read it as it lies.
    out = out.transpose(1, 2).reshape(-1, d)
    lies = sequence * n + place % size * chunks + place // size
    lies = rearrange(lies, "f h r n -> r (f h n)")
    home = torch.empty_like(lies.flatten())
    home[lies.flatten()] = count(home.numel())
    out = _Gather.apply(out, lies.flatten(), home[None], 1, 0).view(rounds, f, h, n, d)
    if rounds == 1:
        return out[0]
    lse = lse.transpose(1, 2).reshape(-1)[lies].view(rounds, f, h, n, 1)
    return (out * lse.softmax(0).to(out.dtype)).sum(0)
