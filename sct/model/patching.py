"""Activation patching: a pass records what its parts gave, another takes some of it for its own.

Also known as causal tracing or interchange intervention (Vig et al. 2020, Meng et al. 2022).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sct.sites import Site


class Tap:
    """Swaps what each block from `first` on gives for `swap` where that is no NaN, and keeps it.

    Without one it is false, and what passes through it stays.
    """

    def __init__(self, swap: Tensor | None = None, first: int = 0):
        self.swap, self.first, self.kept = swap, first, ()

    def __bool__(self) -> bool:
        return self.swap is not None

    def __call__(self, out: Tensor) -> Tensor:
        """Returns (batch, frame, row, column, head x channel) from the same."""
        if self:
            swap = self.swap[..., self.first + len(self.kept), :]
            out = torch.where(swap.isnan(), out, swap.to(out.dtype))
            self.kept += (out,)
        return out


NO_TAP = Tap()


class Patching:
    """What one pass records and what it takes from elsewhere; it lives no longer than the pass."""

    def __init__(self, record: Sequence[Site] = (), patch: Sequence[tuple[Site, Tensor]] = ()):
        self.record, self.patch = tuple(record), tuple(patch)
        self.kept: dict[tuple[int, str], Tensor] = {}

    def swap(self, stage: int, part: str, x: Tensor, heads: int, blocks: int = 1) -> Tensor | None:
        """Returns what takes the place of what a part gives: (..., block, head x channel), or NaN.

        `x` is shaped as what one block gives. None where nobody asks about the part.
        """
        given = [(s, value) for s, value in self.patch if (s.stage, s.part) == (stage, part)]
        if not given and all((s.stage, s.part) != (stage, part) for s in self.record):
            return None
        kind = torch.promote_types(x.dtype, torch.float32)
        swap = x.new_full((*x.shape[:4], blocks, heads, x.shape[4] // heads), torch.nan, dtype=kind)
        for site, value in given:
            place, said = swap[site.within], tuple(value.shape)
            if said[1:] != place.shape[1:] or said[0] not in (1, len(x)) or value.isnan().any():
                raise ValueError(f"patch {site}: {said}: expected {tuple(place.shape)} without NaN")
            place.copy_(value)
        return swap.flatten(-2)

    def keep(self, stage: int, part: str, kept: Sequence[Tensor], heads: int) -> None:
        """Keeps what all blocks of a part gave."""
        if kept:
            self.kept[stage, part] = torch.stack(tuple(kept), -2).unflatten(-1, (heads, -1))

    def recorded(self) -> tuple[Tensor, ...]:
        return tuple(self.kept[site.stage, site.part][site.within] for site in self.record)
