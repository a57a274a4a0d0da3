"""The numbers of a view as CSV: a row for each patch of each frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

# Name in the table: (name of the numbers, component of their last axis). Of attribution, a column
# for each method.
_COLUMNS = {
    "attention": {"previous": ("previous", None), "current": ("current", None)},
    "motion": {
        "read_rows": ("read", 0),
        "read_columns": ("read", 1),
        "changed": ("changed", None),
        "flow_rows": ("flow", 0),
        "flow_columns": ("flow", 1),
        "flow_known": ("known", None),
    },
    "buckets": {"bucket": ("buckets", None), "attended": ("attended", None)},
    "figure4": {"share_of_frame": ("patches", None), "share_of_clip": ("share", None)},
}


def table_of(scene, name: str, found: dict[str, np.ndarray]) -> str:
    """CSV with the columns frame, seconds, row, column and those of the view, numbers only."""
    named = _COLUMNS.get(name) or {key: (key, None) for key in found if found[key].ndim == 3}
    columns = {
        title: found[source] if part is None else found[source][..., part]
        for title, (source, part) in named.items()
        if source in found
    }
    shape = next(iter(columns.values())).shape
    rows = (
        [frame, f"{scene.times[frame]:.4g}", row, column]
        + [a[frame, row, column] for a in columns.values()]
        for frame, row, column in np.ndindex(shape)
    )
    return csv_of(["frame", "seconds", "row", "column", *columns], rows)


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV; numbers with six digits, truths as 0 and 1."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(header)
    write.writerows(map(_cell, row) for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(int(value))
