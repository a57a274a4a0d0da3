"""Deletion and insertion curves (Petsiuk, Das and Saenko, "RISE", 2018), over patches of a clip.

Deletion replaces patches, the most important first, and an attribution that found what the answer
rests on lets it fall early; insertion brings them back into a clip that is all replaced, and the
answer should rise early. The area under each curve is its mean over the share of patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sct.attribution import memory
from sct.attribution.target import Progress, Score, Steps, baseline, target_share
from sct.model.ablation import Ablation
from sct.model.sct import SCT

POINTS = 12
RANDOM_ORDERS = 5


@dataclass(frozen=True, eq=False)
class Curve:
    """The target's probability while patches are replaced and brought back.

    Args:
        shares: float64 (point,), 0 to 1, of patches that are gone, or that are back.
        deletion, insertion: float64 (point,), probability of the target; where one label was asked
            for against another, the target's share of the two.
        deletion_auc, insertion_auc: areas under them, 0 to 1.
    """

    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    deletion_auc: float
    insertion_auc: float

    @property
    def gain(self) -> float:
        """Gives insertion less deletion, -1 to 1: the higher, the better the order."""
        return self.insertion_auc - self.deletion_auc


def shares(points: int = POINTS) -> np.ndarray:
    """Spaces points from 0 to 1, closer together at first, where a good order decides."""
    return np.linspace(0, 1, points + 1) ** 2


def curve_passes(points: int = POINTS) -> int:
    """Counts the clips that `curves` sends through the model."""
    return 2 * points


def curves(
    model: SCT,
    frames: Tensor,
    values: np.ndarray,
    target: int,
    against: int | None = None,
    *,
    ablation: Ablation | None = None,
    base: str = "still",
    points: int = POINTS,
    limit: int = memory.MEMORY,
    progress: Progress | None = None,
) -> Curve:
    """Computes deletion and insertion in order of values, the highest first.

    Args:
        model, frames, target, against, ablation, base, progress: as for `attribute`.
        values: (frame, grid, grid), such as those of an `Attribution`; equals are taken in reading
            order. Values below zero speak against the target, so they go last.
        points: of the curve, beside the first.
        limit: bytes in use at once.

    Raises:
        ValueError: values of another shape than the clip's patches.
    """
    grid = frames.shape[-1] // model.config.patch
    if values.shape != (frames.shape[1], grid, grid):
        raise ValueError(f"values {values.shape}: expected {(frames.shape[1], grid, grid)}")
    steps = Steps(curve_passes(points), progress)
    bound = memory.Bound(limit)
    score = Score(model, ablation or Ablation(), target, against, steps, bound)
    most = max(1, memory.at_once(limit, memory.clip_bytes(model, frames), memory.MOST))
    with torch.inference_mode():
        frames = frames.to(model.device)
        base_clip = baseline(frames, base)
        rank = np.empty(values.size, np.int64)
        rank[np.argsort(-values.ravel(), kind="stable")] = np.arange(values.size)
        rank = torch.from_numpy(rank).view(values.shape).to(frames.device)
        at = shares(points)
        # Nothing gone is everything back: each end is computed once.
        gone = [(rank < share * values.size) for share in at]
        back = [~mask for mask in gone[1:-1]]
        found = np.array(_answers(score, frames, base_clip, gone + back, most))
    deletion = found[: points + 1]
    insertion = np.concatenate([deletion[-1:], found[points + 1 :], deletion[:1]])
    return Curve(at, deletion, insertion, _area(deletion, at), _area(insertion, at))


def _answers(
    score: Score, frames: Tensor, base: Tensor, gone: Sequence[Tensor], most: int
) -> list[float]:
    answers: list[float] = []
    for start in range(0, len(gone), most):
        some = torch.stack(list(gone[start : start + most]))
        answers += target_share(score, replaced(frames, base, some)).tolist()
    return answers


def replaced(frames: Tensor, base: Tensor, gone: Tensor) -> Tensor:
    """Replaces the patches `gone`, bool (clip, frame, grid, grid), by those of `base`."""
    patch = frames.shape[-1] // gone.shape[-1]
    pixels = gone.repeat_interleave(patch, -1).repeat_interleave(patch, -2)[:, :, None]
    return torch.where(pixels, base, frames)


def _area(values: np.ndarray, at: np.ndarray) -> float:
    return float(np.trapezoid(values, at))


def mean_of(found: Sequence[Curve]) -> Curve:
    """Averages curves over the same shares."""
    deletion = np.mean([curve.deletion for curve in found], 0)
    insertion = np.mean([curve.insertion for curve in found], 0)
    at = found[0].shares
    return Curve(at, deletion, insertion, _area(deletion, at), _area(insertion, at))


def motion_energy(frames: Tensor, patch: int) -> np.ndarray:
    """Measures how much each patch changes: mean |frame - neighbour| of both neighbours.

    (1, frame, 3, size, size) -> float32 (frame, grid, grid); one frame alone has none.
    """
    count = frames.shape[1]
    steps = frames.diff(dim=1).abs().mean(2)[0]  # (frame - 1, size, size)
    total = torch.zeros(count, *steps.shape[1:])
    total[1:] += steps.cpu()
    total[:-1] += steps.cpu()
    neighbours = torch.full((count, 1, 1), 2.0)
    neighbours[0] = neighbours[-1] = 1
    tiles = (total / neighbours).unflatten(2, (-1, patch)).unflatten(1, (-1, patch))
    return tiles.mean((2, 4)).numpy()


@dataclass(frozen=True, eq=False)
class References:
    """Curves that every method has to beat on a clip.

    Args:
        random: mean of curves in random orders.
        random_gains: float64 (order,), of each of them.
        motion: curve in order of motion energy.
    """

    random: Curve
    random_gains: np.ndarray
    motion: Curve


def reference_passes() -> int:
    """Counts the clips that `references` sends through the model."""
    return (RANDOM_ORDERS + 1) * curve_passes()


def references(
    model: SCT,
    frames: Tensor,
    target: int,
    against: int | None = None,
    *,
    ablation: Ablation | None = None,
    base: str = "still",
    seed: int = 0,
    limit: int = memory.MEMORY,
    progress: Progress | None = None,
) -> References:
    """Computes curves in random orders and by motion energy; arguments as for `curves`."""
    patch = model.config.patch
    grid, energy = frames.shape[-1] // patch, motion_energy(frames, patch)
    rng = np.random.default_rng(seed)
    orders = [rng.random((frames.shape[1], grid, grid)) for _ in range(RANDOM_ORDERS)]
    options = {"ablation": ablation, "base": base, "limit": limit}
    steps = Steps(reference_passes(), progress)
    found = [
        curves(model, frames, order, target, against, progress=steps.part(), **options)
        for order in (*orders, energy)
    ]
    *random, motion = found
    return References(mean_of(random), np.array([curve.gain for curve in random]), motion)
