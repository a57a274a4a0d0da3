"""The command `calibrate`, which makes a checkpoint's probabilities mean what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sct.cli import console
from sct.cli.paths import PathType, Source
from sct.numbers import cut
from sct.validation import short


@click.command()
@click.option(
    "--data",
    required=True,
    multiple=True,
    type=Source(),
    metavar="WHAT",
    help="Clips that the model was not trained on, as of evaluate; may be repeated.",
)
@click.option(
    "--model",
    "path",
    required=True,
    type=PathType(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="The checkpoint, a .safetensors file that is written anew, as is its card.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Most clips of each.  [default: all]"
)
@console.number(
    "--seed",
    click.IntRange(min=0),
    1,
    "Picks made clips: another than that of the test, which is 0.",
)
@console.device_option
@console.json_option
def calibrate(
    data: tuple[str, ...], path: Path, limit: int | None, seed: int, device: str, as_json: bool
) -> None:
    """Calibrate a checkpoint on clips that it was not trained on.

    Fits one temperature a question and multiplies it into the last layer; then finds how likely an
    answer must be for 90% of such answers to be right on each of the sets, which makes it sure, and
    how far from such clips one may lie and be familiar. The card gets the figures. It may be done
    again with other clips.

    \b
    Examples:
      python -m sct calibrate --model runs/mine.safetensors --data motion
      python -m sct calibrate --model runs/scene.safetensors --data composite \\
        --data footage-moving:videos --limit 2000
    """
    if path.suffix != ".safetensors":
        raise click.UsageError(
            "--model must be a .safetensors file, as it is written anew, "
            f"not {short(str(path), 80)}."
        )
    from sct.checkpoint import io
    from sct.checkpoint.certainty import KEY
    from sct.evaluation.calibration import calibrate as fit
    from sct.model.ablation import Ablation
    from sct.training.lock import alone

    with alone(path.with_suffix("")), console.progress("clips") as progress:
        model, card = io.load_with_card(path, device)
        ablation = Ablation.parse(str(card.get("trained_with", "none")))
        found = fit(model, data, limit=limit, seed=seed, ablation=ablation, progress=progress)
        io.save(model, path, {**card, KEY: found})
    if as_json:
        console.print_json(found)
        return
    _print(found, str(path))


def _print(found: dict[str, Any], path: str) -> None:
    from sct.checkpoint.familiarity import KEY as FAMILIARITY

    rows = "question|clips|temperature|error before|error|sure from|sure|right if sure|95% interval"
    table = [[*rows.split("|"), ""]]
    for name, one in found["questions"].items():
        right = one["right_if_sure"]
        table.append(
            [
                name or "-",
                f"{one['n']:,}",
                f"{one['temperature']:.3f}",
                f"{one['error_before']:.3f}",
                f"{one['calibration_error']:.3f}",
                cut(one["threshold"]),
                cut(one["sure"]),
                "-" if right is None else cut(right),
                console.interval(one["right_if_sure_ci95"]),
                "",
            ]
        )
    console.print_table(table)
    told = found[FAMILIARITY]["auroc"]
    each = ", ".join(f"{kind} {value:.3f}" for kind, value in told.items()) or "too few clips"
    console.say(
        "", f"clips unlike the training, told by their distance (AUROC): {each}", "",
        f"written to {path}",
    )  # fmt: skip
