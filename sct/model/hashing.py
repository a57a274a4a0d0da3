"""Hashing of tokens into buckets by random rotations (Andoni et al. 2015), and their order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from sct.kernels.tiling import at_once, joined
from sct.model.attention import bfloat16


@dataclass(frozen=True)
class Hashed:
    """What hashing decided; both (batch, frame, head, round, token), tokens in row-major order.

    `buckets` holds each token's bucket, `order` the tokens in sorted order.
    """

    buckets: Tensor
    order: Tensor


@lru_cache(maxsize=64)
def rotations(
    seed: int,
    stage: int,
    rounds: int,
    heads: int,
    channels: int,
    n_buckets: int,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Random rotations, standard normal: (head, channel, round, n_buckets / 2).

    Each round has a generator of its own, so that round r is the same however many rounds run. They
    are drawn on the CPU, the same for all devices, and kept where they are used.
    """
    made, half = [], (n_buckets + 1) // 2
    for round_ in range(rounds):
        generator = torch.Generator("cpu").manual_seed(seed * 1_000_003 + stage * 1009 + round_)
        made.append(torch.randn(heads, channels, half, device="cpu", generator=generator))
    return torch.stack(made, dim=2).to(device)


def hash_tokens(qk: Tensor, rotation: Tensor, n_buckets: int) -> Hashed:
    """Bucket of every token: argmax([xR; -xR]), and the stable order by (bucket, position).

    Args:
        qk: (batch, frame, token, head, channel).
        rotation: (head, channel, round, ceil(n_buckets / 2)).
        n_buckets: pieces of the frame; an odd number above 1 hashes into one bucket more.
    """
    with torch.no_grad(), bfloat16(qk, False):
        b, t, n, h, _ = qk.shape
        rounds, half = rotation.shape[2:]
        if n_buckets == 1:
            buckets = torch.zeros(b, t, h, rounds, n, dtype=torch.int64, device=qk.device)
        else:
            # Tokens last: both the product and the reductions then run along memory.
            tokens = rearrange(qk.detach().float(), "b t n h d -> (b t h) d n")
            turn = rearrange(rotation, "h d r m -> h (r m) d").repeat(b * t, 1, 1)
            # The more tokens, the more buckets, too: some sequences at a time, or parts of one.
            some = at_once(tokens, b * t * h, 3 * n * rounds * half)
            wide = at_once(tokens, n, 3 * some * rounds * half)

            def hashed(r: Tensor, x: Tensor) -> Tensor:
                return _argmax_of_both_signs((r @ x).unflatten(1, (rounds, half)))

            pairs = zip(turn.split(some), tokens.split(some), strict=True)
            found = [joined([hashed(r, x) for x in xs.split(wide, -1)], -1) for r, xs in pairs]
            buckets = joined(found, 0).view(b, t, h, rounds, n)
        return Hashed(buckets, _order(buckets, 2 * half))


def _order(buckets: Tensor, count: int) -> Tensor:
    """The stable order of the last axis, for numbers below `count`."""
    if count <= 1 << 15:  # the fewer digits, the less to sort
        buckets = buckets.to(torch.int16)
        if buckets.device.type == "cpu":
            # Numbers of 16 bits NumPy sorts digit by digit, some twenty times as fast as PyTorch.
            return torch.from_numpy(np.argsort(buckets.numpy(), axis=-1, kind="stable"))
    return buckets.argsort(dim=-1, stable=True)


def _argmax_of_both_signs(x: Tensor, size: int = 16) -> Tensor:
    """argmax([x; -x]) over the last axis but one, the first of equals: (..., m, n) -> (..., n).

    By amax and amin, which a CPU does twenty times as fast as anything that gives an index. Of
    many rows, groups of `size` come first, and only the group that holds the answer is looked at
    closely.
    """
    m = x.shape[-2]
    if x.device.type != "cpu":
        (most, high), (least, low) = x.max(-2), x.min(-2)
        return torch.where(most >= -least, high, low + m)
    if m <= 4 * size or m % size:
        return _first_of_both(x, x)[0]
    x = x.unflatten(-2, (-1, size))  # (..., group, row, n)
    place, most = _first_of_both(x.amax(-2), x.amin(-2))
    negative, group = place >= m // size, place % (m // size)
    index = group[..., None, None, :].expand(*x.shape[:-3], 1, size, x.shape[-1])
    rows = x.gather(-3, index).squeeze(-3)
    rows = torch.where(negative.unsqueeze(-2), -rows, rows)
    return group * size + _first(rows >= most) + negative * m


def _first_of_both(high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
    """argmax([high; -low]) over the last axis but one, the first of equals, and the maximum."""
    most = torch.maximum(high.amax(-2, keepdim=True), -low.amin(-2, keepdim=True))
    return _first(high >= most, low <= -most), most


def _first(*where: Tensor) -> Tensor:
    """The first true row of (..., row, n) and others like it below it: int64 (..., n)."""
    count = sum(part.shape[-2] for part in where)
    kind = torch.uint8 if count < 256 else torch.int16  # the narrower, the faster
    rank = torch.arange(count, 0, -1, device=where[0].device).to(kind)[:, None]
    rows = rank.split([part.shape[-2] for part in where])
    best = [(part.to(kind) * r).amax(-2) for part, r in zip(where, rows, strict=True)]
    return (count - torch.stack(best).amax(0).long()).clamp_(max=count - 1)  # NaN is nowhere
