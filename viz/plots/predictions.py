"""Charts of what a model says of a clip, a class a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.base import MUTED, bars, beside, chart, key, plain
from viz.text.numbers import change, percent

_ROW = 30  # pixels of a class


def predictions(
    labels: Sequence[str],
    probabilities: np.ndarray,
    truth: str | None = None,
) -> go.Figure:
    """Draw one bar a class, the likeliest on top, its probability beside it.

    Args:
        labels: names of the classes. probabilities: (class,), 0 to 1.
        truth: the true class, which is named.
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    values = [float(probabilities[i]) for i in order]
    names = [labels[i] for i in order]
    colours = [BASELINE] + [MUTED] * (len(names) - 1)
    return _chart([_bars(names, values, colours, 14)], names, truth, 1, 1.3 * max(values))


def comparison(
    labels: Sequence[str],
    baseline: np.ndarray,
    ablated: np.ndarray,
    truth: str | None = None,
    called: tuple[str, str] = ("as trained", "ablated"),
) -> go.Figure:
    """Draw two bars a class, such as trained and ablated, and the change between them in points.

    Args:
        labels, truth: as for `predictions`. baseline, ablated: (class,), 0 to 1.
        called: the names of both.
    """
    order = np.argsort(-np.maximum(baseline, ablated), kind="stable")
    names = [labels[i] for i in order]
    before, after = ([float(p[i]) for i in order] for p in (baseline, ablated))
    both = zip(called, (before, after), (BASELINE, ABLATED), strict=True)
    figure = _chart(
        [_bars(names, values, colour, 13, name) for name, values, colour in both],
        names, truth, 1.5, 1.75 * max(before + after), (0, 64, 54, 4),
        barmode="group", bargroupgap=0.06, bargap=0.28,
    )  # fmt: skip
    # Outside the plot, where no bar can run into them on a narrow screen.
    for name, a, b in zip(names, before, after, strict=True):
        beside(figure, change(b - a), y=name)
    beside(figure, "change", y=1, yref="paper", yanchor="bottom")
    # A line higher: on a narrow screen it is wider than the plot.
    key(figure, ((BASELINE, "■", called[0]), (ABLATED, "■", called[1])), yshift=20)
    return figure


def _bars(names, values, colour, size: int, of: str | None = None) -> go.Bar:
    return bars(
        values,
        names,
        map(percent, values),
        size,
        name=of,
        marker_color=colour,
        customdata=[plain(n) for n in names],
        hovertemplate=f"%{{customdata}}{f', {of}' if of else ''}: %{{text}}<extra></extra>",
    )


def _chart(traces, names, truth, rows: float, end: float, margin=(0, 8, 4, 4), **layout):
    """Draw bars: `rows` lines a class, up to `end`, where the longest has room for its number."""
    ticks = [f"<b>{plain(n)}</b> (truth)" if n == truth else plain(n) for n in names]
    return chart(
        *traces,
        x={"range": [0, max(end, 0.01)], "visible": False},
        y={"tickvals": names, "ticktext": ticks, "autorange": "reversed", "automargin": True,
           "tickfont": {"size": 14}},
        height=int(len(names) * rows * _ROW) + margin[2] + margin[3] + 16,
        margin=margin,
        **{"bargap": 0.3, **layout},
    )  # fmt: skip
