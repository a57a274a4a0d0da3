"""A picture of which labels are taken for which."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sct.checkpoint.io import replace_files
from viz.text.confusion import shown

MOST_NUMBERED = 32  # classes up to which each cell says how many clips
MOST_NAMED = 120  # and each row and column its label


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

    found = shown(result["labels"], result["confusion"])
    high, wide = found.counts.shape
    numbered, named = wide <= MOST_NUMBERED, wide <= MOST_NAMED
    cell = 0.42 if numbered else max(0.02, min(0.16, 16 / wide))
    size = max(4.0, cell * wide) + 3.2, max(3.0, cell * high) + 2.9
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(
        found.shares, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="none"
    )
    axes.set_ylabel("what the clips show")
    axes.set_xlabel("what the model says")
    axes.set_title(title, parse_math=False, fontsize=11)
    # A label is text, even where it looks like a formula.
    style = {"fontsize": 9 if numbered else 6, "parse_math": False} if named else {}
    for put, labels, turn in (
        (axes.set_yticks, found.rows, {}),
        (axes.set_xticks, found.columns, {"rotation": 90}),
    ):
        if named:
            put(range(len(labels)), [found.names[i] for i in labels], **style, **turn)
        else:
            put([])
    for (row, column), count in np.ndenumerate(found.counts):
        if numbered and count:
            colour = "white" if found.shares[row, column] > 0.55 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, size=8)
    figure.colorbar(image, label="share of the row", shrink=0.8)
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a box stands in for it
        figure.savefig(data, format="png")
    replace_files({Path(path): data.getvalue()})
