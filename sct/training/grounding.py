"""Grounding: the auxiliary loss that teaches some heads of shifted MSA to follow motion.

On synthetic clips the true motion is known. The "previous" map of a grounded head is drawn, by a
cross-entropy, to the token where the query's content was in the frame that the head looks at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor

from sct.model.chunks import partition
from sct.model.trace import ShiftedTrace, Trace

if TYPE_CHECKING:
    from sct.synthetic.batch import SyntheticBatch

STILL = 0.1  # weight of a token that stands still, beside 1 for one that moves by a token


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


def token_places(sources: Tensor) -> Tensor:
    """Return where each token is, (grid, grid, 2), for sources (..., grid, grid, 2)."""
    line = torch.arange(sources.shape[-2], device=sources.device, dtype=sources.dtype)
    return torch.stack(torch.meshgrid(line, line, indexing="ij"), dim=-1)


def stage_terms(seen: ShiftedTrace, truth: SyntheticBatch) -> tuple[Tensor, Tensor]:
    """Sum the weighted cross-entropies of one block's grounded heads, and the weights.

    A token weighs `STILL` and its true motion in tokens: most stand still or nearly, and the few
    that go far are the harder ones to find. Frames without a predecessor do not count, nor do
    tokens whose source was covered or outside of their window, or that show several layers at once.
    """
    looking: dict[tuple[int, ...], list[int]] = {}
    for head in seen.grounded:
        looking.setdefault(seen.matched.key_frames[head], []).append(head)
    terms = [_terms(seen, truth, before, heads) for before, heads in looking.items()]
    loss, weight = (torch.stack(each).sum() for each in zip(*terms, strict=True))
    return loss, weight


def _terms(
    seen: ShiftedTrace, truth: SyntheticBatch, before: tuple[int, ...], heads: list[int]
) -> tuple[Tensor, Tensor]:
    """Compute `stage_terms` of heads that look from frame t at frame before[t]."""
    matched = seen.matched
    back = max(t - before[t] for t in range(len(before))) or 1
    sources = truth.token_sources(seen.grid, back)
    targets, inside = source_targets(sources, matched.side)
    valid = partition(truth.token_valid(seen.grid, back)[..., None], matched.side)[..., 0]
    q, k = (
        matched.q[:, 1:, :, heads].float(),
        matched.k[:, list(before[1:])][:, :, :, heads].float(),
    )
    logits = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    loss = -(targets[:, 1:, :, None] * logits.log_softmax(-1)).sum(-1)
    far = partition((sources - token_places(sources)).norm(dim=-1, keepdim=True), matched.side)[
        ..., 0
    ]
    weight = ((STILL + far) * (inside & valid))[:, 1:, :, None].to(loss.dtype).expand_as(loss)
    return (loss * weight).sum(), weight.sum()


def grounding_terms(trace: Trace, truth: SyntheticBatch) -> list[tuple[Tensor, Tensor]]:
    """Compute `stage_terms` of all shifted MSA blocks that have grounded heads.

    Args:
        trace: of the forward pass, with its gradients; shifted MSA in chunk windows.
        truth: the clips' true motion.

    Raises:
        ValueError: the model has no grounded heads.
    """
    terms = [
        stage_terms(block, truth)
        for blocks in trace.shifted_seen.values()
        for block in blocks
        if block.grounded
    ]
    if not terms:
        raise ValueError("grounded_heads: this model has none, so there is nothing to ground")
    return terms


def grounding_loss(trace: Trace, truth: SyntheticBatch) -> Tensor:
    """Average the weighted means of all grounded blocks; see `grounding_terms`."""
    terms = grounding_terms(trace, truth)
    return torch.stack([total / count.clamp(min=1e-6) for total, count in terms]).mean()
