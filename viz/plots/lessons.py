"""Charts of the lessons as Plotly figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from sct.numbers import cut
from viz.colors import ABLATED, BASELINE, VARIANTS
from viz.plots.base import MUTED

# The greens come last: in thin lines they are close to blue.
_LINES = (BASELINE, ABLATED, *VARIANTS[1:], VARIANTS[0], MUTED)


def lines(
    x: Sequence[float],
    series: Sequence[tuple[str, Sequence[float]]],
    title: str,
    unit: str,
    mark: float | None = None,
    log: str = "x",
    marked: str = "",
) -> go.Figure:
    """Draw lines over one axis.

    Args:
        x: shared by all. series: (name, y).
        title: of the axis x. unit: of the axis y.
        mark: an x to draw a line at, with the words `marked`.
        log: which axes are logarithmic: "x", "xy" or "".
    """
    figure = go.Figure()
    for (name, values), colour in zip(series, _LINES, strict=False):
        figure.add_scatter(
            x=list(x),
            y=list(values),
            name=name,
            mode="lines",
            line={"color": colour, "width": 2.5},
            hovertemplate="%{y:.3~s} " + unit + "<extra>" + name + "</extra>",
        )
    if mark is not None:
        figure.add_vline(x=mark, line={"dash": "dash", "width": 1.5, "color": MUTED})
        figure.add_annotation(
            x=math.log10(mark) if "x" in log else mark,
            y=1, yref="paper", yanchor="bottom", text=marked, showarrow=False,
        )  # fmt: skip
    kind = {axis: "log" if axis in log else "linear" for axis in "xy"}
    figure.update_xaxes(title=title, type=kind["x"], showgrid=False, fixedrange=True)
    if "x" in log:
        at = _ticks(x[0], x[-1])
        figure.update_xaxes(tickvals=at, ticktext=[f"{v:,g}" for v in at], tickangle=0)
    figure.update_yaxes(title=unit, type=kind["y"], fixedrange=True, tickformat="~s", nticks=6)
    figure.update_layout(
        height=280,
        margin={"l": 0, "r": 8, "t": 28, "b": 0},
        legend={"orientation": "h", "y": -0.3, "x": 0},
        hovermode="x unified",
    )
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """Return powers of ten, and where there are few of them 2 and 5 times as much.

    Plotly would name these 2 and 5, whatever they are multiples of.
    """
    tens = [10.0**e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    many = sum(low <= t <= high for t in tens) > 2
    marks = [t * m for t in tens for m in ((1,) if many else (1, 2, 5))]
    return [m for m in marks if low * 0.999 <= m <= high * 1.001]


def intervals(
    rows: Sequence[tuple[str, float, float, float]], guess: float, chance: float
) -> go.Figure:
    """Draw shares with their intervals, one below the other, beside a guess and chance.

    Args:
        rows: (name, share, low, high) of two, all 0 to 1.
        guess: what a person guessed. chance: what guessing would give.
    """
    figure = go.Figure()
    for (name, share, low, high), colour in zip(rows, (BASELINE, ABLATED), strict=True):
        figure.add_scatter(
            x=[share],
            y=[name],
            mode="markers+text",
            text=[cut(share)],
            # Beside the middle, where a line for the guess or for chance may be.
            textposition="top right" if share < 0.85 else "top left",
            cliponaxis=False,
            marker={"size": 12, "color": colour},
            error_x={
                "array": [high - share],
                "arrayminus": [share - low],
                "thickness": 3,
                "width": 9,
                "color": colour,
            },
            hovertemplate=f"{name}: {cut(share)}, {cut(low)} to {cut(high)}<extra></extra>",
        )
    for x, dash, text, side in ((guess, "solid", "your guess", 14), (chance, "dot", "chance", 0)):
        figure.add_vline(x=x, line={"dash": dash, "width": 1.6, "color": MUTED})
        figure.add_annotation(
            x=x, y=1, yref="paper", yanchor="bottom", yshift=side, text=text, showarrow=False
        )
    figure.update_xaxes(range=[-0.02, 1.06], tickformat=".0%", fixedrange=True)
    # From above the first row, where its number has room.
    figure.update_yaxes(range=[len(rows) - 0.5, -0.7], fixedrange=True, tickfont_size=14)
    figure.update_layout(height=210, margin={"l": 0, "r": 8, "t": 40, "b": 0}, showlegend=False)
    return figure
