"""Image LSH attention: hash, sort by bucket, attend inside pieces (Reformer, Kitaev et al. 2020).

Queries and keys share one projection. A round hashes every token of a frame with a seeded random
rotation, sorts the tokens by (bucket, position), cuts the sorted row into pieces of `bucket_size`
and lets each piece attend to itself and to the piece before it (circular). Rounds are merged by
their logsumexp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from sct.attention import attend, drop_heads


@dataclass(frozen=True)
class Hashed:
    """What hashing decided; both (batch, frame, head, round, token), tokens in row-major order.

    `buckets` holds each token's bucket, `order` the tokens in sorted order.
    """

    buckets: Tensor
    order: Tensor


@lru_cache(maxsize=64)
def rotations(
    seed: int, stage: int, rounds: int, heads: int, channels: int, n_buckets: int
) -> Tensor:
    """Random rotations, standard normal: (head, channel, round, n_buckets / 2).

    Each round has a generator of its own, so that round r is the same however many rounds run.
    """
    made, half = [], (n_buckets + 1) // 2
    for round_ in range(rounds):
        generator = torch.Generator("cpu").manual_seed(seed * 1_000_003 + stage * 1009 + round_)
        made.append(torch.randn(heads, channels, half, device="cpu", generator=generator))
    return torch.stack(made, dim=2)


def hash_tokens(qk: Tensor, rotation: Tensor, n_buckets: int) -> Hashed:
    """Bucket of every token: argmax([xR; -xR]), and the stable order by (bucket, position).

    Args:
        qk: (batch, frame, token, head, channel).
        rotation: (head, channel, round, ceil(n_buckets / 2)).
        n_buckets: pieces of the frame; an odd number above 1 hashes into one bucket more.
    """
    with torch.no_grad(), torch.autocast(qk.device.type, enabled=False):
        rotated = torch.einsum("btnhd,hdrm->bthrnm", qk.detach().float(), rotation)
        if n_buckets > 1:
            rotated = torch.cat([rotated, -rotated], dim=-1)
        buckets = rotated.argmax(-1)
        return Hashed(buckets, buckets.argsort(dim=-1, stable=True))


class _Permute(torch.autograd.Function):
    """Rows of x in another order. The gradient is a gather too, not a scatter."""

    @staticmethod
    def forward(ctx, x: Tensor, index: Tensor, inverse: Tensor) -> Tensor:
        ctx.save_for_backward(inverse)
        ctx.repeats = len(index) // len(x)
        return x.index_select(0, index)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (inverse,) = ctx.saved_tensors
        grad = grad.contiguous().index_select(0, inverse)
        if ctx.repeats > 1:  # every round took a copy of each row
            grad = grad.view(ctx.repeats, -1, grad.shape[-1]).sum(0)
        return grad, None, None


def piece_attention(q: Tensor, v: Tensor, with_lse: bool) -> tuple[Tensor, Tensor | None]:
    """Attention of each piece to itself and to the piece before it.

    Args:
        q: shared query-keys in sorted order, (sequence, piece, token, channel). Keys are q / |q|.
        v: values, same shape and order.
        with_lse: also return the logsumexp of the scores, (sequence, piece, token).
    """
    k = F.normalize(q, dim=-1)
    if q.shape[1] > 1:
        k = torch.cat([k.roll(1, dims=1), k], dim=2)
        v = torch.cat([v.roll(1, dims=1), v], dim=2)
    if not with_lse:
        return attend(q, k, v), None
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    lse = scores.float().logsumexp(-1)
    return (scores - lse.to(scores.dtype)[..., None]).exp() @ v, lse


def lsh_attention(qkv: Tensor, rotation: Tensor, bucket_size: int) -> tuple[Tensor, Hashed]:
    """LSH attention over the tokens of each frame.

    Args:
        qkv: (batch, frame, token, head, 2 x channel): shared query-key, then value.
        rotation: see `hash_tokens`.
        bucket_size: tokens of a piece; must divide the number of tokens.

    Returns:
        (batch, frame, head, token, channel) and what hashing decided.
    """
    b, t, n, h, twice = qkv.shape
    d, rounds, pieces = twice // 2, rotation.shape[2], n // bucket_size
    hashed = hash_tokens(qkv[..., :d], rotation, pieces)
    # One indexed copy takes query-key and value of every round straight from the (token, head)
    # layout of the projection; rows are numbered ((frame * token) * head).
    count = partial(torch.arange, device=qkv.device)
    order = rearrange(hashed.order, "b t h r n -> r (b t) h n")
    source = (count(b * t)[:, None, None] * n + order) * h + count(h)[:, None]
    total = b * t * n * h
    home = (source.reshape(rounds, total) + count(rounds)[:, None] * total).flatten()
    inverse = torch.empty_like(home)
    inverse[home] = count(rounds * total)
    rows = _Permute.apply(qkv.reshape(total, twice), source.flatten(), inverse)
    rows = rows.view(rounds * b * t * h, pieces, bucket_size, twice)
    out, lse = piece_attention(rows[..., :d], rows[..., d:], with_lse=rounds > 1)
    out = _Permute.apply(out.reshape(rounds * total, d), inverse, home)
    out = out.view(rounds, b, t, n, h, d)
    if lse is None:
        out = out[0]
    else:
        lse = lse.reshape(-1)[inverse].view(rounds, b, t, n, h, 1)
        out = (out * lse.softmax(0).to(out.dtype)).sum(0)
    return out.transpose(2, 3), hashed


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
        self.qkv = nn.Linear(dim, 2 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def forward(
        self,
        x: Tensor,
        mode: str,
        rounds: int,
        bucket_size: int,
        seed: int,
        heads_off: Sequence[int] = (),
    ) -> tuple[Tensor, Tensor, Hashed | None]:
        """Args:
            x: (batch, frame, grid, grid, dim).
            mode: "lsh" or "full".

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
            rotation = rotations(seed, self.stage, rounds, self.heads, channels, g * g // size)
            out, hashed = lsh_attention(qkv, rotation.to(x.device), size)
        out = rearrange(drop_heads(out, heads_off), "b t h (i j) d -> b t i j (h d)", i=g)
        return x + self.proj(out), qkv[..., :channels], hashed
