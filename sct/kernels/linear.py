"""Linear layers whose products a CPU takes from oneDNN, and whose weights are converted once.

PyTorch hands products in float32 to MKL, which uses the wide vector units of Intel's CPUs only; on
others that have them, oneDNN's take less time, forwards and backwards (docs/speed.md). The values
are those of float32 either way, and where oneDNN's operator is missing, PyTorch's own product takes
its place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sct.kernels.copies import Copies

_FEW = 64  # rows below which it takes longer to ask oneDNN than it saves


class Linear(nn.Linear):
    """A `torch.nn.Linear` that is a little faster, with the same parameters and values.

    Under autocast PyTorch converts frozen weights for every product; this layer keeps its converted
    copies for as long as its weights stay as they are.
    """

    def __init__(self, *args: Any, **named: Any):
        super().__init__(*args, **named)
        self._low = Copies()

    def forward(self, x: Tensor, gelu: bool = False) -> Tensor:
        """Computes x weight' + bias, and GELU of it if asked for: (..., in) to (..., out)."""
        weight, bias = self.weight, self.bias
        kind = x.device.type
        low = kind in ("cpu", "cuda") and torch.is_autocast_enabled(kind)
        if low and not (_learns(x, weight, bias) or torch.compiler.is_compiling()):
            dtype = torch.get_autocast_dtype(kind)
            x, weight, bias = x.to(dtype), *self.converted(dtype)
        return linear(x, weight, bias, gelu)

    def converted(self, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        """Returns the weight and bias in another type."""
        own = [part for part in (self.weight, self.bias) if part is not None]
        copies = self._low.get(dtype, own, lambda: [part.detach().to(dtype) for part in own])
        return copies[0], copies[1] if len(copies) > 1 else None


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None, gelu: bool = False) -> Tensor:
    """Computes x weight' + bias, and GELU of it if asked for.

    Args:
        x: (..., in). weight: (out, in). bias: (out,).
    """
    learns = _learns(x, weight, bias)
    autocast = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
    # Under autocast PyTorch converts what it has to, and keeps gradients of the weights' own type.
    plain = torch.compiler.is_compiling() or (autocast and (learns or weight.dtype != x.dtype))
    if plain or not _suits(x):
        out = F.linear(x, weight, bias)
        return F.gelu(out) if gelu else out
    if learns:
        out = _Linear.apply(x, weight, bias)
        return F.gelu(out) if gelu else out
    return _product(x, weight, bias, gelu)


def _learns(*parts: Tensor | None) -> bool:
    return torch.is_grad_enabled() and any(p is not None and p.requires_grad for p in parts)


class _Linear(torch.autograd.Function):
    """A `_product` with gradients, which have gradients of their own."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        # What only gradients of the weight ask for is large, and attributions want none of those.
        ctx.save_for_backward(x if ctx.needs_input_grad[1] else None, weight)
        ctx.biased = bias is not None
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx, grad: Tensor):
        x, weight = ctx.saved_tensors
        rows = grad.flatten(0, -2)
        d_x = d_weight = d_bias = None
        if ctx.needs_input_grad[0]:
            d_x = linear(rows, weight.t()).unflatten(0, grad.shape[:-1])
        if ctx.needs_input_grad[1]:
            d_weight = rows.t() @ x.flatten(0, -2)  # oneDNN would have to turn both round first
        if ctx.biased and ctx.needs_input_grad[2]:
            d_bias = rows.sum(0)
        return d_x, d_weight, d_bias


def _product(x: Tensor, weight: Tensor, bias: Tensor | None, gelu: bool = False) -> Tensor:
    after, kind = ("gelu", "none") if gelu else ("none", "")  # "none" is the exact GELU
    return _operator()(x, weight, bias, after, [], kind)


def _operator() -> Callable[..., Tensor] | None:
    """Returns oneDNN's product; None where this PyTorch has none, since it is no public name."""
    if not torch.backends.mkldnn.is_available():
        return None
    return getattr(torch.ops.mkldnn, "_linear_pointwise", None)


def _suits(x: Tensor) -> bool:
    """Returns whether oneDNN is there for x, and its product large enough to be worth it."""
    return (
        x.device.type == "cpu"
        and x.dim() > 1
        and x.numel() >= _FEW * x.shape[-1]
        and _operator() is not None
        and (x.dtype == torch.float32 or (x.dtype == torch.bfloat16 and _has_bfloat16()))
    )


@lru_cache(maxsize=1)
def _has_bfloat16() -> bool:
    asked = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return asked is not None and asked()
