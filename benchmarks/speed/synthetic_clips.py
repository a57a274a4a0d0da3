"""Rate at which synthetic clips are drawn, beside that at which training consumes them.

    python -m benchmarks.speed.synthetic_clips [--device cuda] [--precision bfloat16] [--json]

Both are timed in turn, batch by batch, so that what else the machine does falls on both alike; the
figures are medians, and the ratio is that of the medians.
"""

from __future__ import annotations

import statistics
import time
from functools import partial

import click
import torch

from sct.checkpoint.io import pick_device
from sct.cli import console
from sct.datasets.loaders import Batch, SyntheticLoader
from sct.kernels import PRECISIONS, allocator
from sct.model.ablation import Ablation
from sct.training.config import TrainConfig
from sct.training.distributed import World
from sct.training.initialize import new_model
from sct.training.loss import TrainingLoss


def measure(frames: int, rounds: int, device: torch.device, precision: str) -> dict[str, float]:
    """Measure clips drawn and consumed a second at `frames` frames a clip, and their ratio."""
    config = TrainConfig(precision=precision)
    model = new_model(config).to(device).train()
    training_loss = TrainingLoss(model, config, World(0, 1, device))
    loader = SyntheticLoader(config.batch, 0, model.config.image_size, device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)

    def make(step: int) -> Batch:
        return loader.batch(step, frames)

    def learn(batch: Batch) -> None:
        loss, _, _ = training_loss(batch, Ablation(seed=0))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def timed(work, *args) -> tuple[object, float]:
        began = time.perf_counter()
        done = work(*args)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return done, time.perf_counter() - began

    learn(make(0))
    making, learning = [], []
    for step in range(rounds):
        batch, seconds = timed(make, step + 1)
        making.append(seconds)
        learning.append(timed(learn, batch)[1])
    made, consumed = (config.batch / statistics.median(s) for s in (making, learning))
    return {
        "frames": frames,
        "made_per_s": round(made, 1),
        "consumed_per_s": round(consumed, 1),
        "ratio": round(made / consumed, 2),
    }


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=9, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--precision", type=click.Choice(PRECISIONS), default="auto", show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(rounds: int, device: str, precision: str, as_json: bool) -> None:
    """Time the drawing of clips beside the training that consumes them."""
    where = pick_device(device)
    allocator.keep()  # as `train` does
    rows = [measure(frames, rounds, where, precision) for frames in (4, 8)]
    if as_json:
        console.print_json(rows)
        return
    for row in rows:
        console.say(
            f"{row['frames']} frames a clip: {row['made_per_s']} clips/s made, "
            f"{row['consumed_per_s']} consumed, {row['ratio']} times as fast"
        )


if __name__ == "__main__":
    console.run(partial(main, standalone_mode=False), "synthetic_clips")
