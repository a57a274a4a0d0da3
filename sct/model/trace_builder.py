"""Collects what one forward pass saw."""

from __future__ import annotations

from torch import Tensor

from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.hashing import Hashed
from sct.model.shifted import Matched
from sct.model.trace import ClipTrace, LSHTrace, ShiftedTrace, Trace


class TraceBuilder:
    """Collects one forward pass; lives only as long as it runs."""

    def __init__(self, config: SCTConfig, ablation: Ablation, order: tuple[int, ...], size: int):
        self._args = (config, ablation, order)
        self._config, self._size = config, size
        self._shifted: dict[int, list[ShiftedTrace]] = {}
        self._lsh: dict[int, LSHTrace] = {}
        self._clip: list[ClipTrace] = []
        self._entered: dict[int, Tensor] = {}

    def saw_stage(self, stage: int, x: Tensor) -> None:
        self._entered[stage] = x.detach()

    def saw_shifted(self, stage: int, grid: int, matched: Matched) -> None:
        grounded = self._config.grounded_heads[stage - 1]
        seen = ShiftedTrace(matched, grid, self._size // grid, grounded)
        self._shifted.setdefault(stage, []).append(seen)

    def saw_lsh(
        self, stage: int, grid: int, qk: Tensor, hashed: Hashed | None, bucket_size: int
    ) -> None:
        self._lsh[stage] = LSHTrace(qk, hashed, grid, self._size // grid, bucket_size)

    def saw_clip(self, row: Tensor) -> None:
        self._clip.append(ClipTrace(row))

    def done(self) -> Trace:
        shifted = {stage: tuple(blocks) for stage, blocks in self._shifted.items()}
        return Trace(*self._args, shifted, dict(self._lsh), tuple(self._clip), self._entered)
