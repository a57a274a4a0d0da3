"""Parts that studies share: the command line, tables in Markdown, and trainings to be measured."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from sct.cli import console
from sct.numbers import cut


def run(command: click.Command, name: str) -> None:
    """Run the command of the study `name`; errors are one line on stderr."""
    prog = f"python -m benchmarks.studies.{name}"
    console.run(partial(command, prog_name=prog, standalone_mode=False), name)


def markdown(rows: Sequence[Sequence[object]]) -> list[str]:
    """Write a table as lines of Markdown; the first row holds its heads."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def percent(value: float, interval: Sequence[float]) -> str:
    """Write a share and its interval in per cent, cut off as every claim is."""
    low, high = map(plain_percent, interval)
    return f"{plain_percent(value)} ({low} to {high})"


def plain_percent(value: float) -> str:
    """Write a share in per cent, cut off, without a sign."""
    return cut(value).rstrip("%")


def training_command(path: Path, options: Sequence[str]) -> str:
    """Write the command that trains the checkpoint `path` (without an ending), as for a shell."""
    return f"python {shlex.join(_train_arguments(path, options))}"


def _train_arguments(path: Path, options: Sequence[str]) -> list[str]:
    return ["-m", "sct", "train", "--out", str(path), *options]


def train(path: Path, options: Sequence[str], steps: int) -> None:
    """Train `path` with the options of `train`, unless a training of as many steps is there.

    A training that was cut off goes on where it was.

    Raises:
        click.ClickException: the training failed.
    """
    card = Path(f"{path}.json")
    if card.is_file() and json.loads(card.read_text())["steps"] == steps:
        return
    resume = Path(f"{path}.run.safetensors").is_file()
    arguments = _train_arguments(path, ["--resume"] if resume else options)
    # What it says goes to stderr (2), as stdout is for the result.
    if subprocess.run([sys.executable, *arguments], stdout=2).returncode:
        raise click.ClickException(f"The training of {path.name} failed.")
