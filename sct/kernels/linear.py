"""Linear layers whose products a CPU takes from oneDNN, and whose weights are converted once.

PyTorch hands products in float32 to MKL, which uses the wide vector units of Intel's CPUs only; on
others that have them, oneDNN's take less time, forwards and backwards (docs/speed.md). The values
are those of float32 either way, and where oneDNN's operator is missing, PyTorch's own product takes
its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_FEW = 64  # rows below which it takes longer to ask oneDNN than it saves


class _Copies(NamedTuple):
    """Converted parameters, and the (parameter, version, place in memory) each was made from."""

    dtype: torch.dtype
    state: Sequence[tuple[Tensor, int, int]]
    copies: Sequence[Tensor]

    def of(self, dtype: torch.dtype, state: Sequence[tuple[Tensor, int, int]]) -> Any:
        """Returns the copies if they are in this type and nothing has changed since, else None."""
        same = self.dtype == dtype and len(self.state) == len(state)
        for then, now in zip(self.state, state, strict=False):
            same = same and then[0] is now[0] and then[1:] == now[1:]
        return self.copies if same else None


class Linear(nn.Linear):
    """A `torch.nn.Linear` that is a little faster, with the same parameters and values.

    Under autocast PyTorch converts frozen weights for every product; this layer keeps its converted
    copies for as long as its weights stay as they are.
    """

    def forward(self, x: Tensor, gelu: bool = False) -> Tensor:
        """Computes x weight' + bias, and GELU of it if asked for: (..., in) to (..., out)."""
        weight, bias = self.weight, self.bias
        kind = x.device.type
        low = kind in ("cpu", "cuda") and torch.is_autocast_enabled(kind)
        if low and not (_learns(x, weight, bias) or torch.compiler.is_compiling()):
            dtype = torch.get_autocast_dtype(kind)
            x, weight, bias = x.to(dtype), *self._converted(dtype)
        return linear(x, weight, bias, gelu)

    def _converted(self, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        """Returns the weight and bias in another type, as converted before if nothing changed.

        No copy of a tensor made in inference mode is cached, as it cannot tell whether it changed,
        nor one made while a CUDA graph is recorded, whose memory belongs to the graph.
        """
        own = [part for part in (self.weight, self.bias) if part is not None]
        if any(part.is_inference() for part in own):
            copies = [part.to(dtype) for part in own]
        else:
            state = [(part, part._version, part.data_ptr()) for part in own]
            copies = self.__dict__.get("_low", _Copies(dtype, (), ())).of(dtype, state)
            if copies is None:
                copies = [part.detach().to(dtype) for part in own]
                if not (own[0].is_cuda and torch.cuda.is_current_stream_capturing()):
                    # One assignment, since threads may meet here.
                    self.__dict__["_low"] = _Copies(dtype, state, copies)
        return copies[0], copies[1] if len(copies) > 1 else None

    def __getstate__(self) -> dict[str, Any]:
        """Leaves the converted copies out of copies of the layer."""
        return {name: value for name, value in self.__dict__.items() if name != "_low"}


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
