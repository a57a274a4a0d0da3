"""What all kernels share: the sizes of tiles, how exact products are, and where they run."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import triton
import triton.language as tl
from torch import Tensor

LEAST = 16  # rows, columns and depth of a product
LOG2_E = 1.4426950408889634  # exp2(x * LOG2_E) is exp(x)


def power(n: int, least: int = 1) -> int:
    """Returns the least power of two that is not below n, nor below `least`."""
    return max(least, 1 << (n - 1).bit_length())


def parts(n: int) -> tuple[int, int]:
    """Returns two powers of two, at least LEAST, whose sum is the least that is not below n.

    72 columns then cost as much as 64 + 16, and not 128.
    """
    powers = [LEAST << i for i in range(max(n - 1, 1).bit_length())]
    pairs = [(a, b) for a in powers for b in powers if a >= b and a + b >= n]
    return min(pairs, key=sum)


def precision_of(x: Tensor) -> str:
    """Returns how exact products of x are: float32 stays float32."""
    return "ieee" if x.dtype == torch.float32 else "tf32"


def device_of(x: Tensor) -> AbstractContextManager:
    """Returns a context in which kernels run where x lies."""
    return torch.cuda.device(x.device) if x.is_cuda else nullcontext()


def kept(heads: int, off: tuple[int, ...], x: Tensor) -> Tensor:
    """Returns what the output of each head is multiplied with: 1, or 0 of those switched off."""
    keep = torch.ones(heads, device=x.device)
    for head in off:
        keep[head] = 0
    return keep


@triton.jit
def token_of(
    chunk, token, ROWS: tl.constexpr, COLUMNS: tl.constexpr, R: tl.constexpr, W: tl.constexpr
):
    """Returns which token of all grids of ROWS x COLUMNS one of a chunk of R x W is.

    Chunks, and the tokens in a chunk, are in row-major order.
    """
    wide: tl.constexpr = COLUMNS // W
    many: tl.constexpr = ROWS // R * wide
    row = chunk % many // wide * R + token // W
    return (chunk // many * ROWS + row) * COLUMNS + chunk % wide * W + token % W
