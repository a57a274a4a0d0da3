"""Linear layers whose products a CPU takes from oneDNN.

PyTorch hands products in float32 to MKL, which uses the wide vector units of Intel's CPUs only; on
others that have them, oneDNN's take half of the time, forwards and backwards. The values are those
of float32 either way.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_FEW = 64  # rows below which it takes longer to ask oneDNN than it saves


class Linear(nn.Linear):
    """`torch.nn.Linear`, a little faster: the same parameters, the same values."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return linear(x, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None, gelu: bool = False) -> Tensor:
    """x weight' + bias, and GELU of it if asked for.

    Args:
        x: (..., in). weight: (out, in). bias: (out,).
    """
    if not _suits(x):
        out = F.linear(x, weight, bias)
        return F.gelu(out) if gelu else out
    if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad):
        out = _Linear.apply(x, weight, bias)
        return F.gelu(out) if gelu else out
    return _product(x, weight, bias, gelu)


class _Linear(torch.autograd.Function):
    """`_product` with gradients, which have gradients of their own."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.biased = bias is not None
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx, grad: Tensor):
        x, weight = ctx.saved_tensors
        rows, seen = grad.flatten(0, -2), x.flatten(0, -2)
        d_x = d_weight = d_bias = None
        if ctx.needs_input_grad[0]:
            d_x = linear(rows, weight.t()).view_as(x)
        if ctx.needs_input_grad[1]:
            d_weight = rows.t() @ seen  # oneDNN would have to turn both round first
        if ctx.biased and ctx.needs_input_grad[2]:
            d_bias = rows.sum(0)
        return d_x, d_weight, d_bias


def _product(x: Tensor, weight: Tensor, bias: Tensor | None, gelu: bool = False) -> Tensor:
    after, kind = ("gelu", "none") if gelu else ("none", "")  # "none" is the exact GELU
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, after, [], kind)


def _suits(x: Tensor) -> bool:
    """Whether oneDNN is there for x, and its product large enough to be worth it."""
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and x.numel() >= _FEW * x.shape[-1]
        and x.dim() > 1
        and torch.backends.mkldnn.is_available()
        and not torch.is_autocast_enabled("cpu")
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )
