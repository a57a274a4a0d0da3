"""Seeded random numbers for synthetic clips."""

from __future__ import annotations

import torch
from torch import Tensor

_WORD = 2**64 - 1


def split_seed(seed: int) -> tuple[int, int]:
    """Make two 32-bit seeds of one of 64 bits, a different pair for every seed (SplitMix64)."""
    z = (seed + 0x9E3779B97F4A7C15) & _WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
    z ^= z >> 31
    return z >> 32, z & 0xFFFFFFFF


class Rng:
    """Random numbers from one seed; the global random state neither matters nor changes.

    Small parameters come from a stream on the CPU and large fields from another on `device`, so
    that what is drawn on the CPU does not depend on the device.
    """

    def __init__(self, seed: int, device: torch.device):
        self.device = device
        # PyTorch's generator on the CPU takes 32 bits of a seed: 1 and 2**32 + 1 would be twins.
        host, fields = split_seed(seed)
        self._host = torch.Generator().manual_seed(host)
        self._fields = torch.Generator(device=device).manual_seed(fields)

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Tensor:
        """Draw float32 on the CPU, uniform in [low, high)."""
        return torch.rand(shape, generator=self._host) * (high - low) + low

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 on the CPU, standard normal."""
        return torch.randn(shape, generator=self._host)

    def chance(self, shape: tuple[int, ...], probability: float) -> Tensor:
        """Draw bool on the CPU, True with `probability`."""
        return torch.rand(shape, generator=self._host) < probability

    def integers(self, high: int, shape: tuple[int, ...]) -> Tensor:
        """Draw int64 on the CPU, in [0, high)."""
        return torch.randint(high, shape, generator=self._host)

    def shuffled(self, count: int) -> Tensor:
        """Draw int64 (count,) on the CPU: 0 to count - 1 in random order."""
        return torch.randperm(count, generator=self._host)

    def noise(self, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 on `device`, standard normal."""
        return torch.randn(shape, generator=self._fields, device=self.device)
