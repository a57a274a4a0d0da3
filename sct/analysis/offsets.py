"""Measures how far and where each head's "previous" map of shifted attention points.

Axes: frame, row, column. Lengths are in pixels of the model's view. Frames that have no predecessor
are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sct.analysis.displacement import previous_weights
from sct.model.trace import ShiftedTrace


@dataclass(frozen=True)
class OffsetStatistics:
    """Statistics of the "previous" maps of one head, over all frames and patches of a clip.

    offsets: float32 (2 side - 1, 2 side - 1), the share of attention at each (row, column) offset
        from a patch to where it looks, sum 1; the middle is the patch's own place, a row above it
        looks up.
    entropy: mean of a map's entropy over that of an even one: 0 looks at one patch, 1 evenly.
    moves: the share of attention on other places than the patch's own.
    distance: mean distance of attention from the patch's own place, in pixels.
    """

    offsets: np.ndarray
    entropy: float
    moves: float
    distance: float


@torch.inference_mode()
def offset_statistics(seen: ShiftedTrace) -> list[OffsetStatistics] | None:
    """Measures every head of one shifted MSA; None where no frame has a predecessor."""
    matched, side = seen.matched, seen.matched.side
    frames = [t for t in range(seen.frames) if seen.key_frame(t) != t]
    if not frames:
        return None
    first = frames[0]
    maps = previous_weights(matched, slice(seen.clip, seen.clip + 1), first)[0]
    maps = (maps / maps.sum(-1, keepdim=True)).double()  # (frame, chunk, head, query, key)
    line = torch.arange(side, device=maps.device)
    place = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).flatten(0, 1)
    apart = place[None] - place[:, None]  # (query, key, 2)
    wide = 2 * side - 1
    index = (apart[..., 0] + side - 1) * wide + apart[..., 1] + side - 1
    far = apart.double().norm(dim=-1) * seen.patch_pixels
    even = max(float(np.log(side * side)), 1e-9)
    mean = maps.mean((0, 1))  # (head, query, key)
    entropy = -(maps * maps.clamp_min(1e-30).log()).sum(-1).mean((0, 1, 3)) / even
    found = []
    for head, each in enumerate(mean):
        share = torch.zeros(wide * wide, dtype=torch.float64, device=maps.device)
        share.index_add_(0, index.flatten(), each.flatten() / side**2)
        found.append(
            OffsetStatistics(
                share.view(wide, wide).float().cpu().numpy(),
                float(entropy[head]),
                float(1 - each.diagonal().mean()),
                float((each * far).sum(-1).mean()),
            )
        )
    return found
