"""Attention rollout, the share of each patch of a frame in the clip's answer (figure 4).

A layer's output for a token is half the token itself, by the residual, and half what attention
brings, all heads alike: its matrix is (I + A) / 2 (Abnar and Zuidema, "Quantifying Attention Flow
in Transformers", 2020). The matrices of all layers, multiplied, say how much of each first patch is
in each last token. Here only one row of that product is wanted, that of the frame's embedding, so
the row is carried backwards through the layers and no matrix over all patches is ever made.

Within a frame this is exact in what it follows: up to the clip encoder no value ever leaves its
frame. Shifted MSA takes *keys* from the frame before, but both of its maps weigh the values of the
frame itself, so both count, in equal parts or as its one softmax shares them out. What rollout
leaves out, as always: feed-forward layers, what the values hold, and that heads weigh differently;
and what the strongest token adds to the mean, where `frame_embedding` has it.

Axes: frame, then (row, column) of the first grid, patches of `config.patch` pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sct.analysis.chunk_attention import chunk_maps
from sct.grid import to_grid
from sct.model.ablation import StageSettings
from sct.model.attention import Block
from sct.model.chunks import merge, partition
from sct.model.hashing import with_previous
from sct.model.sct import SCT, Stage
from sct.model.shifted import Matched, map_weights, shift_keys
from sct.model.trace import LSHTrace, Trace


@dataclass(frozen=True)
class Rollout:
    """The patch attention and frame attention of one clip.

    patches: float32 (frame, grid, grid), each frame's sum is 1.
    frames: float32 (frame,), sum 1: the CLS row of the last clip encoder layer, mean of heads,
        without what CLS gives itself; even where the clip encoder is replaced by a mean.
    cls: what CLS gives itself, 0 to 1; None without clip encoder.
    """

    patches: np.ndarray
    frames: np.ndarray
    cls: float | None

    @property
    def share(self) -> np.ndarray:
        """Gives each patch's share of the whole clip: float32 (frame, grid, grid), sum 1."""
        return self.frames[:, None, None] * self.patches

    @property
    def gain(self) -> np.ndarray:
        """Gives the same over an even share: 1 is as much as any patch, 2 twice that."""
        return self.share * self.share.size


@torch.inference_mode()
def rollout(model: SCT, trace: Trace, clip: int = 0) -> Rollout:
    """Computes attention rollout of a traced forward pass; see the top of this file.

    What an ablation switched off passes everything on unchanged; heads that are off do not count.

    Args:
        model: the model that was traced, its weights unchanged since; chunk attention is computed
            again from what the trace keeps, which takes about as long as a forward pass.
        trace: of `model(frames, ablation, trace=True)`.
        clip: which of the batch.

    Raises:
        ValueError: the trace is of a model of another shape.
        IndexError: no such clip.
    """
    config = model.config
    if trace.config != config:
        raise ValueError("rollout: the trace was made by a model of another shape")
    count, frames, grid = trace.entered[1].shape[:3]
    if not 0 <= clip < count:
        raise IndexError(f"clip {clip}: allowed: 0 to {count - 1}")
    settings = trace.ablation.resolve(config, grid * config.patch)
    last = trace.entered[config.stages].shape[2]
    row = trace.entered[1].new_full((frames, last, last), 1 / last**2, dtype=torch.float32)
    for stage, use in zip(reversed(model.stages), reversed(settings), strict=True):
        number = stage.number
        for seen in reversed(trace.shifted_seen.get(number, ())):
            row = _back(row, _through_shifted(row, seen.matched, use.shifted_heads_off, clip))
        if number < config.stages:  # a pooled token takes its four in equal parts
            row = row.repeat_interleave(2, 1).repeat_interleave(2, 2) / 4
        if number in trace.lsh_seen:
            row = _back(row, _through_lsh(row, trace.lsh_seen[number], use.lsh_heads_off, clip))
        if use.vilt:
            row = _through_vilt(row, stage, use, trace.entered[number][clip])
    seen_by_cls = trace.clip_seen[-1].row[clip].float().mean(0) if trace.clip_seen else None
    if seen_by_cls is None:
        share, cls = np.full(frames, 1 / frames, np.float32), None
    else:
        share = (seen_by_cls[1:] / seen_by_cls[1:].sum()).cpu().numpy()
        cls = float(seen_by_cls[0])
    return Rollout(row.cpu().numpy(), share, cls)


