"""Measures the parts of a model: shapes, parameters, multiply-adds and time.

Shapes and counts follow from the config alone, in closed form, so that a model of any size can be
asked without being made; tests hold them against the layers themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sct.model.config import SCTConfig

if TYPE_CHECKING:
    from torch import Tensor

    from sct.model.ablation import StageSettings
    from sct.model.sct import SCT, Stage

PATCH, CLIP, HEAD = "patch", "clip", "head"


@dataclass(frozen=True)
class LayerCost:
    """The cost of one part of the forward pass for one clip.

    Attributes:
        key: "patch", "1.vilt", "1.lsh", "1.pool", "1.shifted", ..., "clip", "head"; stages from 1.
        name: for people. stage: from 1; None outside of the stages.
        blocks: how many layers of its kind it has.
        takes, gives: shapes without the batch: (frame, 3, row, column) of pixels,
            (frame, row, column, channel) of tokens, (channel,) of the clip, (class,).
        parameters: numbers that training sets.
        macs: multiply-adds of Linear and Conv layers, as the paper counts.
        attention_macs: those of attention itself, QK' and AV, and of hashing.
    """

    key: str
    name: str
    stage: int | None
    blocks: int
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    parameters: int
    macs: int
    attention_macs: int = 0


def layer_costs(config: SCTConfig) -> tuple[LayerCost, ...]:
    """Lists the costs of all parts of a model, in order of the forward pass, for a whole clip."""
    size, t, width = config.image_size, config.frames, config.widths[0]
    pixels = 3 * config.patch**2
    first = (t, config.grids[0], config.grids[0], width)
    found = [
        LayerCost(
            PATCH, "Patch embedding", None, 1, (t, 3, size, size), first,
            pixels * width + width + config.chunk**2 * width,
            _tokens(first) * pixels * width,
        )
    ]  # fmt: skip
    for index in range(config.stages):
        found += _stage(config, index)
    last = (t, config.grids[-1], config.grids[-1], config.widths[-1])
    return (*found, _clip(config, last), _head(config))


def _stage(config: SCTConfig, index: int) -> list[LayerCost]:
    grid, width, t = config.grids[index], config.widths[index], config.frames
    out, after = config.shifted_widths[index], config.shifted_grids[index]
    shape, pooled = (t, grid, grid, width), (t, after, after, out)
    n, chunk, blocks = _tokens(shape), config.chunk**2, config.vilt_blocks[index]
    ratio, number, found = config.mlp_ratio, index + 1, []

    def add(kind: str, name: str, many: int, gives: tuple[int, ...], *counts: int) -> None:
        takes = found[-1].gives if found else shape
        title = f"Stage {number} · {name}"
        found.append(LayerCost(f"{number}.{kind}", title, number, many, takes, gives, *counts))

    if blocks:
        add(
            "vilt", "chunk attention", blocks, shape,
            blocks * _block(width, ratio),
            blocks * n * _block_macs(width, ratio),
            blocks * n * 2 * chunk * width,
        )  # fmt: skip
    bucket = min(config.lsh_bucket, grid * grid)
    lsh_chunks = grid * grid // bucket
    # A token sees its chunk and the one before it; where there is one chunk, nothing is hashed.
    seen, half = (2 * bucket, (lsh_chunks + 1) // 2) if lsh_chunks > 1 else (bucket, 0)
    add(
        "lsh", "LSH attention", 1, shape,
        3 * width**2 + 3 * width,
        n * 3 * width**2,
        config.lsh_rounds * n * (2 * seen + half) * width,
    )  # fmt: skip
    if number < config.stages:
        add(
            "pool", "pooling", 1, pooled,
            8 * width + 4 * width * out + out + chunk * out,
            _tokens(pooled) * 4 * width * out,
        )  # fmt: skip
    if config.shifted_blocks:
        many, n = config.shifted_blocks, _tokens(pooled)
        window = chunk if config.shifted_window == "chunk" else after**2
        add(
            "shifted", "shifted attention", many, pooled,
            many * _block(out, ratio),
            many * n * _block_macs(out, ratio),
            many * n * 4 * window * out,  # two maps
        )  # fmt: skip
    return found


def _clip(config: SCTConfig, takes: tuple[int, ...]) -> LayerCost:
    """Counts the frame's embedding and the clip encoder, over CLS and the frames."""
    width, layers, ratio, n = takes[-1], config.clip_layers, config.mlp_ratio, config.frames + 1
    strongest = config.frame_embedding == "mean+max"
    # Evidence is computed of every token, and what is added of every frame.
    macs = (_tokens(takes) + config.frames) * width**2 * strongest
    return LayerCost(
        CLIP, "Clip encoder", None, layers, takes, (width,),
        2 * width + width + n * width + layers * _block(width, ratio) + 2 * width
        + (2 * width**2 + width) * strongest,
        layers * n * _block_macs(width, ratio) + macs,
        layers * n * 2 * n * width,
    )  # fmt: skip


