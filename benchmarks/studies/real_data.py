"""Two small sets of real videos: learned from `sct-motion` on, and from nothing.

    python -m benchmarks.studies.real_data DIR [--out DIR] [--only NAME] [--json]

DIR holds `bodygesture` (360 clips of 15 gestures by 8 persons, with its manifest.csv) and `grid`
(900 sentences of one talker; the second letter of a file's name is the colour that is said). Of
GRID a manifest is written first: the time in which the colour is said, and the part of the picture
where the mouth is. Each model is trained where `--out` does not hold it yet, and measured on the
clips that its training held out.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.studies.common import (
    markdown,
    percent,
    plain_percent,
    run,
    train,
    training_command,
)
from sct.cli import console

COLOURS = {"b": "blue", "g": "green", "r": "red", "w": "white"}
# Sentences last 3 s; the talker sits still enough for one box. Seconds, then shares of the picture.
# The colour is said from 0.65 to 1.45 s; what is around it leaves room to move a clip.
COLUMNS = ("path", "label", "start", "end", "left", "top", "right", "bottom")
WHERE = (0.5, 1.7, 0.31, 0.62, 0.59, 0.92)


@dataclass(frozen=True)
class Task:
    """A data set to be learned, for how long, and the options of `train` that it needs."""

    name: str
    what: str
    steps: int
    options: tuple[str, ...]


TASKS = (
    Task(
        "gestures",
        "bodygesture, persons never seen",
        700,
        ("--group-column", "subject", "--crop", "0.6", "1", "--ema", "0.98"),
    ),
    Task(
        "colour",
        "GRID, the colour that is said",
        2200,
        # Each frame there is, 12 a second: a colour lasts four.
        ("--config", "frames=10", "--sampling", "dense", "--stride-s", "0.0834")
        + ("--muon-lr", "3e-3", "--crop", "0.8", "1", "--temporal", "0.1", "--colour", "0.2")
        + ("--ema", "0.99"),
    ),
)
INITS = ("tuned", "scratch")
USUAL = ("--batch", "16", "--precision", "bfloat16", "--validate-every", "0")


def manifest(task: Task, folder: Path, out: Path) -> Path:
    """Return the list of a task's clips; that of GRID is written into `out`.

    Raises:
        ValueError: the folder lacks the data.
    """
    if task.name == "gestures":
        return folder / "bodygesture" / "manifest.csv"
    videos = sorted((folder / "grid").glob("*.mp4"))
    if not videos:
        raise ValueError(f"There are no videos in {folder / 'grid'}.")
    path = out / "grid-colour.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        lines.writerows([v.absolute(), COLOURS[v.stem[1]], *WHERE] for v in videos)
    return path


def options(task: Task, init: str, data: Path) -> tuple[str, ...]:
    """Return the options of `train`."""
    begin = ("--init", "sct-motion") if init == "tuned" else ()
    return ("--data", str(data), *begin, "--steps", str(task.steps), *USUAL, *task.options)


def measured(task: Task, init: str, data: Path, path: Path) -> dict[str, object]:
    """Measure accuracy on the clips held out, beside what guessing would give."""
    words = ["-m", "sct", "evaluate", "--model", f"{path}.safetensors", "--data", str(data)]
    done = subprocess.run([sys.executable, *words, "--json"], stdout=subprocess.PIPE)
    if done.returncode:
        raise click.ClickException(f"{path.name} could not be measured.")
    found = json.loads(done.stdout)
    facts = ("n", "top1", "top1_ci95", "chance", "majority")
    return {"name": f"{task.name}-{init}", "what": task.what} | {key: found[key] for key in facts}


def table(rows: list[dict[str, object]], commands: list[str]) -> str:
    """Write the rows as a table in Markdown, and the command of each."""
    lines = [["model", "data", "clips", "top-1, %", "chance, %", "majority, %"]]
    for row in rows:
        lines.append([row["name"], row["what"], row["n"], percent(row["top1"], row["top1_ci95"])])
        lines[-1] += [plain_percent(row[guess]) for guess in ("chance", "majority")]
    return "\n".join([*markdown(lines), "", *commands])


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", default="runs/real", show_default=True, type=click.Path(path_type=Path))
@click.option(
    "--only", multiple=True, type=click.Choice([f"{t.name}-{s}" for t in TASKS for s in INITS])
)
@console.json_option
def main(folder: Path, out: Path, only: tuple[str, ...], as_json: bool) -> None:
    """Train and measure on two small sets of real videos, from sct-motion and from nothing."""
    out.mkdir(parents=True, exist_ok=True)
    rows, commands = [], []
    for task in TASKS:
        data = manifest(task, folder, out)
        for init in INITS:
            name = f"{task.name}-{init}"
            if only and name not in only:
                continue
            chosen = options(task, init, data)
            train(out / name, chosen, task.steps)
            rows.append(measured(task, init, data, out / name))
            commands.append(f"{name}: {training_command(out / name, chosen)}")
    if as_json:
        console.print_json(rows)
    else:
        console.say(*table(rows, commands).split("\n"))


if __name__ == "__main__":
    run(main, "real_data")
