"""The type in which matrix products are computed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from sct.kernels import PRECISIONS
from sct.validation import check_choice


def matrix_products(x: Tensor, precision: str) -> AbstractContextManager:
    """Returns a context in which matrix products on the device of x have a precision.

    Args:
        x: any tensor.
        precision: "float32"; "bfloat16"; or "auto", which is bfloat16 on a GPU and float32
            elsewhere.

    Raises:
        ValueError: another precision.
    """
    check_choice("precision", precision, PRECISIONS)
    return autocast(x, precision == "bfloat16" or (precision == "auto" and x.is_cuda))


def autocast(x: Tensor, bfloat16: bool) -> AbstractContextManager:
    """Returns a context in which matrix products on the device of x are in bfloat16, or are not."""
    kind = x.device.type
    if not torch.amp.is_autocast_available(kind):  # the meta device, which only counts
        return nullcontext()
    return torch.autocast(kind, torch.bfloat16, enabled=bfloat16)


def product_type(x: Tensor) -> torch.dtype:
    """Returns the type in which products on the device of x are computed here."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
