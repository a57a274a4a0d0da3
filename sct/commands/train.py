"""`python -m sct train`: train on made clips or on videos."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from sct import console
from sct.config import OPTIMIZERS, PRECISIONS, SIZES

GROUPS = {
    "What to learn from": (
        ("data", "label_column", "group_column", "test_share", "split_seed", "fold")
    ),
    "The model": ("size", "overrides", "ablate", "init", "freeze"),
    "Learning": (
        (
            "steps",
            "batch",
            "optimizer",
            "lr",
            "muon_lr",
            "min_lr",
            "warmup",
            "weight_decay",
            "betas",
            "clip_gradient",
        )
        + ("ema", "label_smoothing", "short_frames", "short_share", "seed")
    ),
    "Made clips": ("grounded", "grounding_weight", "block"),
    "Videos": (
        ("sampling", "stride_s", "crop", "aspect", "flips", "flips_vertical", "colour", "temporal")
    ),
    "Results": (
        ("out", "resume", "overwrite", "save_every", "log_every", "validate_every")
        + ("validation_clips", "curves")
    ),
    "The machine": ("device", "precision", "threads", "workers", "cache_mb"),
}
WRITTEN = (".safetensors", ".run.safetensors", ".json", ".csv", ".png")
IN_BAR = {"loss": "loss", "accuracy": "accuracy", "clips_per_s": "clips/s"}
_SHARE = click.FloatRange(0, 1, max_open=True)


class Grouped(click.Command):
    """A command whose help lists its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        left = {option.name: option.get_help_record(ctx) for option in self.get_params(ctx)}
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([left.pop(name) for name in names])
        with formatter.section("Other"):
            formatter.write_dl(list(left.values()))


