"""The command `seal`, which writes into a card which weights it is of."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sct.cli.paths import PathType
from sct.cli.terminal import say
from sct.validation import short


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=PathType(dir_okay=False, path_type=Path),
    metavar="FILE.safetensors...",
)
def seal(paths: tuple[Path, ...]) -> None:
    """Bind cards to the weights beside them, by the SHA-256 of the weights.

    Training does so by itself. For checkpoints that are older, and cards that were made by hand:
    the weights must fit the card, and be finite. Only the card is written anew.

    \b
    Example:
      python -m sct seal runs/mine.safetensors
    """
    if wrong := [path for path in paths if path.suffix != ".safetensors"]:
        name = short(os.fspath(wrong[0]), 200)
        raise click.UsageError(f"{name} is no .safetensors file: its card is found beside it.")
    from sct.checkpoint import io
    from sct.checkpoint.pair import KEY

    for path in paths:
        say(f"{io.seal(path)[KEY]}  {path}")
