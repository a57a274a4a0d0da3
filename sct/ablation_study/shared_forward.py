"""Runs one clip under many ablations, and computes only once what these have in common.

A forward pass is a row of steps: the patches of the frames in some order, the two halves of each
stage, and the answer. What an ablation asks of each of them is its path. Two ablations have the
same activations for as long as their paths agree, so all passes go on together, a step at a time:
each distinct beginning of a path is one state, and states that take the same step next are stacked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from sct.errors import OutOfMemory
from sct.kernels.allocator import out_of_memory
from sct.kernels.precision import matrix_products
from sct.kernels.tiling import join
from sct.model.ablation import Ablation, StageSettings
from sct.model.sct import SCT

MEMORY = 128 << 20  # bytes of the widest layer of the states that are stacked

NO_MEMORY = (
    "Memory ran out: this model, this many frames of this size, and one ablation at a time do not "
    "fit together."
)

Progress = Callable[[int, int], None]
Beginning = tuple[Hashable, ...]  # of a path: the keys of its first steps


class Step(NamedTuple):
    """A step of a forward pass; steps with equal keys at one place of a path do the same."""

    key: Hashable
    run: Callable[[Tensor], Tensor]


def logits(
    model: SCT,
    frames: Tensor,
    ablations: Sequence[Ablation],
    *,
    precision: str = "auto",
    progress: Progress | None = None,
) -> Tensor:
    """Computes `model(frames, ablation).logits` under each ablation, in less time.

    Args:
        frames, precision: see `SCT.forward`.
        ablations: any, also equal ones.
        progress: called with (steps done, steps); may raise, which ends the run.

    Returns:
        float32 (ablation, class) for one clip, (ablation, batch, class) for several.

    Raises:
        ValueError: as `SCT.forward`.
        OutOfMemory: not even one state at a time fits.
    """
    found = batch_logits(model, frames, ablations, precision=precision, progress=progress)
    return found[:, 0] if len(frames) == 1 else found


def batch_logits(
    model: SCT,
    frames: Tensor,
    ablations: Sequence[Ablation],
    *,
    precision: str = "auto",
    progress: Progress | None = None,
) -> Tensor:
    """Computes `logits`, always (ablation, batch, class)."""
    if not ablations:
        raise ValueError("ablations: none was given, and there must be one or more")
    model.check(frames)
    paths = [path(model, frames, ablation) for ablation in ablations]
    return along(model, frames, paths, precision=precision, progress=progress)


@torch.inference_mode()
def along(
    model: SCT,
    frames: Tensor,
    paths: Sequence[Sequence[Step]],
    *,
    precision: str = "auto",
    progress: Progress | None = None,
) -> Tensor:
    """Takes clips along paths, each of as many steps as `path` lists: (path, batch, class)."""
    plan = [_takers(paths, place) for place in range(len(paths[0]))]
    done, total = 0, sum(len(starts) for takers in plan for _, starts in takers)
    states: dict[Beginning, Tensor] = {(): frames}
    with matrix_products(frames, precision):
        for takers in plan:
            after: dict[Beginning, Tensor] = {}
            for step, starts in takers:
                for some, out in _in_batches(step, starts, states, model.config.mlp_ratio):
                    after.update(
                        ((*start, step.key), x) for start, x in zip(some, out, strict=True)
                    )
                    done += len(some)
                    if progress:
                        progress(done, total)
            states = after
    return torch.stack([states[_keys(each)] for each in paths])


def path(model: SCT, frames: Tensor, ablation: Ablation) -> list[Step]:
    """Lists the steps of `SCT.forward` under an ablation, each for states of any batch."""
    settings = ablation.resolve(model.config, frames.shape[-1])
    order = ablation.frame_order(frames.shape[1])
    steps = [Step(order, partial(model.embed, order=order))]
    for stage, use in zip(model.stages, settings, strict=True):
        steps.append(Step(spatial_key(use), partial(stage.spatial, use=use)))
        steps.append(Step(temporal_key(use), partial(stage.temporal, use=use)))
    return [*steps, Step(ablation.clip, partial(model.answer, clip=ablation.clip))]


def spatial_key(use: StageSettings) -> Beginning:
    """Returns all that ViLT and LSH attention depend on: equal keys mean equal results."""
    return (
        use.vilt_heads_off if use.vilt else None,
        use.lsh,
        use.lsh_heads_off if use.lsh != "off" else None,
        (use.rounds, use.bucket, use.seed) if use.lsh == "lsh" else (),
    )


def temporal_key(use: StageSettings) -> Beginning:
    """Returns all that shifted MSA depends on: equal keys mean equal results."""
    offsets = use.offsets if use.shifted == "on" else None
    rest = use.shifted_heads_off, offsets, use.window
    return use.shifted, *(rest if use.shifted != "off" else ())


def _keys(steps: Sequence[Step]) -> Beginning:
    return tuple(step.key for step in steps)


def _takers(paths: Sequence[Sequence[Step]], place: int) -> list[tuple[Step, list[Beginning]]]:
    """Lists each distinct step at a place of the paths, with the beginnings that take it."""
    found: dict[Hashable, tuple[Step, dict[Beginning, None]]] = {}
    for steps in paths:
        step = steps[place]
        found.setdefault(step.key, (step, {}))[1][_keys(steps[:place])] = None
    return [(step, list(starts)) for step, starts in found.values()]


def _in_batches(
    step: Step, starts: Sequence[Beginning], states: dict[Beginning, Tensor], ratio: int
) -> Iterator[tuple[Sequence[Beginning], tuple[Tensor, ...]]]:
    """Takes the step from the states, as many at a time as memory is meant to hold."""
    one = states[starts[0]]
    most = max(1, MEMORY // (ratio * one.numel() * one.element_size()))
    left = list(starts)
    while left:
        some = left[:most]
        try:
            out = step.run(join([states[start] for start in some], 0))
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if most == 1:
                raise OutOfMemory(NO_MEMORY) from error
            most = max(1, len(some) // 2)
            continue
        yield some, out.chunk(len(some))
        del left[: len(some)]
