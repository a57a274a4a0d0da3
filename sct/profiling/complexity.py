"""Measure a model: parameters and multiply-adds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sct.model.config import SIZES, SCTConfig
from sct.profiling.layers import CLIP, layer_costs
from sct.profiling.paper import TABLE_4

if TYPE_CHECKING:
    from sct.model.ablation import Ablation

# Of the paper's sizes: millions of parameters, and thousands of millions of multiply-adds.
PAPER = {row.size: (row.params, row.gmacs) for row in TABLE_4 if row.size}


def parameters(config: SCTConfig) -> int:
    """Counts the parameters of a model of this config, without making one."""
    return sum(part.parameters for part in layer_costs(config))


def macs(config: SCTConfig) -> int:
    """Counts multiply-adds of the Linear and Conv layers for one clip, as the paper does.

    The products of attention, QK' and AV, are left out.
    """
    return sum(part.macs for part in layer_costs(config))


def gmacs(config: SCTConfig, ablation: Ablation | None = None, frames: int | None = None) -> float:
    """Counts `macs` in thousands of millions, under an ablation, for clips of so many frames.

    Made of the sizes of the layers, in no time, where `macs` counts what a pass computes.
    A part that is off costs nothing. What an ablation changes otherwise leaves these layers as they
    are: a head that is off is computed and then zeroed, and exact attention has the layers of LSH.

    Raises:
        ValueError: an ablation or a number of frames that does not fit the config.
    """
    frames = config.frames if frames is None else frames
    if not 1 <= frames <= config.frames:
        raise ValueError(f"{frames} frames: this model takes 1 to {config.frames}")
    off = _off(config, ablation) if ablation else set()
    found = layer_costs(replace(config, frames=frames))
    return sum(part.macs for part in found if part.key not in off) / 1e9


def _off(config: SCTConfig, ablation: Ablation) -> set[str]:
    """Lists the keys of the parts that the ablation leaves out."""
    off = {CLIP} if ablation.clip == "mean" else set()
    for number, use in enumerate(ablation.resolve(config, config.image_size), 1):
        gone = {"vilt": not use.vilt, "lsh": use.lsh == "off", "shifted": use.shifted == "off"}
        off |= {f"{number}.{kind}" for kind, is_off in gone.items() if is_off}
    return off


def sizes() -> list[dict[str, object]]:
    """Lists every named size beside the paper's figures.

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
