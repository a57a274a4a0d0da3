"""Chunks of a token grid: partition, the way back, 2x2 pooling and positions inside a chunk."""

from __future__ import annotations

import math

import torch
from einops import rearrange
from torch import Tensor, nn

from sct.kernels import layers as kernels
from sct.kernels.linear import Linear
from sct.kernels.norm import LayerNorm


def partition(x: Tensor, side: int) -> Tensor:
    """Cuts a grid into square chunks.

    Args:
        x: (batch, frame, rows, columns, channel).
        side: side of a chunk in tokens; must divide rows and columns.

    Returns:
        (batch, frame, chunk, token, channel), chunks and tokens in row-major order.
    """
    return rearrange(x, "b t (i r) (j c) d -> b t (i j) (r c) d", r=side, c=side)


def merge(x: Tensor, side: int, rows: int) -> Tensor:
    """Undoes `partition`: (b, t, chunk, token, channel) -> (b, t, rows, columns, channel)."""
    return rearrange(x, "b t (i j) (r c) d -> b t (i r) (j c) d", r=side, i=rows // side)


class LinearPooling(nn.Module):
    """Makes one token of 2x2: (b, t, g, g, dim) -> (b, t, g/2, g/2, out)."""

    # reconstruction: the paper says "linear pooling"; concatenation as in Swin's patch merging.
    def __init__(self, dim: int, out: int):
        super().__init__()
        self.norm = LayerNorm(4 * dim)
        self.proj = Linear(4 * dim, out)

    def forward(self, x: Tensor) -> Tensor:
        x = rearrange(x, "b t (i r) (j c) d -> b t i j (r c d)", r=2, c=2)
        return self.proj(self.norm(x))


def sincos_positions(side: int, dim: int, scale: float = 0.5) -> Tensor:
    """Returns what the chunk positions start as: (side * side, dim), row-major tokens.

    The first two channels are plain ramps of x and y from -1 to 1, so that a displacement is a
    linear reading of attention-weighted positions; the others are 2-D sine and cosine pairs.
    """
    line = torch.linspace(-1, 1, side) if side > 1 else torch.zeros(1)
    y, x = torch.meshgrid(line, line, indexing="ij")
    y, x = y.reshape(-1, 1), x.reshape(-1, 1)
    waves = math.ceil((dim - 2) / 4)
    frequency = math.pi / 2 * 2.0 ** torch.linspace(0, math.log2(max(side, 2)), waves)
    table = [x, y] + [f(v * frequency) for v in (x, y) for f in (torch.sin, torch.cos)]
    return scale * torch.cat(table, dim=1)[:, :dim]


class ChunkPositions(nn.Module):
    """Learned positions inside a chunk, the same in every chunk: (side * side, dim)."""

    def __init__(self, side: int, dim: int):
        super().__init__()
        self.side = side
        table = torch.empty(side * side, dim)
        if not table.is_meta:  # else values come from a file; making them imports a compiler
            table = sincos_positions(side, dim)
        self.table = nn.Parameter(table)

    def forward(self, x: Tensor) -> Tensor:
        """Adds the positions to a grid (b, t, g, g, dim), tiled over its chunks."""
        tiles = x.shape[2] // self.side
        table = rearrange(self.table, "(r c) d -> r c d", r=self.side)
        return x + table.repeat(tiles, tiles, 1)


class Pooling(nn.Sequential):
    """Linear pooling and the positions of the new grid; the last stage has neither."""

    def forward(self, x: Tensor) -> Tensor:
        """Computes (b, t, g/2, g/2, out) from (b, t, g, g, dim)."""
        found = kernels.pool(x, self[0].norm, self[0].proj, self[1].table) if len(self) else x
        return super().forward(x) if found is None else found