def _head(config: SCTConfig) -> LayerCost:
    width, classes = config.widths[-1], config.num_classes
    hidden = width // 2
    macs = width * hidden + hidden * classes
    return LayerCost(HEAD, "Head", None, 1, (width,), (classes,), macs + hidden + classes, macs)


def _tokens(shape: tuple[int, ...]) -> int:
    return shape[0] * shape[1] * shape[2]


def _block(width: int, ratio: int) -> int:
    """Counts the parameters of a transformer block, whose QKV have no bias."""
    return _block_macs(width, ratio) + (6 + ratio) * width


def _block_macs(width: int, ratio: int) -> int:
    """Counts the multiply-adds of its layers for one token."""
    return (4 + 2 * ratio) * width**2


def times(
    model: SCT,
    frames: Tensor,
    repeats: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, float]:
    """Times each part on the model's device: least seconds by `LayerCost.key`, and of "whole".

    Each part is computed by itself, as often as is asked, from what the parts before it give. That
    costs a little more than in the whole pass, in which what a tile needs stays in the cache. The
    least of several is taken because whatever else the machine does can only add to it.

    Args:
        frames: (1, frame, 3, size, size), normalised, on the model's device.
        repeats: of each part, after one that is not counted.
        progress: called with (done, total) before each run and at the end, the runs in the order
            of `layer_costs` and of the whole, `repeats` + 1 of each; may raise, which ends it.
    """
    import torch

    from sct.kernels.precision import matrix_products

    steps = forward_steps(model, frames)
    total, done, seconds = (len(steps) + 1) * (repeats + 1), 0, {}

    def timed(run: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, float]:
        nonlocal done
        taken = []
        for _ in range(repeats + 1):
            if progress:
                progress(done, total)
            begun = time.perf_counter()
            out = run(x)
            if x.is_cuda:
                torch.cuda.synchronize()
            taken.append(time.perf_counter() - begun)
            done += 1
        return out, min(taken[1:])

    with torch.inference_mode(), matrix_products(frames, "auto"):
        x = frames
        for key, run in steps:
            x, seconds[key] = timed(run, x)
        _, seconds["whole"] = timed(lambda pixels: model(pixels).logits, frames)
    if progress:
        progress(total, total)
    return seconds


def forward_steps(model: SCT, frames: Tensor) -> list[tuple[str, Callable[[Tensor], Tensor]]]:
    """Cuts the forward pass of the model as trained into its parts, each a function of the last.

    They follow one another as in `SCT.forward` and give its logits. Keys as in `layer_costs`.
    """
    from sct.model.ablation import Ablation

    def clip(x: Tensor) -> Tensor:
        return model.embed_clip(x, "on")

    order = range(frames.shape[1])
    steps = [(PATCH, lambda pixels: model.embed(pixels, order))]
    settings = Ablation().resolve(model.config, frames.shape[-1])
    for stage, use in zip(model.stages, settings, strict=True):
        steps += _stage_steps(stage, use)
    return [*steps, (CLIP, clip), (HEAD, model.head)]


def _stage_steps(stage: Stage, use: StageSettings) -> list[tuple[str, Callable[[Tensor], Tensor]]]:
    from sct.kernels.tiling import over_frames

    def by_frames(run: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        """Takes some frames at a time, as the model does."""

        def of(x: Tensor) -> Tensor:
            return over_frames(run, x, x.shape[2] * x.shape[3] * x.shape[4] * stage.mlp_ratio)

        return of

    steps = [("lsh", by_frames(lambda x: stage.lsh(x, use)[0]))]
    if len(stage.vilt):
        steps.insert(0, ("vilt", by_frames(stage.vilt)))
    if len(stage.pool):
        steps.append(("pool", by_frames(stage.pool)))
    if len(stage.shifted):
        steps.append(("shifted", lambda x: stage.temporal(x, use)))
    return [(f"{stage.number}.{kind}", run) for kind, run in steps]