def _back(row: Tensor, through: Tensor | None) -> Tensor:
    """Carries the row before a layer with residual: row (I + A) / 2, `through` being row A."""
    return row if through is None else (row + through) / 2


def _heads_on(heads: int, off: Sequence[int]) -> list[int]:
    return [h for h in range(heads) if h not in off]


def _through_vilt(row: Tensor, stage: Stage, use: StageSettings, x: Tensor) -> Tensor:
    """Goes back through the ViLT blocks of a stage whose input was x (frame, g, g, channel)."""
    side, grid = stage.side, x.shape[1]
    off = use.vilt_heads_off
    entered = stage.vilt.steps(x[None].float(), off)
    maps = [
        _block_map(block, chunks, off) for block, chunks in zip(stage.vilt, entered, strict=False)
    ]
    flat = partition(row[None, ..., None], side).flatten(0, 2).transpose(1, 2)  # (chunk, 1, token)
    for each in reversed(maps):
        flat = _back(flat, None if each is None else flat @ each)
    parts = flat.transpose(1, 2).unflatten(0, (1, len(x), -1))
    return merge(parts, side, grid)[0, ..., 0]


def _block_map(block: Block, chunks: Tensor, off: Sequence[int]) -> Tensor | None:
    heads = _heads_on(block.attention.heads, off)
    return chunk_maps(block.attention, block.norm1(chunks))[:, heads].mean(1) if heads else None


def _through_shifted(row: Tensor, matched: Matched, off: Sequence[int], clip: int) -> Tensor | None:
    """Follows both maps, as both weigh values of the frame itself."""
    heads = _heads_on(matched.q.shape[3], off)
    if not heads:
        return None
    k = matched.k[clip : clip + 1]
    both = map_weights(matched.q[clip], shift_keys(k, matched.key_frames)[0], k[0], matched.merge)
    maps = both.sum(0) / (1 if matched.merge == "joint" else 2)
    maps = maps[:, :, heads].mean(2)  # (frame, chunk, query, key)
    flat = partition(row[None, ..., None], matched.side)[0].transpose(-1, -2)
    return to_grid((flat @ maps).transpose(-1, -2), matched.side)[..., 0]


def _through_lsh(row: Tensor, seen: LSHTrace, off: Sequence[int], clip: int) -> Tensor | None:
    heads = _heads_on(seen.heads, off)
    if not heads:
        return None
    found = []
    for frame, flat in enumerate(row.flatten(1)):
        each = [_carried(flat, seen, clip, frame, head) for head in heads]
        found.append(torch.stack(each).mean(0))
    return torch.stack(found).view_as(row)


def _carried(row: Tensor, seen: LSHTrace, clip: int, frame: int, head: int) -> Tensor:
    """Multiplies row (token,) by the attention (query, key) of one head, which is never whole."""
    q = seen.qk[clip, frame, :, head].float()
    k = F.normalize(q, dim=-1)
    q = q * q.shape[-1] ** -0.5
    if seen.hashed is None:  # full attention in its place
        return row @ (q @ k.T).softmax(-1)
    orders = seen.hashed.order[clip, frame, head].unflatten(-1, (-1, seen.bucket_size))
    maps, sums = [], torch.empty(len(orders), len(row), device=row.device)
    reached = []
    for number, order in enumerate(orders):  # (chunk, token)
        keys = with_previous(order, 0, 1)
        scores = q[order] @ k[keys].transpose(-1, -2)
        sums[number, order] = scores.logsumexp(-1)
        maps.append(scores.softmax(-1))
        reached.append(keys)
    shares = sums.softmax(0)  # of each round, for each token
    out = torch.zeros_like(row)
    for share, order, keys, each in zip(shares, orders, reached, maps, strict=True):
        given = (row * share)[order][:, None] @ each  # (chunk, 1, key)
        out.index_add_(0, keys.flatten(), given.flatten())
    return out
