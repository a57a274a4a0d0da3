"""Computes the queries, keys and values of a ViLT block again from a trace.

A trace keeps what each stage was given, and chunk attention needs no more than that and the weights
of its blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from sct.model.attention import SelfAttention
from sct.model.sct import SCT
from sct.model.trace import Trace


@dataclass(frozen=True)
class ChunkQKV:
    """Queries, keys and values of one ViLT block: float32 (frame, chunk, head, token, channel).

    `grid` is the side of the token grid, `side` that of a chunk in tokens.
    """

    q: Tensor
    k: Tensor
    v: Tensor
    grid: int
    side: int

    def scores(self) -> Tensor:
        """Computes q k' / sqrt(channel): (frame, chunk, head, query, key)."""
        return self.q @ self.k.transpose(-1, -2) * self.q.shape[-1] ** -0.5


@torch.inference_mode()
def chunk_qkv(
    model: SCT, trace: Trace, stage: int, block: int = 0, frames: slice = slice(None), clip: int = 0
) -> ChunkQKV:
    """Computes again what a ViLT block of a traced pass compared and averaged.

    Args:
        model: the model that was traced, its weights unchanged since.
        stage: from 1. block: from 0.
        frames: which of the frames; each is computed alone.
        clip: which of the batch.

    Raises:
        LookupError: the block does not exist, or the pass left it out.
    """
    if not 1 <= stage <= model.config.stages:
        raise LookupError(f"stage {stage}: this model has stages 1 to {model.config.stages}")
    own, x = model.stages[stage - 1], trace.entered[stage][clip, frames].float()
    use = trace.ablation.resolve(model.config, x.shape[1] * model.config.patch * 2 ** (stage - 1))
    if not use[stage - 1].vilt or not 0 <= block < len(own.vilt):
        raise LookupError(f"stage {stage} has no chunk attention {block} in this pass")
    chunks = next(islice(own.vilt.steps(x[None], use[stage - 1].vilt_heads_off), block, None))
    found = own.vilt[block]
    q, k, v = found.attention.split(found.attention.qkv(found.norm1(chunks)))
    return ChunkQKV(*(part.unflatten(0, (len(x), -1)) for part in (q, k, v)), x.shape[1], own.side)


def chunk_maps(attention: SelfAttention, x: Tensor) -> Tensor:
    """Returns what an attention weighs the values by; x is (sequence, token, dim).

    Float32 (sequence, head, query, key); rows sum to 1.
    """
    q, k, _ = attention.split(attention.qkv(x))
    return (q.float() @ k.float().transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
