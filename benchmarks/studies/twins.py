"""Twins of the motion model: the same train config and seed, each without one of its parts.

    python -m benchmarks.studies.twins [--out DIR] [--steps N] [--only NAME] [--json]

Trains each twin with `python -m sct train` where DIR does not hold it yet, goes on with one that
was cut off, measures all on the same synthetic clips and prints a row for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.studies.common import markdown, percent, run, train, training_command
from sct.cli import console
from sct.numbers import signed

TURNING = ("zoom in", "zoom out", "roll clockwise", "roll counter-clockwise")
MOVING = ("pan left", "pan right", "tilt up", "tilt down", *TURNING)  # the camera's moving labels


@dataclass(frozen=True)
class Twin:
    """A twin: what it is, its options of `train`, and its row in the paper's table 5."""

    name: str
    what: str
    options: tuple[str, ...] = ()
    paper: str = ""


TWINS = (
    Twin("base", "as shipped: one shifted layer a stage, offset 1", (), "78.41 / 98.02 (1, 1)"),
    Twin(
        "no-shifted",
        "no shifted MSA",
        ("--config", "shifted_blocks=0", "--no-grounded"),
        "76.91 / 97.01 (0, 0)",
    ),
    Twin(
        "plain",
        "plain MSA of equal size in place of shifted MSA",
        ("--ablate", "shifted=self", "--no-grounded"),
    ),
    Twin("offset-3", "offset 3", ("--config", "shifted_offsets=3")),
    Twin("multi-scale", "offsets 1 and 2, head by head", ("--config", "shifted_offsets=1,2")),
    Twin(
        "two-shifted",
        "two shifted layers",
        ("--config", "shifted_blocks=2"),
        "77.45 / 97.33 (2, 1)",
    ),
    Twin("full", "full attention in place of LSH", ("--ablate", "lsh=full")),
    Twin("clip-mean", "mean of the frames in place of the clip encoder", ("--ablate", "clip=mean")),
    Twin("free", "no grounded heads", ("--no-grounded",)),
)


def options(twin: Twin, steps: int, batch: int = 24, device: str = "cpu") -> tuple[str, ...]:
    """Return the options of `train` for a twin."""
    usual = ("--steps", str(steps), "--precision", "bfloat16", "--validate-every", "0")
    larger = () if batch == 24 else ("--batch", str(batch))
    # A GPU makes all clips of a batch at once.
    there = () if device == "cpu" else ("--device", device, "--block", str(batch))
    return (*usual, *larger, *there, *twin.options)


def measured(twin: Twin, out: Path, limit: int) -> dict[str, object]:
    """Measure accuracy on synthetic clips, and how well the best heads follow motion."""
    import sct
    from sct.evaluation.accuracy import evaluate
    from sct.evaluation.motion_agreement import attention_flow
    from sct.evaluation.statistics import wilson

    model, card = sct.load_with_card(out / f"{twin.name}.safetensors", device="cpu")
    ablation = sct.Ablation.parse(card["trained_with"])
    found = evaluate(model, limit=limit, ablation=ablation)
    moving = [found["per_class"][label] for label in MOVING]
    clips = sum(row["n"] for row in moving)
    right = round(sum(row["n"] * row["top1"] for row in moving))
    row = {
        "name": twin.name,
        "what": twin.what,
        "clips": card["clips"],
        "top1": found["top1"],
        "top1_ci95": found["top1_ci95"],
        "moving_camera": right / clips,
        "moving_camera_ci95": list(wilson(right, clips)),
        "paper": twin.paper,
    }
    try:
        heads = attention_flow(model, limit=max(1, limit // 5), ablation=ablation)["heads"]
    except LookupError:  # without shifted MSA
        heads = []
    for kind in (True, False):
        follows = [head["correlation"] for head in heads if head["grounded"] == kind]
        row["grounded_r" if kind else "free_r"] = max(follows, default=None)
    return row


def table(rows: list[dict[str, object]], out: Path, flags: dict[str, tuple[str, ...]]) -> str:
    """Write the rows as a table in Markdown, and the command that trains each."""
    lines = [
        ["twin", "top-1, %", "moving camera, %", "best r, grounded", "best r, free", "paper"],
    ]
    for row in rows:
        shares = [percent(row[name], row[f"{name}_ci95"]) for name in ("top1", "moving_camera")]
        follows = [
            "–" if row[name] is None else signed(row[name]).removeprefix("+")
            for name in ("grounded_r", "free_r")
        ]
        lines.append([row["what"], *shares, *follows, row["paper"]])
    commands = [f"{name}: {training_command(out / name, words)}" for name, words in flags.items()]
    return "\n".join([*markdown(lines), "", *commands])


@click.command()
@click.option("--out", default="runs/twins", show_default=True, type=click.Path(path_type=Path))
@click.option("--steps", default=400, show_default=True, type=click.IntRange(min=1))
@click.option("--batch", default=24, show_default=True, type=click.IntRange(min=1))
@click.option("--device", default="cpu", show_default=True, help="Where those not there train.")
@click.option("--limit", default=1020, show_default=True, type=click.IntRange(min=17))
@click.option("--only", multiple=True, type=click.Choice([twin.name for twin in TWINS]))
@console.json_option
def main(
    out: Path,
    steps: int,
    batch: int,
    device: str,
    limit: int,
    only: tuple[str, ...],
    as_json: bool,
) -> None:
    """Train and measure twins of the motion model that lack one part each."""
    out.mkdir(parents=True, exist_ok=True)
    chosen = [twin for twin in TWINS if not only or twin.name in only]
    flags = {twin.name: options(twin, steps, batch, device) for twin in chosen}
    rows = []
    with console.progress("twins") as progress:
        for done, twin in enumerate(chosen):
            progress(done, len(chosen))
            train(out / twin.name, flags[twin.name], steps)
            rows.append(measured(twin, out, limit))
    if as_json:
        console.print_json(rows)
    else:
        console.say(*table(rows, out, flags).split("\n"))


if __name__ == "__main__":
    run(main, "twins")
