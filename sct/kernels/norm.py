"""A LayerNorm that a GPU takes in one kernel, whose result the next product reads as it is."""

from __future__ import annotations

from torch import Tensor, nn

from sct.kernels.choice import fused
from sct.kernels.precision import product_type


class LayerNorm(nn.LayerNorm):
    """A `torch.nn.LayerNorm` over channels, with the same parameters and values.

    Where a kernel computes it and products are in bfloat16, it is rounded as they would round it.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Computes (..., channel) from the same."""
        if not fused(x):
            return super().forward(x)
        from sct.kernels.fused.rows import layer_norm

        return layer_norm(x, self, product_type(x))
