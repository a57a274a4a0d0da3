"""What a card could do at best: each part's operations and bytes, against what it does a second.

    python -m benchmarks.speed.roofline [--size sct_s] [--batch 8] [--card H100] [--device cuda]

A part takes no less time than its products take at the card's peak, nor than it takes to read what
goes in and its weights once, and to write what comes out once. No program reaches both; the table
says which of them binds, and on a GPU how long each part takes there.
"""

from __future__ import annotations

from functools import partial

import click

from sct.cli import console

# Dense bfloat16 products in TFLOP/s and memory in TB/s, by NVIDIA's data sheets (SXM).
CARDS = {"H100": (989.0, 3.35), "H200": (989.0, 4.8)}
GRID, WEIGHT, PIXEL = 4, 2, 4  # bytes: the residual stream is float32, weights are read in bfloat16


def bounds(size: str, batch: int, card: str) -> list[dict[str, float | str]]:
    """Return for each part of a model its operations, its bytes, and what time each takes at least.

    Keys are "part", "gflop", "mb", "compute_ms" and "memory_ms".
    """
    import math

    import sct
    from sct.profiling.layers import PATCH, layer_costs

    tera, bandwidth = CARDS[card]
    rows = []
    for cost in layer_costs(sct.SIZES[size]):
        operations = 2 * batch * (cost.macs + cost.attention_macs)
        taken = (PIXEL if cost.key == PATCH else GRID) * math.prod(cost.takes)
        moved = batch * (taken + GRID * math.prod(cost.gives)) + WEIGHT * cost.parameters
        rows.append({
            "part": cost.key, "gflop": operations / 1e9, "mb": moved / 1e6,
            "compute_ms": operations / tera / 1e9, "memory_ms": moved / bandwidth / 1e9,
        })  # fmt: skip
    return rows


def measured(size: str, batch: int) -> dict[str, float]:
    """Return the milliseconds that each part takes on a GPU, by its key."""
    import torch

    import sct
    from sct.profiling.layers import times

    model = sct.build(size).cuda().eval()
    config = model.config
    frames = torch.randn(batch, config.frames, 3, config.image_size, config.image_size).cuda()
    return {key: 1000 * seconds for key, seconds in times(model, frames).items()}


@click.command()
@click.option("--size", default="sct_s", show_default=True)
@click.option("--batch", type=click.IntRange(min=1), default=8, show_default=True)
@click.option("--card", type=click.Choice(list(CARDS)), default="H100", show_default=True)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@console.json_option
def main(size: str, batch: int, card: str, device: str, as_json: bool) -> None:
    """Print what each part of a model takes at least on a card, and with a GPU what it takes."""
    rows, here = bounds(size, batch, card), measured(size, batch) if device == "cuda" else {}
    for row in rows:
        row["least_ms"] = max(row["compute_ms"], row["memory_ms"])
        row["measured_ms"] = here.get(str(row["part"]))
    if as_json:
        console.print_json({"size": size, "batch": batch, "card": card, "rows": rows})
        return
    numbers = ("gflop", "mb", "compute_ms", "memory_ms", "least_ms")
    table = [["part", "GFLOP", "MB", "products, ms", "memory, ms", "at least, ms", "here, ms"]]
    rows.append({"part": "all", **{name: sum(row[name] for row in rows) for name in numbers}})
    rows[-1]["measured_ms"] = here.get("whole")
    for row in rows:
        digits = [f"{row['gflop']:.1f}", f"{row['mb']:.0f}"]
        digits += [f"{row[name]:.3f}" for name in numbers[2:]]
        said = row["measured_ms"]
        table.append([str(row["part"]), *digits, "-" if said is None else f"{said:.3f}"])
    console.print_table(table)


if __name__ == "__main__":
    console.run(partial(main, standalone_mode=False), "roofline")
