"""A run of millions of clips, made up: how large its table is, and how long filters and sorts take.

    python -m benchmarks.studies.collection_rows [--rows 10000000] [--file RUN.parquet] [--json]

The rows are those of `sct.collection.schema` for the default model with one ablation, in the row
groups that a finished run has; what a filter or a sort never reads (pictures, arrows, embeddings,
probabilities of all labels) is left empty. DuckDB answers from two threads within a bounded memory,
by a connection of its own each time; of the repeats the median is told, the file being in the
system's cache as far as it fits.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa

from sct.cli import console
from sct.collection.joining import GROUP
from sct.collection.schema import Header, Question, schema_of
from sct.collection.store import write_table
from sct.synthetic.composite import QUESTIONS

THREADS, MEMORY = 2, "1GB"
WINDOWS = 12  # of a video
LEFT_EMPTY = ("embedding", "strip", "arrows", "camera_probabilities", "subject_probabilities")
HEADER = Header(
    model="sct-scene",
    weights="0" * 64,
    root="/videos",
    frames=8,
    stride=0.1,
    every=0.8,
    image_size=112,
    questions=tuple(Question(name, tuple(labels)) for name, labels in QUESTIONS),
    ablations=("shifted=self",),
    stages=(1, 2, 3),
    grids=(14, 7, 7),
    width=128,
)
# What the page Collection asks, and what it answers from: first which rows, then all of few rows.
ASKED = {
    "count of one label": "SELECT count(*) FROM run WHERE camera_label = 'pan left'",
    "count of a range": "SELECT count(*) FROM run WHERE camera_entropy BETWEEN 1.0 AND 1.2",
    "count of three filters": "SELECT count(*) FROM run WHERE subject_label = 'moves up' "
    "AND NOT camera_sure AND effect_0_camera < -0.5",
    "videos that could not be read": "SELECT count(*) FROM run WHERE error IS NOT NULL",
    "most changed without the path of motion": "SELECT file_row_number FROM run "
    "WHERE effect_0_camera IS NOT NULL ORDER BY abs(effect_0_camera) DESC LIMIT 24",
    "least sure of one label": "SELECT file_row_number FROM run "
    "WHERE camera_label = 'zoom in' ORDER BY camera_probability LIMIT 24",
    "histogram of agreement with flow": "SELECT floor(stage2_flow_r * 20), count(*) FROM run "
    "WHERE subject_label = 'none' GROUP BY 1",
    "both answers against each other": "SELECT camera_label, subject_label, count(*) FROM run "
    "GROUP BY 1, 2",
    "all of 24 rows": "SELECT * FROM run WHERE file_row_number BETWEEN 5000000 AND 5000023",
}


def tables(rows: int, seed: int = 0) -> Iterator[pa.Table]:
    """Yield made rows, a row group each, sorted by video and window."""
    schema = schema_of(HEADER)
    for begin in range(0, rows, GROUP):
        count = min(GROUP, rows - begin)
        yield _group(schema, np.random.default_rng([seed, begin]), begin, count)


def _group(schema: pa.Schema, rng: np.random.Generator, begin: int, count: int) -> pa.Table:
    number = np.arange(begin, begin + count)
    broken = rng.random(count) < 0.002
    window = np.where(broken, -1, number % WINDOWS).astype(np.int32)
    file = pa.array([f"{n // 240_000:03d}/clip_{n // WINDOWS:07d}.mp4" for n in number])
    why = np.where(broken, "The file is damaged.", None)
    values: dict[str, Any] = {"file": file, "window": window, "error": pa.array(why, pa.string())}
    for one in HEADER.questions:
        share = rng.beta(4, 1, count)
        labels = pa.DictionaryArray.from_arrays(
            pa.array(rng.integers(0, len(one.labels), count), pa.int16(), mask=broken),
            pa.array(one.labels),
        )
        values |= {
            one.column("label"): labels,
            one.column("probability"): share,
            one.column("sure"): share > 0.8,
            one.column("unlike"): rng.random(count) < 0.02,
            one.column("entropy"): 3 * (1 - share) + 0.1 * rng.random(count),
            HEADER.effect(0, one): rng.normal(0, 0.3, count),
        }
    start = 0.8 * (number % WINDOWS)
    values |= {"shot": window // 4, "start_s": start, "end_s": start + 0.8}
    values |= {"width": 1280, "height": 720, "fps": 29.97, "duration_s": 0.8 * WINDOWS, "held": 0}
    values |= {"crosses_cut": False, "map_x": rng.normal(size=count)}
    values |= {"map_y": rng.normal(size=count)}
    for stage in HEADER.stages:
        values[f"stage{stage}_shift_px"] = rng.gamma(2, 1, count)
        values[f"stage{stage}_direction_deg"] = rng.uniform(0, 360, count)
        values[f"stage{stage}_flow_r"] = np.clip(rng.normal(0.5, 0.3, count), -1, 1)
    columns = [_column(field, values.get(field.name), broken) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(field: pa.Field, values: Any, broken: np.ndarray) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if values is None or field.name in LEFT_EMPTY:
        return pa.nulls(len(broken), field.type)
    full = np.broadcast_to(values, broken.shape)
    mask = None if field.name == "window" else broken
    return pa.array(full, mask=mask).cast(field.type)


def ask(path: Path, repeats: int) -> dict[str, float]:
    """Return the median seconds of each question, by a connection of its own each time."""
    import duckdb

    took: dict[str, list[float]] = {name: [] for name in ASKED}
    for _ in range(repeats):
        for name, sql in ASKED.items():
            begun = time.perf_counter()
            config = {"threads": THREADS, "memory_limit": MEMORY, "temp_directory": ""}
            with duckdb.connect(config=config) as base:
                base.execute(
                    "CREATE VIEW run AS SELECT * FROM "
                    f"read_parquet('{path}', file_row_number = true)"
                )
                base.execute(sql).fetchall()
            took[name].append(time.perf_counter() - begun)
    return {name: statistics.median(times) for name, times in took.items()}


@click.command()
@click.option("--rows", type=click.IntRange(min=1), default=10_000_000, show_default=True)
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--file", type=click.Path(path_type=Path), help="Keep the table here, or take it.")
@click.option("--json", "as_json", is_flag=True)
def main(rows: int, repeats: int, file: Path | None, as_json: bool) -> None:
    """Make the table of a large run, and time what is asked of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = file or Path(folder) / "made.parquet"
        begun = time.perf_counter()
        if not path.exists():
            write_table(path, schema_of(HEADER), tables(rows))
        made = time.perf_counter() - begun
        found = ask(path, repeats)
        size = os.path.getsize(path)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    peak = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if as_json:
        console.print_json(
            {"rows": rows, "bytes": size, "made_s": made, "peak_bytes": peak, "seconds": found}
        )
        return
    console.say(
        f"{rows:,} rows, {size / 1e6:,.0f} MB, made in {made:.0f} s; {THREADS} threads, "
        f"memory limit {MEMORY}, at most {peak / 1e6:,.0f} MB in this process"
    )
    table = [["asked", "ms", ""], *([name, f"{1000 * s:.0f}", ""] for name, s in found.items())]
    console.print_table(table)


if __name__ == "__main__":
    main()
