"""The options of `python -m sct train`, under the headings of its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sct.cli import console
from sct.cli.options import declared, option_of, with_options
from sct.cli.paths import PathType, Source
from sct.datasets.options import Augment, ReadOptions
from sct.training.config import TrainConfig

_FIELDS = declared(TrainConfig, ReadOptions, Augment)


def _options(names: str) -> list[Callable[..., Any]]:
    return [option_of(_FIELDS[name]) for name in names.split()]


HEADINGS: dict[str, list[Callable[..., Any]]] = {
    "What to learn from": [
        click.option(
            "--data",
            type=Source(),
            default="motion",
            show_default=True,
            metavar="WHAT",
            help="motion: made clips without end; composite: the same, of a camera and a subject "
            "that move by themselves. Or videos: a folder of class folders, a .csv or .txt list "
            "(path,label[,split][,group][,start,end][,left,top,right,bottom]), "
            "ucf101:DIR, hmdb51:DIR, kinetics:FILE.csv, ssv2:DIR.",
        ),
        click.option(
            "--photos",
            default="",
            metavar="DIR",
            help="Of composite clips: photographs to be scenes.",
        ),
        click.option(
            "--footage",
            type=Source(),
            multiple=True,
            default=(),
            metavar="DIR[=LABEL]",
            help="Of composite clips: videos of a standing camera to be filmed, and what their "
            "subject does, if it is always the same; may be repeated.",
        ),
        *_options("label_column group_column test_share split_seed fold"),
    ],
    "The model": [
        *_options("size"),
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
            type=PathType(),
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
    ],
    "Learning": _options(
        "steps batch optimizer lr muon_lr min_lr "
        "warmup weight_decay betas clip_gradient ema label_smoothing seed"
    ),
    "Made clips": _options("grounded grounding_weight patch_weight short_frames short_share block"),
    "Videos": _options("sampling stride_s fps crop aspect flips flips_vertical colour temporal"),
    "Results": [
        click.option(
            "--out",
            type=PathType(),
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
        *_options("save_every log_every validate_every validation_clips"),
        click.option(
            "--curves/--no-curves", default=True, show_default=True, help="Write PATH.png."
        ),
    ],
    "The machine": [console.device_option, *_options("precision threads workers cache_mb")],
}
training_options = with_options([option for options in HEADINGS.values() for option in options])


class Grouped(click.Command):
    """Lists the options of a command under headings in its help."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = iter([option.get_help_record(ctx) for option in self.get_params(ctx)])
        for title, options in HEADINGS.items():
            with formatter.section(title):
                formatter.write_dl([next(records) for _ in options])
        with formatter.section("Other"):
            formatter.write_dl(list(records))
