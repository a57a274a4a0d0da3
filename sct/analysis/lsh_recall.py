"""Measures how much of exact attention hashing recalls at what cost, for any number of rounds.

A round is a draw of its own (see `hashing.rotations`), so the rounds that a model did not hash
can be added to those it did, with the query-keys that it had.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from sct.grid import row_blocks
from sct.model.hashing import hash_tokens, rotations, within_reach
from sct.model.trace import LSHTrace


@dataclass(frozen=True)
class Recall:
    """Recall of one head in one frame, after 1, 2, ... rounds; both float64 (round,), 0 to 1.

    recall: share of exact attention's weight that falls on pairs which some round lets attend,
        mean over the patches.
    pairs: share of all pairs that some round lets attend: what would be kept of even attention.
    """

    recall: np.ndarray
    pairs: np.ndarray


@torch.inference_mode()
def recall_by_rounds(
    seen: LSHTrace, stage: int, seed: int, frame: int, head: int, rounds: int = 8
) -> Recall:
    """Measures recall after each of the first `rounds` rounds.

    Args:
        seen: of stage `stage` (from 1), hashed with `seed`.
        frame, head: from 0.

    Raises:
        IndexError: a frame or head out of range.
    """
    seen.exact(frame, head, slice(1))  # which raises
    n, size = seen.grid**2, seen.bucket_size
    x = seen.qk[seen.clip, frame, :, head].detach()[None, None, :, None]
    turned = rotations(seed, stage, rounds, seen.heads, x.shape[-1], n // size, x.device)
    orders = hash_tokens(x, turned[head : head + 1], n // size).order[0, 0, 0]
    return recall_of(partial(seen.exact, frame, head), orders, size)


def recall_of(
    exact: Callable[[slice], torch.Tensor], orders: Sequence[torch.Tensor], size: int
) -> Recall:
    """Measures recall after each of some rounds.

    Args:
        exact: returns the rows of exact attention of some tokens, (query, token). Large frames have
            more pairs than memory holds at once.
        orders: of each round (token,), the tokens as they were sorted.
        size: tokens of a chunk of the sorted row.
    """
    tokens = len(orders[0])
    recall, pairs = np.zeros(len(orders)), np.zeros(len(orders))
    for rows in row_blocks(tokens):
        weights = exact(rows)
        reached = torch.zeros_like(weights, dtype=torch.bool)
        for i, order in enumerate(orders):
            reached |= within_reach(order.to(weights.device), size, rows)
            recall[i] += float((weights * reached).sum(-1).double().sum())
            pairs[i] += int(reached.sum())
    # All of it is 1, as near as the weights themselves say.
    return Recall((recall / tokens).astype(np.float32).astype(float), pairs / tokens**2)


def turned_hash(
    projected: torch.Tensor, degrees: int, directions: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Hashes tokens by a draw that is turned within the plane of each pair of its directions.

    As the demo of lesson 3 does in the browser, in the same order and precision.

    Args:
        projected: (token, direction), xR of one head and round.
        degrees: by which it is turned; a draw that was turned is as random.
        directions: how many are used, the first ones; two buckets each.

    Returns:
        buckets and order, both int64 (token,); see `sct.model.hashing.Hashed`.
    """
    x, angle = projected.double(), math.radians(degrees)
    turned = x.clone()
    for m in range(0, x.shape[-1] - 1, 2):
        turned[:, m] = x[:, m] * math.cos(angle) - x[:, m + 1] * math.sin(angle)
        turned[:, m + 1] = x[:, m] * math.sin(angle) + x[:, m + 1] * math.cos(angle)
    used = turned[:, :directions]
    buckets = torch.cat([used, -used], dim=-1).argmax(-1)
    return buckets, buckets.argsort(stable=True)


@dataclass(frozen=True)
class Cost:
    """Multiply-adds of the attention of one frame, all heads.

    hashing: x times R. attending: QK' and AV. Projections, which are the same either way, and
    sorting, which multiplies nothing, are left out.
    """

    hashing: int
    attending: int

    @property
    def total(self) -> int:
        return self.hashing + self.attending


def full_cost(tokens: int, heads: int, channels: int) -> Cost:
    """Counts exact attention: every token attends to every token."""
    return Cost(0, 2 * heads * tokens * tokens * channels)


def lsh_cost(tokens: int, heads: int, channels: int, bucket_size: int, rounds: int) -> Cost:
    """Counts LSH attention with chunks of `bucket_size` tokens; a single chunk needs no hash.

    Raises:
        ValueError: the chunks do not divide the tokens.
    """
    chunks, rest = divmod(tokens, bucket_size)
    if rest:
        raise ValueError(f"bucket size {bucket_size}: must divide the {tokens} tokens")
    hashing = tokens * channels * ((chunks + 1) // 2) if chunks > 1 else 0
    attending = 2 * tokens * bucket_size * min(chunks, 2) * channels
    return Cost(rounds * heads * hashing, rounds * heads * attending)
