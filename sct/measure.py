"""Measure a model: parameters and multiply-adds."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from sct.ablation import Ablation
from sct.config import SIZES, SCTConfig
from sct.model import SCT

# Table 4 of the paper: millions of parameters, and multiply-adds in thousands of millions for 24
# frames of 224x224 and 400 classes.
PAPER = {"sct_s": (18.72, 88.18), "sct_m": (33.48, 162.90), "sct_l": (59.89, 342.58)}
_COUNTED = (torch.ops.aten.mm, torch.ops.aten.addmm, torch.ops.aten.convolution)


def parameters(config: SCTConfig) -> int:
    """Parameters of a model of this config, without making one."""
    with torch.device("meta"):
        return sum(p.numel() for p in SCT(config).parameters())


def macs(config: SCTConfig) -> int:
    """Multiply-adds of the Linear and Conv layers for one clip, as the paper counts them.

    The products of attention, QK' and AV, are left out.
    """
    with torch.device("meta"), torch.no_grad():
        model = SCT(config).eval()
        clip = torch.zeros(1, config.frames, 3, config.image_size, config.image_size)
        with Layers() as counter:
            model(clip)
    return counter.macs


def gmacs(config: SCTConfig, ablation: Ablation | None = None, frames: int | None = None) -> float:
    """`macs` in thousands of millions, under an ablation, for clips of so many frames.

    Made of the sizes of the layers, in no time, where `macs` counts what a pass computes.
    A part that is off costs nothing. What an ablation changes otherwise leaves these layers as they
    are: a head that is off is computed and then zeroed, and exact attention has the layers of LSH.

    Raises:
        ValueError: an ablation or a number of frames that does not fit the config.
    """
    ablation = ablation or Ablation()
    uses = ablation.resolve(config, config.image_size)
    frames = config.frames if frames is None else frames
    if not 1 <= frames <= config.frames:
        raise ValueError(f"{frames} frames: this model takes 1 to {config.frames}")
    weights = _weights(config)
    count = frames * config.grids[0] ** 2 * weights.patch
    for stage, use, grid, small in zip(
        weights.stages, uses, config.grids, config.shifted_grids, strict=True
    ):
        vilt, lsh, pool, shifted = stage
        count += frames * grid**2 * (use.vilt * vilt + (use.lsh != "off") * lsh)
        count += frames * small**2 * (pool + (use.shifted != "off") * shifted)
    return (count + (frames + 1) * (ablation.clip == "on") * weights.clip + weights.head) / 1e9


class _Weights(NamedTuple):
    """How many weights the Linear and Conv layers of each part have: so many multiply-adds does the
    part take for each of its tokens."""

    patch: int
    stages: tuple[tuple[int, int, int, int], ...]  # ViLT, LSH, pooling and shifted MSA
    clip: int
    head: int


@lru_cache(maxsize=64)
def _weights(config: SCTConfig) -> _Weights:
    with torch.device("meta"):
        model = SCT(config)

    def of(*parts: nn.Module) -> tuple[int, ...]:
        return tuple(
            sum(
                layer.weight.numel()
                for layer in part.modules()
                if isinstance(layer, (nn.Linear, nn.Conv2d))
            )
            for part in parts
        )

    stages = tuple(of(s.vilt, s.lsh, s.pool, s.shifted) for s in model.stages)
    patch, clip, head = of(model.patch, model.clip.layers, model.head)
    return _Weights(patch, stages, clip, head)


class Layers(TorchDispatchMode):
    """Counts the multiply-adds of Linear and Conv layers.

    PyTorch's FlopCounterMode counts the same, but hangs hooks on all modules of the process while
    it does, also on those with which other threads compute.
    """

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket in _COUNTED:
            flops = flop_registry[func.overloadpacket](*args, **(kwargs or {}), out_val=out)
            self.macs += flops // 2
        return out


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
