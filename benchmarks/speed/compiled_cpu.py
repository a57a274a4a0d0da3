"""Blocks of chunk attention on one core, beside the same compiled by PyTorch's C++ backend.

    python -m benchmarks.speed.compiled_cpu [--repeats N] [--json]

Whether compiled blocks, kept as a package, would make a pass faster on a CPU: a block of each stage
of SCT-S takes the chunks of as many frames as a core has at a time, as it is and compiled, in turn.
"""

from __future__ import annotations

import statistics
import time
from typing import NamedTuple

import click
import torch
from torch import nn

from sct.cli import console
from sct.cli.terminal import say
from sct.model.attention import ChunkAttention
from sct.model.config import SIZES


class Row(NamedTuple):
    """The milliseconds of a block of a stage as it is, compiled, and compiled with fixed weights.

    `built` is the seconds that compiling took, `off` the largest difference of results.
    """

    stage: int
    plain: float
    compiled: float
    frozen: float
    built: float
    off: float


def measure(block: nn.Module, x: torch.Tensor, repeats: int, stage: int = 1) -> Row:
    """Time a block as it is and compiled, in turn."""
    import torch._inductor.config as inductor

    begun = time.perf_counter()
    compiled = torch.compile(block, dynamic=False)
    off = float((compiled(x) - block(x)).abs().max())
    built = time.perf_counter() - begun
    with inductor.patch(freezing=True):
        frozen = torch.compile(lambda x: block(x), dynamic=False)
        frozen(x)
    works = (block, compiled, frozen)
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, times in zip(works, seconds, strict=True):
            begun = time.perf_counter()
            work(x)
            times.append(time.perf_counter() - begun)
    return Row(stage, *(1e3 * statistics.median(times) for times in seconds), built, off)


@click.command()
@click.option("--repeats", type=click.IntRange(min=1), default=15, show_default=True)
@console.json_option
def main(repeats: int, as_json: bool) -> None:
    """Compare blocks of SCT-S with the same compiled by torch.compile, on one core."""
    torch.set_num_threads(1)
    config = SIZES["sct_s"]
    found = []
    with torch.inference_mode():
        for stage, (grid, width, heads) in enumerate(
            zip(config.grids, config.widths, config.heads, strict=True), 1
        ):
            frames = max(1, (4 << 20) // (20 * grid * grid * width))  # what fills a core's cache
            block = ChunkAttention(1, width, heads, config.mlp_ratio, config.chunk).eval()
            found.append(measure(block, torch.randn(1, frames, grid, grid, width), repeats, stage))
    if as_json:
        console.print_json({"rows": [row._asdict() for row in found]})
        return
    say(f"torch {torch.__version__}, one thread, medians of {repeats} in turn")
    for row in found:
        say(
            f"stage {row.stage}: {row.plain:.2f} ms, compiled {row.compiled:.2f}, with fixed "
            f"weights {row.frozen:.2f}; built in {row.built:.0f} s, off by {row.off:.0e}"
        )


if __name__ == "__main__":
    main()
