"""From attention maps to motion: where, beside a token, its map over another frame lies.

Axes: ..., query, key; both count the tokens of one square window in row-major order.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from sct.model.shifted import Matched

HOWS = ("mean", "peak")


def offsets(weights: Tensor, side: int, how: str = "mean") -> Tensor:
    """The place a map shows minus the token's own.

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


def previous_weights(matched: Matched, clips: slice, first: int) -> Tensor:
    """The maps over the previous frame, of all heads at once.

    Args:
        matched: queries and keys of a shifted MSA.
        clips: which of the batch.
        first: frames from this one on.

    Returns:
        float32 (clip, frame, chunk, head, query, key); where the model merges both maps in one
        softmax, a row sums to less than 1.
    """
    q, k = matched.q[clips, first:].detach().float(), matched.k[clips].detach().float()
    before = torch.stack(
        [k[:, frames[first:], :, h] for h, frames in enumerate(matched.key_frames)], dim=3
    )
    scores = q @ before.transpose(-1, -2) * q.shape[-1] ** -0.5
    if matched.merge == "joint":
        own = q @ k[:, first:].transpose(-1, -2) * q.shape[-1] ** -0.5
        return torch.cat([scores, own], dim=-1).softmax(-1)[..., : scores.shape[-1]]
    return scores.softmax(-1)


def to_grid(values: Tensor, side: int) -> Tensor:
    """Lay (..., chunk, token, c) out on the frame: (..., row, column, c)."""
    across = round(values.shape[-3] ** 0.5)
    return rearrange(
        values, "... (i j) (r s) c -> ... (i r) (j s) c", i=across, r=side
    )  # fmt: skip
