"""The command `train`, which trains on synthetic clips or on videos."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from sct.cli import console
from sct.cli.guests import guest
from sct.cli.train_options import Grouped, training_options
from sct.training import lock

WRITTEN = (".safetensors", ".run.safetensors", ".json", ".csv", ".png")
IN_BAR = {"loss": "loss", "accuracy": "accuracy", "clips_per_s": "clips/s"}


@click.command(cls=Grouped)
@training_options
@click.pass_context
def train(
    ctx: click.Context,
    out: str,
    init: str | None,
    resume: bool,
    overwrite: bool,
    curves: bool,
    **values: Any,
) -> None:
    """Train a model on made clips of motion, or on videos with labels.

    On made clips expect accuracy at chance (6%) for thousands of clips and then a sudden rise.
    Ctrl-C saves the run and says how to go on; after a crash, --resume goes on from the last save.
    Under torchrun the same command trains in several processes.

    \b
    Examples:
      python -m sct train --out runs/mine
      python -m sct train --out runs/mine --resume
      python -m sct train --out runs/gestures --data gestures.csv --init sct-motion --lr 2e-4
      python -m sct train --out runs/free --no-grounded --config shifted_offsets=3
      torchrun --nproc-per-node 2 -m sct train --out runs/two --batch 64
      python -m sct evaluate --data motion --model runs/mine.safetensors
    """
    given = {
        name
        for name in ctx.params
        if ctx.get_parameter_source(name) not in (ParameterSource.DEFAULT, None)
    }
    if resume and overwrite:
        raise ValueError("--resume and --overwrite exclude each other.")
    if init and "size" in given:
        raise ValueError(f"--size is for new weights; those of --init {init} bring their own.")
    there = [f"{out}{ending}" for ending in WRITTEN if os.path.lexists(f"{out}{ending}")]
    if there and not resume and not overwrite:
        if lock.busy(Path(out)):  # to replace it, or to go on with it, would be bad advice
            raise lock.in_use(Path(out))
        raise ValueError(
            f"{there[0]} exists; --overwrite replaces it, --resume goes on with a saved run."
        )

    from sct.kernels import allocator
    from sct.training import distributed, run_state, trainer

    allocator.keep()
    if resume:
        saved = run_state.read(Path(out)).config.to_dict()
        values = {n: values[n] if n in given else saved[n] for n in values}
    elif init:
        values["size"] = ""
    config = trainer.TrainConfig.from_dict(values)
    first = distributed.rank() == 0
    try:
        with console.progress("steps") as progress:
            show, tell = (_from_here(progress), _tell) if first else (None, None)
            card = trainer.train(config, out, show, init, resume, tell)
    except trainer.Stopped as stopped:
        if first:
            said = f"Stopped and saved after step {stopped.step} of {config.steps}. Go on with:"
            console.say(said, f"  {_go_on(out, curves)}", err=True)
        raise
    except KeyboardInterrupt:
        if first and os.path.exists(run_state.state_path(Path(out))):
            said = "Interrupted. Go on from the last save with:"
            console.say(said, f"  {_go_on(out, curves)}", err=True)
        raise
    if not first:
        return
    valid = card.get("validation")
    console.say(
        f"{out}.safetensors: {card['steps']} steps, {card['clips']} clips, "
        f"{card['seconds']:.0f} s; accuracy while training {card['training_accuracy']:.1%}"
        + (f", on {valid['clips']} others {valid['accuracy']:.1%}" if valid else "")
    )
    if left_out := card.get("clips_left_out"):
        said = f"{left_out} {'clip or file' if left_out == 1 else 'clips or files'} left out"
        console.say(f"{said}; {out}.unreadable.txt names them and says why", err=True)
    if curves and (draw := guest("curves")):
        draw(f"{out}.csv", f"{out}.png")
        console.say(f"{out}.png: its curves")
    elif curves:
        console.say(f"{out}.png is not drawn, as the package viz is not installed", err=True)


def _tell(note: str) -> None:
    console.say(note, err=True)


def _from_here(progress: Callable[..., None]) -> Callable[..., None]:
    """Narrow `progress` to the steps that this call makes, for the time left is theirs."""
    start: int | None = None

    def show(done: int, steps: int, figures: dict[str, float]) -> None:
        nonlocal start
        start = done if start is None else start
        said = {name: figures[key] for key, name in IN_BAR.items() if key in figures}
        if steps > start:
            progress(done - start, steps - start, said)

    return show


def _go_on(out: str, curves: bool) -> str:
    """Return the command that goes on with a run."""
    start = "python -m sct train"
    processes = os.environ.get("LOCAL_WORLD_SIZE", "")
    if "TORCHELASTIC_RUN_ID" in os.environ and processes.isdigit():
        machines = os.environ.get("GROUP_WORLD_SIZE", "1")
        several = f"--nnodes {machines} " if machines.isdigit() and machines != "1" else ""
        start = f"torchrun {several}--nproc-per-node {processes} -m sct train"
    return f"{start} --out {shlex.quote(out)} --resume" + ("" if curves else " --no-curves")
