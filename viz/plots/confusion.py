"""A picture of which labels are taken for which."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

MOST_NUMBERED = 32  # classes up to which each cell says how many clips
MOST_NAMED = 120  # and each row and column its label
_LABEL_LENGTH = 40


def save_confusion(result: Mapping[str, Any], path: str | os.PathLike, title: str = "") -> None:
    """Draw the confusion matrix of `evaluate` as a PNG file, complete or not at all.

    A row for each label that has clips, a column for each that has some or was ever the answer; the
    colour is the share of the row.

    Args:
        result: as `evaluate` returns it; reads labels and confusion.
        path: where to write.
        title: a line above the picture.

    Raises:
        OSError: the file cannot be written.
    """
    # Late: they take a second. No pyplot, so that no figure stays behind in a server's memory.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    counts = np.array(result["confusion"])
    rows = np.flatnonzero(counts.any(1))
    columns = np.flatnonzero(counts.any(0) | counts.any(1))
    counts = counts[np.ix_(rows, columns)]
    shares = counts / counts.sum(1, keepdims=True)
    names = [str(label) for label in result["labels"]]
    names = [n if len(n) <= _LABEL_LENGTH else n[: _LABEL_LENGTH - 1] + "…" for n in names]

    cell = 0.42 if len(columns) <= MOST_NUMBERED else max(0.02, min(0.16, 16 / len(columns)))
    wide, high = max(4.0, cell * len(columns)), max(3.0, cell * len(rows))
    figure = Figure(figsize=(wide + 3.2, high + 2.9), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="none")
    axes.set_ylabel("what the clips show")
    axes.set_xlabel("what the model says")
    axes.set_title(title, parse_math=False, fontsize=11)
    if len(columns) <= MOST_NAMED:
        # A label is text, even where it looks like a formula.
        size = 9 if len(columns) <= MOST_NUMBERED else 6
        axes.set_yticks(range(len(rows)), [names[i] for i in rows], fontsize=size, parse_math=False)
        axes.set_xticks(
            range(len(columns)), [names[i] for i in columns],
            fontsize=size, rotation=90, parse_math=False,
        )  # fmt: skip
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    if len(columns) <= MOST_NUMBERED:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if shares[row, column] > 0.55 else "black"
                axes.text(column, row, str(count), ha="center", va="center", color=colour, size=8)
    figure.colorbar(image, label="share of the row", shrink=0.8)

    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a box stands in for it
            figure.savefig(part, format="png")
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
