"""The command `ablate`, which measures the worth of parts, to one clip and over many."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from sct.cli import ablate_tables as tables
from sct.cli import console, reading
from sct.cli.paths import PathType, Source
from sct.datasets.options import as_trained_on
from sct.labels import names_of, place_of

if TYPE_CHECKING:
    from sct.ablation_study import Component
    from sct.datasets.options import EvaluationOptions
    from sct.model.ablation import Ablation
    from sct.model.config import SCTConfig
    from sct.model.sct import SCT

SWEPT = ("offsets", "rounds", "frames")


class _Variants(click.Command):
    """`--variants A B` means `--variants A --variants B`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        within = False
        for arg in args:
            if arg.startswith("-") or not (within and ("=" in arg or arg == "none")):
                within = arg == "--variants"
                spread.append(arg)
            else:
                spread += [arg] if spread[-1] == "--variants" else ["--variants", arg]
        return super().parse_args(ctx, spread)


def _numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...]:
    parts = value.split(",") if value else []
    if not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise click.BadParameter(f"{value!r}: whole numbers, as in 0,1,2.", ctx=ctx, param=param)
    if any(len(part) > 9 for part in parts):
        raise click.BadParameter("a number of that many digits.", ctx=ctx, param=param)
    return tuple(map(int, parts))


@click.command(cls=_Variants)
@click.argument("clip", type=PathType(), required=False)
@click.option(
    "--data",
    type=Source(),
    metavar="WHAT",
    help="Many clips in place of one: motion, footage:DIR, a folder, a .csv manifest, a "
    ".zip of either; as in evaluate.",
)
@click.option(
    "--parts",
    metavar="WHICH",
    help="What to switch off in turn. all: each part of each stage, and the clip encoder; heads: "
    "each head; pairs: each two parts (of a clip only); or keys joined by a comma, such as "
    "1.vilt,2.shifted,clip, a head 2.shifted.0, a stage 2.  [default: all]",
)
@click.option(
    "--presets", is_flag=True, help="The usual questions, from the motion path to the frame order."
)
@click.option(
    "--variants",
    multiple=True,
    metavar="TEXT...",
    help="Ablations of your own, each as --ablate takes it.",
)
@click.option(
    "--sweep",
    type=click.Choice(SWEPT),
    help="With --data: the frames that attention looks back, the hash rounds, or how many of a "
    "clip's first frames are shown.",
)
@click.option(
    "--values",
    metavar="N,N,...",
    callback=_numbers,
    help="Of the sweep.  [default: 0 to 5, 1 to 8, 2 to all]",
)
@click.option(
    "--target",
    metavar="LABEL",
    help="The class asked about, by name or number.  [default: what the model sees]",
)
@click.option(
    "--ablate",
    default="none",
    show_default=True,
    metavar="TEXT",
    help="What is off or changed all along: everything else is held against this.",
)
@console.model_option
@console.question_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Most clips of --data.  [default: 200]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Picks the clips of --data.  [default: 0]",
)
@click.option(
    "--split",
    type=click.Choice(["test", "train", "all"]),
    help="Which of the videos of --data.  [default: test]",
)
@reading.start_option
@reading.stride_option
@reading.crop_option()
@reading.rate_option("--fps")
@console.device_option
@console.json_option
def ablate(
    clip: str | None,
    data: str | None,
    parts: str | None,
    presets: bool,
    variants: tuple[str, ...],
    sweep: str | None,
    values: tuple[int, ...],
    target: str | None,
    ablate: str,
    name: str,
    question: str | None,
    limit: int | None,
    seed: int | None,
    split: str | None,
    start: float,
    stride: float,
    crop: Any,
    fps: float | None,
    device: str,
    as_json: bool,
) -> None:
    """Switch parts of a model off and say what changes.

    Of one video CLIP, a file or a folder of numbered pictures: the change in log-odds of one class,
    KL divergence from the answer before, the answer after, and the GMACs that are left; the largest
    change first.

    Over many clips (--data): accuracy with its 95% interval (Wilson), all variants on the very same
    clips, and for each whether it differs from the first by more than chance: gains and losses, the
    clips on which only one of the two is right, and p of the exact McNemar test, as it is
    and adjusted for the number of variants (Holm).

    What is switched off is gone from a model that was trained with it; what a model would learn
    without it is another question, which `train --ablate` answers.

    \b
    Examples:
      python -m sct ablate clip.mp4
      python -m sct ablate clip.mp4 --parts heads --target 'pan left'
      python -m sct ablate clip.mp4 --parts pairs --json
      python -m sct ablate clip.mp4 --presets --ablate 'lsh=full'
      python -m sct ablate clip.mp4 --variants 'offsets=2' 'shifted=self,on,on'
      python -m sct ablate --data motion --parts all --limit 500
      python -m sct ablate --data motion --variants 'shifted=self' 'clip=mean' --limit 200
      python -m sct ablate --data motion --sweep offsets
      python -m sct ablate --data clips.csv --presets --json
    """
    if (clip is None) == (data is None):
        raise click.UsageError("Give either a CLIP or --data with many of them.")
    asked = {"--parts": parts, "--presets": presets, "--variants": variants, "--sweep": sweep}
    if len(given := [flag for flag, value in asked.items() if value]) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other.")
    wrong = {"--sweep": sweep, "--limit": limit, "--seed": seed, "--split": split}
    if data is not None:
        wrong = {"--target": target, "--fps": fps, "--parts pairs": parts == "pairs"}
        origin = click.get_current_context().get_parameter_source
        for option in ("start", "stride", "crop"):
            wrong[f"--{option}"] = origin(option) is not ParameterSource.DEFAULT
    for flag, value in wrong.items():
        if value is not None and value is not False:
            raise click.UsageError(f"{flag} is for {'a CLIP' if data else '--data'}.")
    if values and not sweep:
        raise click.UsageError("--values are those of a --sweep.")

    if not any(asked.values()):
        parts = "all"
    model, card, base, as_trained = console.load_as_trained(name, device, ablate)
    model = console.of_question(model, question)
    config = model.config
    facts = {"model": name, "ablation": str(base), "as_trained": as_trained}
    facts |= console.question_fact(config)
    some = () if sweep else _switched(config, parts, presets, variants, base)
    if clip is not None:
        index = None if target is None else place_of(target, names_of(config))
        _, frames, video = reading.read_frames(model, clip, start, stride, fps, crop)
        asked = "variants" if presets or variants else "heads" if parts == "heads" else "parts"
        facts |= {"device": str(model.device), "clip": video, "asked": asked}
        found = _of_a_clip(model, frames, some, parts, index, base)
    else:
        options = as_trained_on(card, {}, split=split or "test")
        chosen = _variants(config, some, sweep, values, base)
        facts |= {"data": data}
        found = _of_many(model, data, chosen, limit or 200, seed or 0, options)
    (console.print_json if as_json else tables.show)({**facts, **found})


