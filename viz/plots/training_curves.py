"""The curves of a training run: its table, OUT.csv, as a picture."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from sct.checkpoint.io import replace_files

MAX_BYTES = 64 << 20
_PANELS = (
    ("Loss", (("loss", "classification"), ("grounding", "grounding"))),
    ("Accuracy", (("accuracy", "training"), ("val_accuracy", "validation"))),
    ("Learning rate", (("lr", "learning rate"),)),
)


def read(path: str | Path) -> dict[str, list[float]]:
    """Read the columns of a run's table as numbers; an empty cell is nan.

    Raises:
        ValueError: not the table of a run.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no table of a run at {path}.")
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"The table {path} is larger than {MAX_BYTES >> 20} MiB.")
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = list(rows[0])
        columns = {n: [float(row[n]) if row[n] else math.nan for row in rows] for n in names}
        columns["step"], columns["loss"], columns["accuracy"], columns["lr"]
    except (ValueError, KeyError, IndexError, TypeError, csv.Error):
        raise ValueError(f"The table {path} has no rows of a training run.") from None
    return columns


def draw(table: str | Path, picture: str | Path) -> None:
    """Draw a run's table as a PNG, complete or not at all.

    Args:
        table: OUT.csv as `sct.training.trainer.train` writes it.
        picture: where the PNG goes.

    Raises:
        ValueError: not the table of a run.
        OSError: the picture cannot be written.
    """
    columns = read(table)
    # Late, and without pyplot: it holds figures in a global list and may look for a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, lines) in zip(figure.subplots(1, len(_PANELS)), _PANELS, strict=True):
        shown = 0
        for name, label in lines:
            points = [
                (step, value)
                for step, value in zip(columns["step"], columns.get(name, ()), strict=False)
                if math.isfinite(value)
            ]
            if not points or (name == "grounding" and not any(v for _, v in points)):
                continue
            few = len(points) < 30
            axes.plot(*zip(*points, strict=True), label=label, marker="o" if few else "", ms=3)
            shown += 1
        axes.set_title(title)
        axes.set_xlabel("step")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if title == "Accuracy":
            axes.set_ylim(0, 1)
        if shown > 1:
            axes.legend()
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    replace_files({Path(picture): data.getvalue()})
