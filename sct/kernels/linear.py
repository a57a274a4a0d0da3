"""Linear layers whose products a CPU takes from oneDNN, and whose weights are converted once.

PyTorch hands products in float32 to MKL, which uses the wide vector units of Intel's CPUs only; on
others that have them, oneDNN's take half of the time, forwards and backwards. The values are those
of float32 either way. Under autocast PyTorch converts frozen weights for every product; here the
copies are kept for as long as the weights are.
"""

from __future__ import annotations

import weakref
from functools import lru_cache, partial

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
    kind = x.device.type
    learns = torch.is_grad_enabled() and any(
        part is not None and part.requires_grad for part in (x, weight, bias)
    )
    plain = torch.compiler.is_compiling()
    if kind in ("cpu", "cuda") and torch.is_autocast_enabled(kind):
        plain = plain or learns  # then PyTorch converts what it has to
        if not plain:
            low = torch.get_autocast_dtype(kind)
            x, weight = x.to(low), _converted(weight, low)
            bias = None if bias is None else _converted(bias, low)
    if plain or not _suits(x):
        out = F.linear(x, weight, bias)
        return F.gelu(out) if gelu else out
    if learns:
        out = _Linear.apply(x, weight, bias)
        return F.gelu(out) if gelu else out
    return _product(x, weight, bias, gelu)


class _Linear(torch.autograd.Function):
    """`_product` with gradients, which have gradients of their own."""

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
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, after, [], kind)


def _suits(x: Tensor) -> bool:
    """Whether oneDNN is there for x, and its product large enough to be worth it."""
    return (
        x.device.type == "cpu"
        and (x.dtype == torch.float32 or (x.dtype == torch.bfloat16 and _has_bfloat16()))
        and x.numel() >= _FEW * x.shape[-1]
        and x.dim() > 1
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


@lru_cache(maxsize=1)
def _has_bfloat16() -> bool:
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()


_copies: dict[int, tuple] = {}  # by the id of a tensor: (reference to it, as of when, copy)


def _converted(x: Tensor, dtype: torch.dtype) -> Tensor:
    """x in another type: the copy that was made before, unless x has changed since.

    No copy is kept of what cannot tell whether it changed (tensors made in inference mode), nor one
    made while a CUDA graph is recorded, whose memory belongs to the graph.
    """
    if x.dtype == dtype or x.is_inference():
        return x.to(dtype)
    key, now = id(x), (x._version, x.data_ptr(), dtype)
    there, then, copy = _copies.get(key, (None, None, None))
    if there is None or there() is not x or then != now:
        copy = x.detach().to(dtype)
        if not (x.is_cuda and torch.cuda.is_current_stream_capturing()):
            _copies[key] = weakref.ref(x, partial(_forget, key)), now, copy
    return copy


def _forget(key: int, gone: weakref.ref) -> None:
    """A tensor is gone; its number may be another's by now."""
    if _copies.get(key, (None,))[0] is gone:
        del _copies[key]