def _switched(
    config: SCTConfig, parts: str | None, presets: bool, variants: tuple[str, ...], base: Ablation
) -> tuple[Component, ...]:
    """Return what to switch off in turn; a variant or preset counts as a part of its own."""
    from sct import ablation_study
    from sct.model.ablation import Ablation

    if presets:
        return tuple(
            ablation_study.Component(
                p.key, f"{p.group}: {p.name}" if p.group else p.name, p.ablation(config)
            )
            for p in ablation_study.PRESETS
            if p.fits(config)
        )
    if variants:
        texts = [(text, Ablation.parse(text)) for text in dict.fromkeys(variants)]
        for _, ablation in texts:
            ablation_study.combined(config, base, ablation)  # says where they contradict each other
        return tuple(ablation_study.Component(text, text, ablation) for text, ablation in texts)
    if parts in ("all", "pairs"):
        return ablation_study.list_components(config)
    if parts == "heads":
        return ablation_study.list_heads(config)
    return ablation_study.pick_components(config, [key.strip() for key in parts.split(",")])


def _of_a_clip(
    model: SCT,
    frames: Any,
    some: tuple[Component, ...],
    parts: str | None,
    target: int | None,
    base: Ablation,
) -> dict[str, Any]:
    """Measure what to switch off on one clip, as facts for JSON."""
    from sct import ablation_study

    whole = {"all": ablation_study.one_at_a_time, "heads": ablation_study.head_by_head}.get(parts)
    began = time.perf_counter()
    with console.progress("steps") as progress:
        if parts == "pairs":
            pairs = ablation_study.pairs(model, frames, some, target, base, progress)
            answers = {"target": pairs.label, "pairs": tables.pairs_facts(pairs)}
        else:
            if whole:  # without what is off in the base
                effects = whole(model, frames, target, base, progress)
            else:
                effects = ablation_study.effects_of(model, frames, some, target, base, progress)
            answers = tables.effects_facts(effects)
    seconds = round(time.perf_counter() - began, 4)
    return {
        "nothing_left": ablation_study.nothing_left(base, model.config),
        "seconds": seconds,
        **answers,
    }


def _variants(
    config: SCTConfig,
    some: tuple[Component, ...],
    sweep: str | None,
    values: tuple[int, ...],
    base: Ablation,
) -> list[Any]:
    """Return the base, and what is held against it."""
    from sct import ablation_study
    from sct.ablation_study.components import laid_over

    first = ablation_study.Variant("as trained" if str(base) == "none" else "as it is", base)
    if sweep:
        values = values or ablation_study.usual_values(config, sweep)
        return [first, *ablation_study.swept(config, sweep, values, base)]
    return [first, *(ablation_study.Variant(p.name, laid_over(config, base, p.off)) for p in some)]


def _of_many(
    model: SCT, data: str, chosen: list[Any], limit: int, seed: int, options: EvaluationOptions
) -> dict[str, Any]:
    from dataclasses import asdict

    from sct import ablation_study
    from sct.datasets import archive

    began = time.perf_counter()
    with console.progress("clips") as progress:
        with archive.opened_if_zip(data, options) as clips:
            found = ablation_study.compare(
                model, clips, chosen, limit, seed, progress, options=options
            )
    return {
        "n": found.scores[0].n,
        "scores": [asdict(score) for score in found.scores],
        "labels_left_out": list(found.labels_left_out),
        "unreadable": list(found.unreadable),
        "notes": list(found.notes),
        "seconds": round(time.perf_counter() - began, 4),
    }
