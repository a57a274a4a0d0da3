"""Hashes tokens into buckets by random rotations (Andoni et al. 2015), and orders them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from sct.kernels.precision import autocast
from sct.kernels.tiling import join, tile_size


class Hashed(NamedTuple):
    """The outcome of hashing; both (batch, frame, head, round, token), tokens in row-major order.

    Attributes:
        buckets: each token's bucket.
        order: the tokens in sorted order.
    """

    buckets: Tensor
    order: Tensor


def hash_tokens(qk: Tensor, rotation: Tensor, n_buckets: int) -> Hashed:
    """Gives every token the bucket argmax([xR; -xR]), and sorts stably by (bucket, position).

    `sct.model.hashing.reference_hash` is its definition.

    Args:
        qk: (batch, frame, token, head, channel).
        rotation: (head, channel, round, ceil(n_buckets / 2)).
        n_buckets: chunks of the sorted sequence; an odd number above 1 hashes into one bucket more.
    """
    with torch.no_grad(), autocast(qk, bfloat16=False):
        b, t, n, h, _ = qk.shape
        rounds, half = rotation.shape[2:]
        if n_buckets == 1:
            buckets = torch.zeros(b, t, h, rounds, n, dtype=torch.int64, device=qk.device)
        else:
            # Tokens last: both the product and the reductions then run along memory.
            tokens = rearrange(qk.detach().float(), "b t n h d -> (b t h) d n")
            turn = rearrange(rotation, "h d r m -> h (r m) d").repeat(b * t, 1, 1)
            # The more tokens, the more buckets, too: some sequences at a time, or parts of one.
            some = tile_size(tokens, b * t * h, 3 * n * rounds * half)
            wide = tile_size(tokens, n, 3 * some * rounds * half)

            def hashed(r: Tensor, x: Tensor) -> Tensor:
                return _argmax_of_both_signs((r @ x).unflatten(1, (rounds, half)))

            pairs = zip(turn.split(some), tokens.split(some), strict=True)
            found = [join([hashed(r, x) for x in xs.split(wide, -1)], -1) for r, xs in pairs]
            buckets = join(found, 0).view(b, t, h, rounds, n)
        return Hashed(buckets, _order(buckets, 2 * half))


def draw_normal(
    seeds: Sequence[int], shape: Sequence[int], dim: int, device: torch.device | str
) -> Tensor:
    """Draws standard normal numbers of this shape for each seed, stacked along a new axis `dim`."""

    def draw() -> Tensor:
        rngs = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        drawn = [torch.randn(shape, device="cpu", generator=rng) for rng in rngs]
        return torch.stack(drawn, dim).to(device)

    if not torch.compiler.is_exporting():
        return draw()
    with ThreadPoolExecutor(1) as other:  # what an export sees of another thread are constants
        return other.submit(draw).result()


def _order(buckets: Tensor, count: int) -> Tensor:
    """Returns the stable order of the last axis, for numbers below `count`."""
    if torch.compiler.is_exporting():  # ONNX has no stable sort; numbers that differ need none
        tokens = buckets.shape[-1]
        return (buckets * tokens + torch.arange(tokens, device=buckets.device)).argsort(dim=-1)
    if count <= 1 << 15:  # the fewer digits, the less to sort
        buckets = buckets.to(torch.int16)
        if buckets.device.type == "cpu":
            # Numbers of 16 bits NumPy sorts digit by digit, some twenty times as fast as PyTorch.
            return torch.from_numpy(np.argsort(buckets.numpy(), axis=-1, kind="stable"))
    return buckets.argsort(dim=-1, stable=True)


def _argmax_of_both_signs(x: Tensor, size: int = 16) -> Tensor:
    """Returns argmax([x; -x]) over the last axis but one, the first of equals.

    By amax and amin, which a CPU does twenty times as fast as anything that gives an index. Of
    many rows, groups of `size` come first, and only the group that holds the answer is looked at
    closely. (..., m, n) -> (..., n).
    """
    m = x.shape[-2]
    if x.device.type != "cpu" or torch.compiler.is_exporting():
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
    """Returns argmax([high; -low]) over the last axis but one, and the maximum."""
    most = torch.maximum(high.amax(-2, keepdim=True), -low.amin(-2, keepdim=True))
    return _first(high >= most, low <= -most), most


def _first(*where: Tensor) -> Tensor:
    """Returns the first true row of (..., row, n) and others like it below it: int64 (..., n)."""
    count = sum(part.shape[-2] for part in where)
    kind = torch.uint8 if count < 256 else torch.int16  # the narrower, the faster
    rank = torch.arange(count, 0, -1, device=where[0].device).to(kind)[:, None]
    rows = rank.split([part.shape[-2] for part in where])
    best = [(part.to(kind) * r).amax(-2) for part, r in zip(where, rows, strict=True)]
    return (count - torch.stack(best).amax(0).long()).clamp_(max=count - 1)  # NaN is nowhere
