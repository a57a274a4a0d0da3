"""Chooses whether the kernels for a GPU in `sct.kernels.fused` take a tensor.

They are used on the kinds of GPU on which `python -m benchmarks.speed.kernels` held them against
their definitions, those that have no gradients only where none are asked for. With
SCT_KERNELS=fused they are used on any GPU, and with TRITON_INTERPRET=1 on a CPU too, where Triton's
interpreter runs them; with SCT_KERNELS=plain on none.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec

import torch
from torch import Tensor

CHECKED: frozenset[tuple[int, int]] = frozenset()  # compute capabilities; none has been yet


def fused(x: Tensor, learns: bool = False) -> bool:
    """Returns whether a kernel of `sct.kernels.fused` is to compute on x.

    Args:
        learns: it has gradients.
    """
    asked = os.environ.get("SCT_KERNELS", "")
    if asked == "plain" or torch.compiler.is_compiling():
        return False
    if torch.is_grad_enabled() and not learns:
        return False
    if not x.is_cuda:
        interpreted = asked == "fused" and os.environ.get("TRITON_INTERPRET") == "1"
        return interpreted and x.device.type == "cpu"
    if asked != "fused" and torch.cuda.get_device_capability(x.device) not in CHECKED:
        return False
    return _there()


@lru_cache(maxsize=1)
def _there() -> bool:
    return find_spec("triton") is not None