@click.command(cls=Grouped)
@click.option(
    "--data",
    default="motion",
    show_default=True,
    metavar="WHAT",
    help="motion: made clips without end. Or videos: a folder of class folders, a .csv manifest "
    "(path,label[,split][,group][,start,end][,left,top,right,bottom]), ucf101:DIR, hmdb51:DIR, "
    "kinetics:FILE.csv, ssv2:DIR.",
)
@click.option("--label-column", default="label", show_default=True, help="Of a manifest.")
@click.option("--group-column", default="group", show_default=True, help="Of a manifest.")
@console.number(
    "--test-share",
    click.FloatRange(0, 1, min_open=True, max_open=True),
    0.2,
    "Share of the clips that is held out where the data has no split of its own.",
)
@console.number("--split-seed", click.IntRange(min=0), 0, "Draws that split.")
@console.number("--fold", click.IntRange(1, 3), 1, "Official split of UCF101 and HMDB51.")
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    default="sct_ti",
    show_default=True,
    help="A named size; all but sct_ti need a GPU.",
)
@click.option(
    "--config",
    "overrides",
    multiple=True,
    default=(),
    metavar="FIELD=VALUE",
    help="Another value for a field of SCTConfig, such as shifted_blocks=0 or widths=32,64,128; "
    "may be repeated.",
)
@click.option(
    "--ablate",
    default="none",
    show_default=True,
    metavar="TEXT",
    help="Train a twin without some part, as field=value;..., for example 'lsh=full', "
    "'clip=mean' or 'shifted=self' (with --no-grounded). Measure it with the same text.",
)
@click.option(
    "--init",
    metavar="NAME",
    help="Start from these weights (a name or a .safetensors file) instead of new ones. The size "
    "is then theirs; the last layer is new where the labels differ.",
)
@click.option(
    "--freeze",
    multiple=True,
    default=(),
    metavar="PART",
    help="Leave a part as it is, such as patch, stages.0 or clip; may be repeated.",
)
@console.number("--steps", click.IntRange(min=1), 4800, "Steps of one batch each.")
@console.number("--batch", click.IntRange(min=1), 24, "Clips in a step, of all processes together.")
@click.option(
    "--optimizer",
    type=click.Choice(OPTIMIZERS),
    default="muon",
    show_default=True,
    help="muon: for matrices inside blocks, and AdamW for all else; adamw: for all.",
)
@console.number("--lr", click.FloatRange(min=0, min_open=True), 1e-3, "Highest rate of AdamW.")
@console.number("--muon-lr", click.FloatRange(min=0, min_open=True), 0.01, "Highest rate of Muon.")
@console.number("--min-lr", click.FloatRange(0, 1), 0.01, "Share of them that is left at the end.")
@console.number("--warmup", _SHARE, 0.05, "Share of the steps over which they rise.")
@console.number("--weight-decay", click.FloatRange(min=0), 0.05, "Of AdamW, on matrices only.")
@click.option(
    "--betas",
    type=(float, float),
    default=(0.9, 0.99),
    show_default=True,
    metavar="N N",
    help="Of AdamW.",
)
@console.number(
    "--clip-gradient", click.FloatRange(min=0, min_open=True), 0.5, "Largest norm of the gradient."
)
@console.number(
    "--ema",
    _SHARE,
    0.998,
    "Decay of the running mean of the weights, which is what is written; 0 writes the last ones.",
)
@console.number("--label-smoothing", _SHARE, 0.05, "Share of a target that goes to all labels.")
@console.number("--short-frames", click.IntRange(min=1), 4, "Frames of short clips.")
@console.number(
    "--short-share",
    _SHARE,
    0.75,
    "Share of the steps, the first ones, whose clips are short and so cost less.",
)
@console.number("--seed", click.IntRange(min=0), 0, "Of weights and clips.")
@click.option(
    "--grounded/--no-grounded",
    default=True,
    show_default=True,
    help="Teach half of the shifted attention heads of each stage but the first to follow the "
    "clips' true motion.",
)
@console.number(
    "--grounding-weight", click.FloatRange(min=0), 1.0, "Weight of that lesson in the loss."
)
@console.number(
    "--block",
    click.IntRange(min=1),
    8,
    "Clips that share a seed: a GPU makes large blocks faster. Another number makes other clips.",
)
@click.option(
    "--sampling",
    type=click.Choice(["spread", "dense"]),
    default="spread",
    show_default=True,
    help="Frames over all of a video, or --stride-s apart somewhere in it.",
)
@console.number(
    "--stride-s",
    click.FloatRange(0, 10, min_open=True),
    0.1,
    "Seconds from frame to frame under dense sampling.",
)
@click.option(
    "--flips/--no-flips",
    default=True,
    show_default=True,
    help="Mirror half of the clips; labels that a mirror exchanges are exchanged.",
)
@click.option(
    "--flips-vertical/--no-flips-vertical",
    default=False,
    show_default=True,
    help="The same for top and bottom.",
)
@click.option(
    "--crop",
    type=(float, float),
    default=(0.5, 1.0),
    show_default=True,
    metavar="N N",
    help="Smallest and largest share of the picture that is cut out.",
)
@console.number(
    "--aspect", click.FloatRange(1, 2), 1.2, "Most by which that part is wider or higher."
)
@console.number("--colour", _SHARE, 0.3, "How far brightness, contrast and colour may change.")
@console.number("--temporal", _SHARE, 0.3, "How far the frames' times may change.")
@click.option(
    "--out",
    type=click.Path(),
    default="runs/sct-motion",
    show_default=True,
    metavar="PATH",
    callback=console.checkpoint_path,
    help="Where to write PATH.safetensors, PATH.json (the card), PATH.csv (the course), PATH.png "
    "(its curves) and PATH.run.safetensors (what it takes to go on).",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with the run in --out where it was saved last; other options are then its own.",
)
@click.option("--overwrite", is_flag=True, help="Replace what --out holds already.")
@console.number("--save-every", click.IntRange(min=1), 100, "Steps from one save to the next.")
@console.number("--log-every", click.IntRange(min=1), 10, "Steps to a row of PATH.csv.")
@console.number(
    "--validate-every",
    click.IntRange(min=0),
    500,
    "Steps from one validation on clips that are not trained on to the next; 0 leaves it out.",
)
@console.number("--validation-clips", click.IntRange(min=1), 200, "Clips of a validation.")
@click.option("--curves/--no-curves", default=True, show_default=True, help="Write PATH.png.")
@console.device_option
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="auto",
    show_default=True,
    help="Of matrix products; auto is bfloat16 on a GPU and float32 on a CPU.",
)
@console.number("--threads", click.IntRange(min=0), 0, "CPU threads; 0 takes all.")
@console.number(
    "--workers", click.IntRange(min=0), 0, "Threads that read videos; 0 takes one a core."
)
@console.number("--cache-mb", click.FloatRange(min=0), 1500.0, "Memory for decoded pictures.")
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
      python -m sct train --out runs/gestures --data gestures.csv --init sct-motion --lr 5e-4
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
        raise ValueError(
            f"{there[0]} exists; --overwrite replaces it, --resume goes on with a saved run."
        )

    from sct import training
    from sct.learning import parallel, runs

    if resume:
        saved = runs.read(Path(out)).config.to_dict()
        values = {n: values[n] if n in given else saved[n] for n in values}
    elif init:
        values["size"] = ""
    config = training.TrainConfig(**values)
    first = parallel.rank() == 0
    try:
        with console.progress("steps") as progress:
            card = training.train(
                config, out, _from_here(progress) if first else None, init, resume
            )
    except training.Stopped as stopped:
        if first:
            said = f"Stopped and saved after step {stopped.step} of {config.steps}. Go on with:"
            click.echo(f"{said}\n  {_go_on(out, curves)}", err=True)
        raise
    except KeyboardInterrupt:
        if first and os.path.exists(runs.state_path(Path(out))):
            click.echo(
                f"Interrupted. Go on from the last save with:\n  {_go_on(out, curves)}", err=True
            )
        raise
    if not first:
        return
    valid = card.get("validation")
    click.echo(
        f"{out}.safetensors: {card['steps']} steps, {card['clips']} clips, "
        f"{card['seconds']:.0f} s; accuracy while training {card['training_accuracy']:.1%}"
        + (f", on {valid['clips']} others {valid['accuracy']:.1%}" if valid else "")
    )
    if left_out := card.get("clips_left_out"):
        said = f"{left_out} {'clip' if left_out == 1 else 'clips'} left out, as they cannot be read"
        click.echo(f"{said}; {out}.unreadable.txt names them", err=True)
    if curves:
        from sct.learning import curves as drawing

        drawing.draw(f"{out}.csv", f"{out}.png")
        click.echo(f"{out}.png: its curves")


def _from_here(progress: Callable[..., None]) -> Callable[..., None]:
    """`progress` over the steps that this call makes, or its time left would count the others."""
    start: int | None = None

    def show(done: int, steps: int, figures: dict[str, float]) -> None:
        nonlocal start
        start = done if start is None else start
        said = {name: figures[key] for key, name in IN_BAR.items() if key in figures}
        if steps > start:
            progress(done - start, steps - start, said)

    return show


def _go_on(out: str, curves: bool) -> str:
    """The command that goes on with a run."""
    start = "python -m sct train"
    processes = os.environ.get("LOCAL_WORLD_SIZE", "")
    if "TORCHELASTIC_RUN_ID" in os.environ and processes.isdigit():
        machines = os.environ.get("GROUP_WORLD_SIZE", "1")
        several = f"--nnodes {machines} " if machines.isdigit() and machines != "1" else ""
        start = f"torchrun {several}--nproc-per-node {processes} -m sct train"
    return f"{start} --out {shlex.quote(out)} --resume" + ("" if curves else " --no-curves")
