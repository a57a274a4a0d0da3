"""The options of `python -m sct train`, under the headings of its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sct.cli import console
from sct.model.config import OPTIMIZERS, PRECISIONS, SIZES

_SHARE = click.FloatRange(0, 1, max_open=True)
HEADINGS: dict[str, tuple[Callable, ...]] = {
    "What to learn from": (
        click.option(
            "--data",
            default="motion",
            show_default=True,
            metavar="WHAT",
            help="motion: made clips without end. Or videos: a folder of class folders, a .csv "
            "manifest (path,label[,split][,group][,start,end][,left,top,right,bottom]), "
            "ucf101:DIR, hmdb51:DIR, kinetics:FILE.csv, ssv2:DIR.",
        ),
        click.option("--label-column", default="label", show_default=True, help="Of a manifest."),
        click.option("--group-column", default="group", show_default=True, help="Of a manifest."),
        console.number(
            "--test-share",
            click.FloatRange(0, 1, min_open=True, max_open=True),
            0.2,
            "Share of the clips that is held out where the data has no split of its own.",
        ),
        console.number("--split-seed", click.IntRange(min=0), 0, "Draws that split."),
        console.number("--fold", click.IntRange(1, 3), 1, "Official split of UCF101 and HMDB51."),
    ),
    "The model": (
        click.option(
            "--size",
            type=click.Choice(list(SIZES)),
            default="sct_ti",
            show_default=True,
            help="A named size; sct_s, sct_m and sct_l need a GPU.",
        ),
        click.option(
            "--config",
            "overrides",
            multiple=True,
            default=(),
            metavar="FIELD=VALUE",
            help="Another value for a field of SCTConfig, such as shifted_blocks=0 or "
            "widths=32,64,128; may be repeated.",
        ),
        click.option(
            "--ablate",
            default="none",
            show_default=True,
            metavar="TEXT",
            help="Train a twin without some part, as field=value;..., for example 'lsh=full', "
            "'clip=mean' or 'shifted=self' (with --no-grounded). Measure it with the same text.",
        ),
        click.option(
            "--init",
            metavar="NAME",
            help="Start from these weights (a name or a .safetensors file) instead of new ones. "
            "The size is then theirs; the last layer is new where the labels differ.",
        ),
        click.option(
            "--freeze",
            multiple=True,
            default=(),
            metavar="PART",
            help="Leave a part as it is, such as patch, stages.0 or clip; may be repeated.",
        ),
    ),
    "Learning": (
        console.number("--steps", click.IntRange(min=1), 4800, "Steps of one batch each."),
        console.number(
            "--batch", click.IntRange(min=1), 24, "Clips in a step, of all processes together."
        ),
        click.option(
            "--optimizer",
            type=click.Choice(OPTIMIZERS),
            default="muon",
            show_default=True,
            help="muon: for matrices inside blocks, and AdamW for all else; adamw: for all.",
        ),
        console.number(
            "--lr",
            click.FloatRange(min=0, min_open=True),
            None,
            "Highest rate of AdamW: by default 0.001, on videos 0.0005.",
        ),
        console.number(
            "--muon-lr",
            click.FloatRange(min=0, min_open=True),
            None,
            "Highest rate of Muon: by default 0.01, on videos 0.002.",
        ),
        console.number(
            "--min-lr", click.FloatRange(0, 1), 0.01, "Share of them that is left at the end."
        ),
        console.number("--warmup", _SHARE, 0.05, "Share of the steps over which they rise."),
        console.number(
            "--weight-decay", click.FloatRange(min=0), 0.05, "Of AdamW, on matrices only."
        ),
        click.option(
            "--betas",
            type=(float, float),
            default=(0.9, 0.99),
            show_default=True,
            metavar="N N",
            help="Of AdamW.",
        ),
        console.number(
            "--clip-gradient",
            click.FloatRange(min=0, min_open=True),
            0.5,
            "Largest norm of the gradient.",
        ),
        console.number(
            "--ema",
            _SHARE,
            0.998,
            "Decay of the running mean of the weights, which is what is written; 0 writes the "
            "last ones.",
        ),
        console.number(
            "--label-smoothing", _SHARE, 0.05, "Share of a target that goes to all labels."
        ),
        console.number("--seed", click.IntRange(min=0), 0, "Of weights and clips."),
    ),
    "Made clips": (
        click.option(
            "--grounded/--no-grounded",
            default=True,
            show_default=True,
            help="Teach half of the shifted attention heads of each stage but the first to follow "
            "the clips' true motion.",
        ),
        console.number(
            "--grounding-weight", click.FloatRange(min=0), 1.0, "Weight of that lesson in the loss."
        ),
        console.number("--short-frames", click.IntRange(min=1), 4, "Frames of short clips."),
        console.number(
            "--short-share",
            _SHARE,
            0.75,
            "Share of the steps, the first ones, whose clips are short and so cost less.",
        ),
        console.number(
            "--block",
            click.IntRange(min=1),
            8,
            "Clips that share a seed: a GPU makes large blocks faster. Another number makes other "
            "clips.",
        ),
    ),
    "Videos": (
        click.option(
            "--sampling",
            type=click.Choice(["spread", "dense"]),
            default="spread",
            show_default=True,
            help="Frames over all of a video, or --stride-s apart somewhere in it.",
        ),
        console.number(
            "--stride-s",
            click.FloatRange(0, 10, min_open=True),
            0.1,
            "Seconds from frame to frame under dense sampling.",
        ),
        click.option(
            "--crop",
            type=(float, float),
            default=(0.5, 1.0),
            show_default=True,
            metavar="N N",
            help="Smallest and largest share of the picture that is cut out.",
        ),
        console.number(
            "--aspect", click.FloatRange(1, 2), 1.2, "Most by which that part is wider or higher."
        ),
        click.option(
            "--flips/--no-flips",
            default=True,
            show_default=True,
            help="Mirror half of the clips; labels that a mirror exchanges are exchanged.",
        ),
        click.option(
            "--flips-vertical/--no-flips-vertical",
            default=False,
            show_default=True,
            help="The same for top and bottom.",
        ),
        console.number(
            "--colour", _SHARE, 0.3, "How far brightness, contrast and colour may change."
        ),
        console.number("--temporal", _SHARE, 0.3, "How far the frames' times may change."),
    ),
    "Results": (
        click.option(
            "--out",
            type=click.Path(),
            default="runs/sct-motion",
            show_default=True,
            metavar="PATH",
            callback=console.checkpoint_path,
            help="Where to write PATH.safetensors, PATH.json (the card), PATH.csv (the course), "
            "PATH.png (its curves) and PATH.run.safetensors (what it takes to go on).",
        ),
        click.option(
            "--resume",
            is_flag=True,
            help="Go on with the run in --out where it was saved last; other options are then its "
            "own.",
        ),
        click.option("--overwrite", is_flag=True, help="Replace what --out holds already."),
        console.number(
            "--save-every", click.IntRange(min=1), 100, "Steps from one save to the next."
        ),
        console.number("--log-every", click.IntRange(min=1), 10, "Steps to a row of PATH.csv."),
        console.number(
            "--validate-every",
            click.IntRange(min=0),
            500,
            "Steps from one validation on clips that are not trained on to the next; 0 leaves it "
            "out.",
        ),
        console.number("--validation-clips", click.IntRange(min=1), 200, "Clips of a validation."),
        click.option(
            "--curves/--no-curves", default=True, show_default=True, help="Write PATH.png."
        ),
    ),
    "The machine": (
        console.device_option,
        click.option(
            "--precision",
            type=click.Choice(PRECISIONS),
            default="auto",
            show_default=True,
            help="Of matrix products; auto is bfloat16 on a GPU and float32 on a CPU.",
        ),
        console.number("--threads", click.IntRange(min=0), 0, "CPU threads; 0 takes all."),
        console.number(
            "--workers", click.IntRange(min=0), 0, "Threads that read videos; 0 takes one a core."
        ),
        console.number(
            "--cache-mb", click.FloatRange(min=0), 1500.0, "Memory for decoded pictures."
        ),
    ),
}


def training_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command all of them."""
    for options in reversed(HEADINGS.values()):
        for option in reversed(options):
            function = option(function)
    return function


class Grouped(click.Command):
    """A command whose help lists its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = iter([option.get_help_record(ctx) for option in self.get_params(ctx)])
        for title, options in HEADINGS.items():
            with formatter.section(title):
                formatter.write_dl([next(records) for _ in options])
        with formatter.section("Other"):
            formatter.write_dl(list(records))
