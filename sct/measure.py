"""Measure a model: parameters and multiply-adds."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from sct.config import SIZES, SCTConfig
from sct.measuring.paper import TABLE_4
from sct.model import SCT

# Of the paper's sizes: millions of parameters, and thousands of millions of multiply-adds.
PAPER = {row.size: (row.params, row.gmacs) for row in TABLE_4 if row.size}


def parameters(config: SCTConfig) -> int:
    """Parameters of a model of this config, without making one."""
    with torch.device("meta"):
        return sum(p.numel() for p in SCT(config).parameters())


def macs(config: SCTConfig) -> int:
    """Multiply-adds of the Linear and Conv layers for one clip, as the paper counts them.

    The products of attention, QK' and AV, are left out.
    """
    with torch.device("meta"):
        model = SCT(config).eval()
        size = config.image_size
        frames = torch.zeros(1, config.frames, 3, size, size)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(frames)
    aten = torch.ops.aten
    layers = (aten.mm, aten.addmm, aten.convolution)
    counts = counter.get_flop_counts()["Global"]
    return sum(flops for op, flops in counts.items() if op in layers) // 2


def sizes() -> list[dict[str, object]]:
    """Every named size beside the paper's figures.

    Each row: name, frames, image_size, num_classes, params_m (millions), gmacs, and for the sizes
    of the paper paper_params_m, paper_gmacs, params_diff_pct and gmacs_diff_pct, else None.
    """
    rows = []
    for name, config in SIZES.items():
        params, gmacs = parameters(config) / 1e6, macs(config) / 1e9
        paper_params, paper_gmacs = PAPER.get(name, (None, None))
        rows.append(
            {
                "name": name,
                "frames": config.frames,
                "image_size": config.image_size,
                "num_classes": config.num_classes,
                "params_m": params,
                "gmacs": gmacs,
                "paper_params_m": paper_params,
                "paper_gmacs": paper_gmacs,
                "params_diff_pct": paper_params and 100 * (params / paper_params - 1),
                "gmacs_diff_pct": paper_gmacs and 100 * (gmacs / paper_gmacs - 1),
            }
        )
    return rows
