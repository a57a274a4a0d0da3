"""Measure a model: parameters and multiply-adds."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from sct.ablation import Ablation
from sct.config import SIZES, SCTConfig
from sct.model import SCT

# Table 4 of the paper: millions of parameters, and multiply-adds in thousands of millions for 24
# frames of 224x224 and 400 classes.
PAPER = {"sct_s": (18.72, 88.18), "sct_m": (33.48, 162.90), "sct_l": (59.89, 342.58)}


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


def gmacs(config: SCTConfig, ablation: Ablation | None = None, frames: int | None = None) -> float:
    """Multiply-adds as `macs` counts them, under an ablation, in thousands of millions.

    Args:
        frames: of the clip; None for as many as the config has.
    """
    # Order costs nothing, and a shuffle must not be drawn on a device without numbers.
    ablation = replace(ablation or Ablation(), order="as-is")
    with torch.device("meta"):
        model, size = SCT(config).eval(), config.image_size
        clip = torch.zeros(1, frames or config.frames, 3, size, size)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(clip, ablation)
    aten = torch.ops.aten
    layers = (aten.mm, aten.addmm, aten.convolution)
    counts = counter.get_flop_counts()["Global"]
    return sum(flops for op, flops in counts.items() if op in layers) / 2e9
