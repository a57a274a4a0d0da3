"""`python -m sct train`: train on made clips or on videos."""

import os
from typing import Any

import click

from sct import console
from sct.config import SIZES


@click.command()
@click.option(
    "--out",
    type=click.Path(),
    default="runs/sct-motion",
    show_default=True,
    metavar="PATH",
    callback=console.checkpoint_path,
    help="Where to write PATH.safetensors, PATH.json (the card) and PATH.csv (the course).",
)
@click.option("--overwrite", is_flag=True, help="Replace what --out holds already.")
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    default="sct_ti",
    show_default=True,
    help="A named size; all but sct_ti need a GPU.",
)
@click.option(
    "--init",
    metavar="NAME",
    help="Start from these weights (a name or a .safetensors file) instead of new ones; the size "
    "is then theirs.",
)
@console.number("--steps", click.IntRange(min=1), 1500, "Steps of one batch each.")
@console.number("--batch", click.IntRange(min=1), 32, "Clips in a batch.")
@console.number("--lr", click.FloatRange(min=0, min_open=True), 2e-3, "Highest learning rate.")
@console.number(
    "--warmup",
    click.FloatRange(0, 1, max_open=True),
    0.1,
    "Share of the steps over which it rises.",
)
@console.number("--seed", click.IntRange(min=0), 0, "Of weights and clips.")
@console.number(
    "--short-share",
    click.FloatRange(0, 1, max_open=True),
    0.6,
    "Share of the steps, the first ones, whose clips have 4 frames and so cost half.",
)
@click.option(
    "--grounded/--no-grounded",
    default=True,
    show_default=True,
    help="Teach half of the shifted attention heads to follow the clips' true motion.",
)
@console.number(
    "--grounding-weight", click.FloatRange(min=0), 0.5, "Weight of that lesson in the loss."
)
@click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", help="CPU threads; all if left out."
)
@console.device_option
def train(
    out: str,
    overwrite: bool,
    size: str,
    init: str | None,
    grounded: bool,
    threads: int | None,
    device: str,
    **numbers: Any,
) -> None:
    """Train a model on made clips of nine camera motions.

    Expect accuracy at chance (11%) for thousands of clips and then a sudden rise. Ctrl-C stops a
    run early and keeps what it has learned.

    \b
    Examples:
      python -m sct train --out runs/mine
      python -m sct train --out runs/longer --init runs/mine.safetensors --lr 5e-4
      python -m sct evaluate --data motion --model runs/mine.safetensors
    """
    import torch

    import sct
    from sct import training

    if os.path.exists(f"{out}.safetensors") and not overwrite:
        raise ValueError(f"{out}.safetensors exists; --overwrite replaces it.")
    if threads:
        torch.set_num_threads(threads)
    model = None
    if init:
        model, card = sct.load_with_card(init, device=device)
        model.requires_grad_(True)
        size = card.get("training", {}).get("size", size)
    config = training.TrainConfig(size=size, grounded=grounded, device=device, **numbers)
    try:
        with console.progress("steps") as progress:
            card = training.train(config, out, progress, model)
    except KeyboardInterrupt:
        click.echo(f"Stopped early; what was learned is in {out}.safetensors", err=True)
        raise
    click.echo(
        f"{out}.safetensors: {card['steps']} steps, {card['clips']} clips, "
        f"{card['seconds']:.0f} s; accuracy while training {card['training_accuracy']:.1%}"
    )
