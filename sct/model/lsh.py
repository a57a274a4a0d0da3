"""Image LSH attention: hash, sort by bucket, attend inside pieces (Reformer, Kitaev et al. 2020).

Queries and keys share one projection. A round hashes every token of a frame with a seeded random
rotation, sorts the tokens by (bucket, position), cuts the sorted row into pieces of `bucket_size`
and lets each piece attend to itself and to the piece before it (circular). Rounds are merged by
their logsumexp.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from sct.kernels.linear import Linear
from sct.kernels.tiling import at_once, in_pieces, joined
from sct.model.attention import added, attend, drop_heads
from sct.model.hashing import Hashed, hash_tokens, rotations


def _select(x: Tensor, index: Tensor) -> Tensor:
    """Rows of x by number: (row, channel)."""
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
    """Rows of x by number. The gradient is a gather too, not a scatter.

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
    """Queries, keys and values (sequence, piece, token, channel) of sorted rows, without a copy.

    Args:
        rows: (sequence, spare + token, 3 x channel), [query, key, value]; where there is more than
            one piece, a spare copy of the last one comes first.
    """
    d = rows.shape[-1] // 3
    spare = size if rows.shape[1] > size else 0
    q = rows[:, spare:, :d].unflatten(1, (-1, size))
    # Windows that overlap: each piece of keys begins at the piece before it.
    seen = rows[..., d:].unfold(1, size + spare, size).transpose(-1, -2)
    return q, seen[..., :d], seen[..., d:]


class _PieceAttention(torch.autograd.Function):
    """Each piece of sorted rows attends to itself and to the piece before it.

    Takes rows as `_views` does; gives (sequence, piece, token, channel) and the logsumexp of the
    scores, (sequence, piece, token) in float32, and has gradients for both.
    """

    @staticmethod
    def forward(ctx, rows: Tensor, size: int) -> tuple[Tensor, Tensor]:
        q, k, v = _views(rows, size)
        shares = None  # made again when they are needed, which takes less than to keep them
        if rows.device.type == "cpu" and rows.dtype == torch.float32:
            out, lse = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v)
        elif rows.is_cuda and q.shape[-1] * rows.element_size() % 16 == 0:  # as it wants its rows
            fused = torch.ops.aten._scaled_dot_product_efficient_attention
            out, lse, *_ = fused(q, k, v, None, True)
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
            into[:, spare:] = found[:, :, -size:]  # from the piece itself
            if spare:  # and from the one after it
                into[:, 0] = 0
                into[:, :-1] += found[:, :, :size]
        return d_rows.flatten(1, 2), None


