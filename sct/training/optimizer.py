"""The optimiser: Muon on the matrices inside blocks and AdamW on all else, or AdamW alone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from sct.training.config import TrainConfig

_BLOCKS = ("stages.", "clip.layers.")


class Optimizer:
    """Moves the weights of a run, all at one share of their highest rates.

    Muon (Jordan 2024, `torch.optim.Muon`) makes each step of a matrix nearly orthogonal, so that
    the directions a gradient hardly shows are learned as well: attention between frames is such.
    In this model's blocks it takes about an eighth of the clips that AdamW takes.

    Args:
        config: of the run.
        learning: the weights that learn, by name.
    """

    def __init__(self, config: TrainConfig, learning: dict[str, nn.Parameter]):
        muon = config.optimizer == "muon"
        inner = {n: p for n, p in learning.items() if muon and is_inner(n, p)}
        outer = [p for n, p in learning.items() if n not in inner]
        # Only matrices decay: biases, norms and single vectors stay free.
        groups = [
            {"params": [p for p in outer if p.ndim > 1], "weight_decay": config.weight_decay},
            {"params": [p for p in outer if p.ndim <= 1], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        self.parts: list[torch.optim.Optimizer] = []
        if groups:
            self.parts.append(torch.optim.AdamW(groups, lr=config.lr, betas=config.betas))
        if inner:
            # A step takes off lr x decay of a weight: the same share with both.
            decay = config.weight_decay * config.lr / config.muon_lr
            self.parts.append(
                torch.optim.Muon(inner.values(), lr=config.muon_lr, weight_decay=decay)
            )
        self._highest = [(g, g["lr"]) for part in self.parts for g in part.param_groups]

    def step(self, share: float) -> None:
        """Move all weights at this share of the highest rates."""
        for group, highest in self._highest:
            group["lr"] = share * highest
        for part in self.parts:
            part.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def moments(self) -> dict[nn.Parameter, dict[str, Tensor]]:
        """Return the moments of each weight, which the next step needs."""
        return {p: kinds for part in self.parts for p, kinds in part.state.items()}

    def restore(self, parameter: nn.Parameter, moments: dict[str, Any]) -> None:
        """Put back what `moments` gave for a weight."""
        for part in self.parts:
            if any(parameter is p for group in part.param_groups for p in group["params"]):
                part.state[parameter] = {
                    # AdamW keeps its count of steps on the CPU.
                    kind: value if kind == "step" else value.to(parameter.device)
                    for kind, value in moments.items()
                }


def is_inner(name: str, parameter: Tensor) -> bool:
    """Say whether a weight is a matrix from features to features inside a block."""
    return parameter.ndim == 2 and name.startswith(_BLOCKS) and name.endswith(".weight")
