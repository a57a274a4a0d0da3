"""Trainings that a benchmark measures: done if they are not there, gone on with if cut off."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click


def command(path: Path, options: Sequence[str]) -> list[str]:
    """What trains the checkpoint `path` (without an ending), after `python`."""
    return ["-m", "sct", "train", "--out", str(path), *options]


def shown(path: Path, options: Sequence[str]) -> str:
    """The same, to be typed into a shell."""
    return f"python {shlex.join(command(path, options))}"


def trained(path: Path, options: Sequence[str], steps: int) -> None:
    """Trains `path` with the options of `train`, unless a training of as many steps is there.

    Raises:
        click.ClickException: the training failed.
    """
    card = Path(f"{path}.json")
    if card.is_file() and json.loads(card.read_text())["steps"] == steps:
        return
    resume = Path(f"{path}.run.safetensors").is_file()
    words = command(path, ["--resume"] if resume else options)
    # What it says goes to stderr (2), as stdout is for the result.
    if subprocess.run([sys.executable, *words], stdout=2).returncode:
        raise click.ClickException(f"The training of {path.name} failed.")


def share(value: float, interval: Sequence[float]) -> str:
    """Per cent, with an interval."""
    low, high = interval
    return f"{100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"