def lsh_attention(
    qkv: Tensor, rotation: Tensor, bucket_size: int, held: Hashed | None = None
) -> tuple[Tensor, Hashed]:
    """LSH attention over the tokens of each frame.

    Args:
        qkv: (batch, frame, token, head, 2 x channel): shared query-key, then value.
        rotation: see `hash_tokens`.
        bucket_size: tokens of a piece; must divide the number of tokens.
        held: what hashing decided before, for all of them, in place of hashing now.

    Returns:
        (batch, frame, head, token, channel) and what hashing decided.
    """
    b, t, n, h, twice = qkv.shape
    frames = qkv.flatten(0, 1)
    if held is not None:
        out = _attend_frames(frames, held.order.flatten(0, 1), bucket_size)
        return out.unflatten(0, (b, t)), held
    # A few frames at a time, of large frames one head.
    one = rotation.shape[2] * n * twice * 2
    heads = at_once(frames, h, one)
    places = [slice(i, i + heads) for i in range(0, h, heads)]

    def attended(part: Tensor) -> list[Tensor]:
        found = []
        for at in places:
            some = part[:, :, at]
            qk = some[None, ..., : twice // 2]
            hashed = hash_tokens(qk, rotation[at], n // bucket_size)
            buckets, order = hashed.buckets[0], hashed.order[0]
            found.append((_attend_frames(some, order, bucket_size), buckets, order))
        return [joined(each, 1) for each in zip(*found, strict=True)]

    parts = in_pieces(attended, frames, one * h)
    out, buckets, order = (joined(e, 0).unflatten(0, (b, t)) for e in zip(*parts, strict=True))
    return out, Hashed(buckets, order)


def _attend_frames(x: Tensor, order: Tensor, size: int) -> Tensor:
    """`lsh_attention` of frames (frame, token, head, 2 x channel) in an order that is known.

    Args:
        order: (frame, head, round, token), as in `Hashed`.
    """
    f, n, h, twice = x.shape
    d, rounds, pieces = twice // 2, order.shape[2], n // size
    count = partial(torch.arange, device=x.device)

    # Rows of the table are numbered (frame, token, head), sequences (frame, head, round).
    keys = F.normalize(x[..., :d].float(), dim=-1).to(x.dtype)
    table = torch.cat([x[..., :d], keys, x[..., d:]], dim=-1).flatten(0, 2)
    number = (count(f)[:, None, None, None] * n + order) * h + count(h)[:, None, None]
    spare = size if pieces > 1 else 0
    if spare:
        number = torch.cat([number[..., -spare:], number], dim=-1)
    place = torch.empty_like(order).scatter_(-1, order, count(n).expand_as(order))
    sequence = count(f * h * rounds).view(f, h, rounds, 1)
    back = rearrange(sequence * n + place, "f h r n -> r (f n h)")
    rows = _Gather.apply(table, number.flatten(), back, f * h * rounds, spare)
    out, lse = _PieceAttention.apply(rows.view(f * h * rounds, -1, 3 * d), size)

    # The fused kernel leaves its result with tokens before pieces: read it as it lies.
    out = out.transpose(1, 2).reshape(-1, d)
    lies = sequence * n + place % size * pieces + place // size
    lies = rearrange(lies, "f h r n -> r (f h n)")
    home = torch.empty_like(lies.flatten())
    home[lies.flatten()] = count(home.numel())
    out = _Gather.apply(out, lies.flatten(), home[None], 1, 0).view(rounds, f, h, n, d)
    if rounds == 1:
        return out[0]
    lse = lse.transpose(1, 2).reshape(-1)[lies].view(rounds, f, h, n, 1)
    return (out * lse.softmax(0).to(out.dtype)).sum(0)


def reference_attention(qkv: Tensor, rotation: Tensor, bucket_size: int) -> Tensor:
    """What `lsh_attention` computes, one line a step: its definition, and slow.

    Arguments and result as there, without what hashing decided.
    """
    d, rounds = qkv.shape[-1] // 2, rotation.shape[2]
    hashed = hash_tokens(qkv[..., :d], rotation, qkv.shape[2] // bucket_size)
    qk, v = rearrange(qkv, "b t n h (two d) -> two b t h n d", two=2)
    outs, lses = [], []
    for r in range(rounds):
        order = hashed.order[:, :, :, r, :, None]
        q, vs = (x.gather(3, order.expand_as(x)).unflatten(3, (-1, bucket_size)) for x in (qk, v))
        k = F.normalize(q, dim=-1)
        if k.shape[3] > 1:  # the piece before, then the piece itself
            k, vs = (torch.cat([x.roll(1, dims=3), x], dim=4) for x in (k, vs))
        scores = q @ k.transpose(-1, -2) * d**-0.5
        out, lse = (scores.softmax(-1) @ vs).flatten(3, 4), scores.logsumexp(-1).flatten(3, 4)
        back = order.argsort(dim=3)
        outs.append(out.gather(3, back.expand_as(out)))
        lses.append(lse[..., None].gather(3, back))
    shares = torch.stack(lses).softmax(0)
    return (shares * torch.stack(outs)).sum(0)


def full_attention(qkv: Tensor) -> Tensor:
    """What LSH attention approximates: every token of a frame attends to every token.

    (batch, frame, token, head, 2 x channel) -> (batch, frame, head, token, channel).
    """
    q, v = rearrange(qkv, "b t n h (two d) -> two (b t) h n d", two=2)
    out = attend(q, F.normalize(q, dim=-1), v)
    return out.unflatten(0, qkv.shape[:2])


class LSHAttention(nn.Module):
    """The image LSH attention sub-layer: pre-norm, residual, no feed-forward."""

    # reconstruction: the paper draws "image LSH attention" without its inside; option: none.
    def __init__(self, dim: int, heads: int, stage: int):
        super().__init__()
        self.heads, self.stage = heads, stage
        self.norm = nn.LayerNorm(dim)
        self.qkv = Linear(dim, 2 * dim, bias=False)
        self.proj = Linear(dim, dim)

    def forward(
        self,
        x: Tensor,
        mode: str,
        rounds: int,
        bucket_size: int,
        seed: int,
        heads_off: Sequence[int] = (),
        held: Hashed | None = None,
    ) -> tuple[Tensor, Tensor, Hashed | None]:
        """Args:
            x: (batch, frame, grid, grid, dim).
            mode: "lsh" or "full".
            held: see `lsh_attention`.

        Returns:
            the new x, the query-keys (batch, frame, token, head, channel) and what hashing
            decided (None in mode "full").
        """
        b, t, g, _, _ = x.shape
        qkv = self.qkv(self.norm(x)).view(b, t, g * g, self.heads, -1)
        channels, size = qkv.shape[-1] // 2, min(bucket_size, g * g)
        hashed = None
        if mode == "full":
            out = full_attention(qkv)
        else:
            shape = rounds, self.heads, channels, g * g // size
            rotation = rotations(seed, self.stage, *shape, x.device)
            out, hashed = lsh_attention(qkv, rotation, size, held)
        out = rearrange(drop_heads(out, heads_off), "b t h (i j) d -> b t i j (h d)", i=g)
        return added(x, self.proj(out)), qkv[..., :channels], hashed
