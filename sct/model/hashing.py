"""Hashing of tokens into buckets: seeded random rotations, buckets, and who may attend to whom."""

from __future__ import annotations

import torch
from torch import Tensor

from sct.kernels.copies import Tables
from sct.kernels.hashing import Hashed, draw_normal, hash_tokens

__all__ = ["Hashed", "hash_tokens", "reference_hash", "rotations", "with_previous", "within_reach"]


@Tables
def rotations(
    seed: int,
    stage: int,
    rounds: int,
    heads: int,
    channels: int,
    n_buckets: int,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Draws random rotations, standard normal: (head, channel, round, n_buckets / 2).

    Each round has a generator of its own, so that round r is the same however many rounds run. They
    are drawn on the CPU, the same for all devices, and cached where they are used.
    """
    seeds = [seed * 1_000_003 + stage * 1009 + round_ for round_ in range(rounds)]
    return draw_normal(seeds, (heads, channels, (n_buckets + 1) // 2), 2, device)


def reference_hash(qk: Tensor, rotation: Tensor, n_buckets: int) -> Hashed:
    """Defines what `hash_tokens` computes, one line a step, and slowly; arguments as there."""
    turned = torch.einsum("btnhd,hdrm->bthrnm", qk.float(), rotation)
    buckets = torch.cat([turned, -turned], dim=-1).argmax(-1)
    if n_buckets == 1:
        buckets = torch.zeros_like(buckets)
    return Hashed(buckets, buckets.argsort(dim=-1, stable=True))


def with_previous(chunks: Tensor, chunk: int, token: int) -> Tensor:
    """Puts the tokens of the previous chunk before those of each chunk, the last before the first.

    This is whom a chunk of the sorted sequence attends to: itself and the one before it. A single
    chunk has none before it.

    Args:
        chunks: any tensor with an axis of chunks and one of tokens.
        chunk, token: those axes.
    """
    if chunks.shape[chunk] == 1:
        return chunks
    return torch.cat([chunks.roll(1, dims=chunk), chunks], dim=token)


def within_reach(order: Tensor, bucket_size: int, rows: slice = slice(None)) -> Tensor:
    """Returns who may attend to whom: the same rule as `with_previous`, for all pairs.

    Args:
        order: (token,), the tokens as they were sorted; cut into chunks of `bucket_size`.
        rows: which queries, by their number in the frame.

    Returns:
        bool (query, key).
    """
    chunks = len(order) // bucket_size
    # As narrow as the numbers allow: this is over all pairs.
    place = torch.arange(len(order), device=order.device) // bucket_size
    chunk = torch.empty(len(order), dtype=torch.int32, device=order.device)
    chunk[order] = place.to(chunk.dtype)
    back = chunk[rows, None] - chunk
    return (back == 0) | (back == 1) | (back == 1 - chunks)
