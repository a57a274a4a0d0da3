"""How long each thing that the page Collection asks of a run takes, on a made run of many rows."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.studies.common import markdown, run
from sct.cli import console
from sct.collection.filters import EVERYTHING, Filter
from sct.collection.query import SORTS, Rows
from sct.collection.runs import open_run
from sct.errors import DataError

LIMIT_MS = 500.0
_SOME = Filter(said=(("camera", "pan left"),), ranges=(("camera_probability", 0.3, 0.9),))


def asked(rows: Rows) -> dict[str, Callable[[], Any]]:
    """Return what the page asks, by what a person does for it."""
    header = rows.run.header
    question = header.questions[0].name
    asked = rows.run.question(question)
    columns = (
        asked.column("probability"), asked.column("entropy"), header.effect(0, asked),
    )  # fmt: skip
    bounds = rows.bounds(columns)
    page = rows.page(question, EVERYTHING, "least sure")
    keys = [(row["file"], row["window"]) for row in page]
    turn = np.linspace(0, 2 * np.pi, 41)[:-1]
    circle = Filter(area=tuple((2 * np.cos(a) + 2, 2 * np.sin(a)) for a in turn))
    last, labelled = max(0, rows.count() - 24), _labelled(rows, question)

    def numbers(chosen: Filter) -> None:
        rows.label_counts(question, chosen)
        for column in columns:
            rows.histogram(column, bounds[column], 32, chosen)

    def grid(chosen: Filter) -> None:
        rows.count(chosen)
        rows.strips([(r["file"], r["window"]) for r in rows.page(question, chosen)])

    found: dict[str, Callable[[], Any]] = {
        "open the run": lambda: (open_run(rows.run.path), rows.facts()),
        "four charts, no filter": lambda: numbers(EVERYTHING),
        "four charts, filtered": lambda: numbers(_SOME),
        "a page of the grid, no filter": lambda: grid(EVERYTHING),
        "a page of the grid, filtered": lambda: grid(_SOME),
    }
    for sort in SORTS:
        found[f"order: {sort}"] = lambda sort=sort: rows.page(question, EVERYTHING, sort)
    return {
        **found,
        "the last page": lambda: rows.page(question, EVERYTHING, "least sure", last),
        "part of a file's name": lambda: rows.count(Filter(name="take_0001")),
        "a circle on the map": lambda: rows.count(circle),
        "5,000 places of the map": lambda: rows.points(question),
        "right and wrong": lambda: rows.confusion(question),
        "two runs": lambda: Rows(rows.run, rows.run).agreement(question),
        "pictures of 24 cards": lambda: rows.strips(keys),
        "first without a label, 10,000 with one": lambda: labelled.first_unlabelled(
            question, EVERYTHING, "least sure"
        ),
        "right and wrong, 10,000 with a label": lambda: labelled.confusion(question),
        "find one window": lambda: rows.find(*keys[0]),
    }


def _labelled(rows: Rows, question: str) -> Rows:
    """Return the rows, of which a person has labelled the 10,000 least sure ones."""
    some = rows.page(question, EVERYTHING, "least sure", 0, 10_000)
    labels = {(row["file"], row["window"]): "static" for row in some}
    return Rows(rows.run, labels={question: labels})


def times(work: Callable[[], Any], repeats: int) -> np.ndarray:
    """Return how long some runs took, in milliseconds, after one that is not counted."""
    work()
    found = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1000)
    return np.array(found)


@click.command()
@click.option("--rows", type=click.IntRange(1000, 20_000_000), default=100_000, show_default=True)
@click.option("--repeats", type=click.IntRange(1, 1000), default=7, show_default=True)
@click.option(
    "--run", "path", type=click.Path(dir_okay=False), help="A run, in place of a made one."
)
def cli(rows: int, repeats: int, path: str | None) -> None:
    """Print, as Markdown, the median and the slowest time of each thing the page asks."""
    with tempfile.TemporaryDirectory() as folder:
        if path is None:
            from tests.sct.collection.made import BLOCK, write_large, write_run

            path = f"{folder}/made.parquet"
            if rows > BLOCK:
                write_large(path, rows)
            else:
                write_run(path, rows, bad=rows // 200)
        opened = open_run(Path(path).absolute())
        table = [("what a person does", "median, ms", "slowest, ms")]
        worst = 0.0
        for name, work in asked(Rows(opened)).items():
            try:
                found = times(work, repeats)
            except DataError:  # it takes more memory than it is given
                table.append((name, "refused", "refused"))
                continue
            worst = max(worst, float(np.median(found)))
            table.append((name, f"{np.median(found):.0f}", f"{found.max():.0f}"))
    console.say(
        f"{opened.rows:,} rows, the run of {opened.header.model}, {repeats} times each:", ""
    )
    console.say(*markdown(table))
    under = "under" if worst < LIMIT_MS else "not under"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    console.say("", f"Memory: {most:,} MB at most, those of making rows among them.")
    console.say(f"The slowest median is {worst:.0f} ms, {under} {LIMIT_MS:.0f} ms.")


if __name__ == "__main__":
    run(cli, "collection_page")
