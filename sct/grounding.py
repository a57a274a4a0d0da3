"""Grounding: the auxiliary loss that teaches some heads of shifted MSA to follow motion.

On made clips the true motion is known. The "previous" map of a grounded head is drawn, by a
cross-entropy, to the token where the query's content was one frame before.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor

from sct.chunks import partition
from sct.trace import ShiftedTrace, Trace


def source_targets(sources: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Spread each token's source over its four neighbours inside the token's chunk.

    Args:
        sources: (batch, frame, grid, grid, 2), where each token's content was one frame before,
            as (row, column) in tokens.
        side: side of a chunk in tokens.

    Returns:
        targets (batch, frame, chunk, query, key), rows summing to 1, and the mask (batch, frame,
        chunk, query) of queries whose source lies inside their own chunk; the others have none.
    """
    grid = sources.shape[2]
    corner = torch.arange(grid, device=sources.device) // side * side
    corner = torch.stack(torch.meshgrid(corner, corner, indexing="ij"), dim=-1)
    local = partition(sources - corner, side)
    inside = ((local >= 0) & (local <= side - 1)).all(-1)
    line = torch.arange(side, device=sources.device, dtype=sources.dtype)
    row, column = ((1 - (local[..., i, None] - line).abs()).clamp(min=0) for i in (0, 1))
    targets = rearrange(row[..., :, None] * column[..., None, :], "... r c -> ... (r c)")
    return targets, inside


def stage_loss(seen: ShiftedTrace, sources: Tensor) -> Tensor:
    """Mean cross-entropy of one block's grounded heads; frames without a predecessor count not."""
    matched, heads = seen.matched, list(seen.grounded)
    targets, inside = source_targets(sources, matched.side)
    q, k = matched.q[:, 1:, :, heads].float(), matched.k[:, :-1, :, heads].float()
    logits = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    loss = -(targets[:, 1:, :, None] * logits.log_softmax(-1)).sum(-1)
    mask = inside[:, 1:, :, None].to(loss.dtype).expand_as(loss)
    return (loss * mask).sum() / mask.sum().clamp(min=1)


def grounding_loss(trace: Trace, token_sources: Callable[[int], Tensor]) -> Tensor:
    """Mean of `stage_loss` over all shifted MSA blocks that have grounded heads.

    Args:
        trace: of the forward pass, with its gradients; shifted MSA at offset 1 in chunk windows.
        token_sources: side of a grid -> sources on it, as `MotionBatch.token_sources`.

    Raises:
        ValueError: the model has no grounded heads.
    """
    losses = [
        stage_loss(block, token_sources(block.grid))
        for blocks in trace.shifted_seen.values()
        for block in blocks
        if block.grounded
    ]
    if not losses:
        raise ValueError("grounded_heads: this model has none, so there is nothing to ground")
    return torch.stack(losses).mean()
