"""The motion model beside its twin without grounded heads: what each learned, and when.

    python -m benchmarks.studies.grounding [--model NAME NAME] [--curves A.csv B.csv --picture PNG]

Reads the figures that `certify` wrote into the cards of both and prints them side by
side as Markdown; draws the courses of the two trainings, OUT.csv of `python -m sct train`.
"""

from __future__ import annotations

import io
import math
from pathlib import Path

import click

from benchmarks.studies.common import markdown, run
from sct.cli import console
from sct.numbers import cut, signed

AT = (6_000, 12_000, 24_000, 36_000, 48_000)  # clips seen, for the learning curves in numbers


def rows(cards: list[dict], courses: list[dict[str, list[float]]]) -> list[list[str]]:
    """Return rows of what is compared and then a cell for each model."""
    table = [
        ["top-1 on made clips"] + [_share(card["measured"]) for card in cards],
        ["top-1 on camera moves over real pictures"] + [_share(card["footage"]) for card in cards],
        ["top-1 with the path of motion cut (`shifted=self`)"]
        + [_share(card["ablated"]["shifted=self"]) for card in cards],
    ]
    measured = [card["attention_follows_motion"] for card in cards]
    footage = [found["footage"] for found in measured]
    stages = sorted({head["stage"] for head in measured[0]["heads"]})
    for where, label in ((measured, "made clips"), (footage, "real pictures")):
        for stage in stages:
            best = [best_head(found, stage) for found in where]
            cells = [
                f"{signed(head['correlation'])} ({'grounded' if head['grounded'] else 'free'} "
                f"head {head['head']}; direction {cut(head['direction'])})"
                for head in best
            ]
            table.append([f"best head of stage {stage}, r with true motion, {label}", *cells])
    for clips in AT if courses else ():
        if all(course["clips"][-1] >= clips for course in courses):
            cells = [cut(at(course, clips)) for course in courses]
            table.append([f"accuracy while training, after {clips:,} clips", *cells])
    return table


def best_head(follows: dict, stage: int) -> dict:
    """Return the head of a stage that follows motion best."""
    heads = [head for head in follows["heads"] if head["stage"] == stage]
    return max(heads, key=lambda head: head["correlation"])


def at(course: dict[str, list[float]], clips: int) -> float:
    """Return the running accuracy when that many clips had been seen."""
    place = next(i for i, seen in enumerate(course["clips"]) if seen >= clips)
    return course["accuracy"][place]


def _share(found: dict) -> str:
    low, high = found["top1_ci95"]
    return f"{cut(found['top1'])} ({cut(low)} to {cut(high)})"


def draw(names: list[str], courses: list[dict[str, list[float]]], picture: Path) -> None:
    """Draw the accuracy of both trainings over the clips they saw, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from sct.checkpoint.io import replace_files

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for name, course, colour in zip(names, courses, ("#0072b2", "#d55e00"), strict=True):
        axes.plot(course["clips"], course["accuracy"], color=colour, label=name)
        tried = [
            pair
            for pair in zip(course["clips"], course["val_accuracy"], strict=True)
            if math.isfinite(pair[1])
        ]
        if tried:
            axes.plot(*zip(*tried, strict=True), "o", color=colour, label=f"{name}, unseen clips")
    axes.set(xlabel="clips seen", ylabel="accuracy", ylim=(0, 1), xlim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    replace_files({picture: data.getvalue()})


@click.command()
@click.option("--model", "names", nargs=2, default=("sct-motion", "sct-motion-free"))
@click.option("--curves", nargs=2, type=click.Path(exists=True), help="OUT.csv of both trainings.")
@click.option("--picture", type=click.Path(path_type=Path), help="Where the curves are drawn.")
def main(names: tuple[str, str], curves: tuple[str, str] | None, picture: Path | None) -> None:
    """The motion model beside its twin without grounded heads."""
    import sct
    from viz.plots.training_curves import read

    cards = [sct.load_with_card(name, device="cpu")[1] for name in names]
    courses = [read(path) for path in curves or ()]
    if picture and not courses:
        raise ValueError("--picture needs --curves")
    if picture:
        draw(list(names), courses, picture)
    console.say(*markdown([["", *names], *rows(cards, courses)]))


if __name__ == "__main__":
    run(main, "grounding")
