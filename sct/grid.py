"""Geometry of token grids: the offset that an attention map shows, and windows laid out."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

HOWS = ("mean", "peak")


def offsets(weights: Tensor, side: int, how: str = "mean") -> Tensor:
    """Returns the place that a map shows minus the token's own.

    "mean" is the mean place, weighted by all of the map: it under-reads motion when some of the
    attention leaks to where nothing is. "peak" takes the token with the most weight, refined by the
    weighted mean of the 3 x 3 tokens about it that lie in the window.

    Args:
        weights: (..., query, key), 0 or more; rows need not sum to 1.
        side: side of the window in tokens.
        how: "mean" or "peak".

    Returns:
        (..., query, 2), (row, column) in tokens.

    Raises:
        ValueError: an unknown `how`.
    """
    if how not in HOWS:
        raise ValueError(f"how {how!r}: allowed: {', '.join(HOWS)}")
    line = torch.arange(side, device=weights.device)
    place = torch.stack(torch.meshgrid(line, line, indexing="ij"), dim=-1).flatten(0, 1)
    if how == "peak":
        near = (place[:, None] - place).abs().amax(-1) <= 1  # (key, key)
        weights = weights * near[weights.argmax(-1)]
    place = place.to(weights.dtype)
    return weights @ place / weights.sum(-1, keepdim=True) - place


def to_grid(values: Tensor, side: int) -> Tensor:
    """Lays (..., chunk, token, c) out on the frame: (..., row, column, c)."""
    across = round(values.shape[-3] ** 0.5)
    return rearrange(values, "... (i j) (r s) c -> ... (i r) (j s) c", i=across, r=side)


def row_blocks(tokens: int, most: int = 1 << 24) -> list[slice]:
    """Cuts the rows of a map of all pairs into blocks of at most `most` pairs, one row at least."""
    step = max(1, most // tokens)
    return [slice(first, min(first + step, tokens)) for first in range(0, tokens, step)]
