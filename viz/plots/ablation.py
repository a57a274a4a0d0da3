"""Charts of the ablation lab as Plotly figures; `viz.plots.ablation_png` draws the same as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.base import MUTED, beside, key, plain
from viz.text.numbers import percent

LOSES, GAINS = "loses without it", "gains without it"
# On a narrow screen what stands over the plot is wider than the plot, so it may reach over the
# names on its left.
_AT_END = {"x": 1, "xanchor": "right"}


@dataclass(frozen=True)
class Bars:
    """Changes of one number, one bar a part.

    Args:
        names: of the parts, the first on top. values: of each; blue below 0, orange above.
        notes: a text beside each. unit: what the axis is called.
    """

    title: str
    names: Sequence[str]
    values: Sequence[float]
    notes: Sequence[str]
    unit: str


@dataclass(frozen=True, eq=False)
class Heat:
    """Changes in a grid, around 0.

    Args:
        values: (row, column), NaN where there is nothing.
        below, above: what a value below and above 0 says.
        marks: (row, column), cells that are marked with a diamond.
        across: what the columns are.
    """

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: np.ndarray
    below: str
    above: str
    marks: np.ndarray | None = None
    across: str = ""

    def texts(self) -> list[list[str]]:
        """What stands in each cell."""
        return [["" if np.isnan(v) else signed(v) for v in row] for row in self.values]

    def marked(self) -> list[tuple[int, int]]:
        """(row, column) of the marked cells."""
        return [] if self.marks is None else [(int(i), int(j)) for i, j in np.argwhere(self.marks)]


@dataclass(frozen=True)
class Intervals:
    """Shares with their 95% intervals: rows of a chart, or a line over `steps` if there are any.

    Args:
        names: of each. values, low, high: 0 to 1.
        steps: numbers on the axis of a line; `marked` is the one that was trained.
    """

    title: str
    names: Sequence[str]
    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    notes: Sequence[str] = ()
    steps: Sequence[int] = ()
    marked: int | None = None
    chance: float | None = None


def bars(chart: Bars) -> go.Figure:
    names = [plain(n) for n in chart.names]
    figure = go.Figure(
        go.Bar(
            x=list(chart.values),
            y=list(range(len(names))),
            orientation="h",
            marker_color=[BASELINE if v < 0 else ABLATED for v in chart.values],
            customdata=list(zip(names, map(plain, chart.notes), strict=True)),
            text=[signed(v) for v in chart.values],
            textposition="outside",
            textfont_size=13,
            cliponaxis=False,
            hovertemplate="%{customdata[0]}: %{text}, %{customdata[1]}<extra></extra>",
        )
    )
    low, high = min(0.0, *chart.values), max(0.0, *chart.values)
    room = 0.24 * max(high - low, 1e-6)
    figure.update_xaxes(
        title=chart.unit,
        range=[low - (room if low < 0 else room / 8), high + (room if high > 0 else room / 8)],
        fixedrange=True,
        zeroline=True,
        zerolinecolor=MUTED,
        nticks=6,
    )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        tickfont_size=14,
        showgrid=False,
    )
    key(figure, ((BASELINE, "■", f"class {LOSES}"), (ABLATED, "■", f"class {GAINS}")), **_AT_END)
    figure.update_layout(
        height=32 * len(names) + 100,
        margin={"l": 0, "r": 8, "t": 34, "b": 0},
        bargap=0.3,
        showlegend=False,
    )
    return figure


def heat(chart: Heat, dark: bool = False) -> go.Figure:
    """`dark`: the page's theme, whose background 0 is near to, so that its text can be read."""
    values = np.asarray(chart.values, float)
    most = max(float(np.nanmax(np.abs(values), initial=0.0)), 1e-6)
    figure = go.Figure(
        go.Heatmap(
            z=np.where(np.isnan(values), None, values).tolist(),
            x=list(range(len(chart.columns))),
            y=list(range(len(chart.rows))),
            text=chart.texts(),
            texttemplate="%{text}",
            textfont_size=12,
            zmin=-most,
            zmax=most,
            colorscale=[[0, BASELINE], [0.5, "#1E272F" if dark else "#EEF1F3"], [1, ABLATED]],
            xgap=2,
            ygap=2,
            customdata=[[[plain(r), plain(c)] for c in chart.columns] for r in chart.rows],
            hovertemplate="%{customdata[0]}, %{customdata[1]}: %{z:+.3f}<extra></extra>",
            hoverongaps=False,
            showscale=False,
        )
    )
    if cells := chart.marked():
        figure.add_scatter(
            x=[j - 0.4 for _, j in cells],
            y=[i - 0.33 for i, _ in cells],
            mode="markers",
            marker={"symbol": "diamond", "size": 7, "color": "#E6ECF0" if dark else "#17212B"},
            hoverinfo="skip",
        )
    for axis, names in ((figure.update_xaxes, chart.columns), (figure.update_yaxes, chart.rows)):
        axis(
            tickvals=list(range(len(names))),
            ticktext=[plain(n) for n in names],
            range=[-0.5, len(names) - 0.5],
            showgrid=False,
            zeroline=False,
            fixedrange=True,
            automargin=True,
        )
    figure.update_xaxes(title=chart.across or None)
    figure.update_yaxes(range=[len(chart.rows) - 0.5, -0.5], tickfont_size=13)
    key(figure, ((BASELINE, "■", chart.below), (ABLATED, "■", chart.above)), **_AT_END)
    figure.update_layout(
        height=36 * len(chart.rows) + 100,
        margin={"l": 0, "r": 0, "t": 34, "b": 0},
        showlegend=False,
    )
    return figure


def intervals(chart: Intervals) -> go.Figure:
    figure = _line(chart) if chart.steps else _rows(chart)
    figure.update_layout(showlegend=False, hovermode="closest")
    return figure


def _rows(chart: Intervals) -> go.Figure:
    names = [plain(n) for n in chart.names]
    figure = go.Figure(
        go.Scatter(
            x=list(chart.values),
            y=list(range(len(names))),
            mode="markers",
            marker={"size": 11, "color": [BASELINE] + [ABLATED] * (len(names) - 1)},
            error_x=_error(chart),
            customdata=list(zip(names, map(plain, chart.notes), strict=True)),
            cliponaxis=False,
            hovertemplate="%{customdata[0]}: %{x:.1%}, %{customdata[1]}<extra></extra>",
        )
    )
    for i, note in enumerate(chart.notes):
        beside(figure, plain(note), x=1.01, y=i)
    if chart.chance is not None:
        figure.add_vline(x=chart.chance, line={"dash": "dot", "width": 1.5, "color": MUTED})
    figure.update_xaxes(  # few, so that none is turned on its side where it is narrow
        range=[-0.02, 1.02], tickformat=".0%", fixedrange=True, tickvals=[0, 0.5, 1], tickangle=0
    )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[len(names) - 0.5, -0.5],
        fixedrange=True,
        automargin=True,
        tickfont_size=14,
    )
    figure.update_layout(height=38 * len(names) + 70, margin={"l": 0, "r": 120, "t": 10, "b": 0})
    return figure


def _line(chart: Intervals) -> go.Figure:
    figure = go.Figure()
    steps = list(chart.steps)
    figure.add_scatter(
        x=[*steps, *reversed(steps)],
        y=[*chart.high, *reversed(list(chart.low))],
        mode="lines",
        fill="toself",
        fillcolor="rgba(47,127,193,0.18)",
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=steps,
        y=list(chart.values),
        mode="lines+markers",
        line={"color": BASELINE, "width": 2.5},
        marker={
            "size": [13 if s == chart.marked else 7 for s in steps],
            "color": [ABLATED if s == chart.marked else BASELINE for s in steps],
        },
        cliponaxis=False,
        error_y=_error(chart),
        hovertemplate="%{x}: %{y:.1%}<extra></extra>",
    )
    figure.add_scatter(  # above the intervals, where no bar runs through them
        x=steps,
        y=list(chart.high),
        mode="text",
        text=[percent(v) for v in chart.values],
        textposition="top center",
        cliponaxis=False,
        hoverinfo="skip",
    )
    signs = [(BASELINE, "●", "accuracy, 95% interval")]
    if chart.marked in steps:
        signs.append((ABLATED, "●", "as trained"))
    if chart.chance is not None:
        figure.add_hline(y=chart.chance, line={"dash": "dot", "width": 1.5, "color": MUTED})
        signs.append((MUTED, "┈┈", "chance"))
    key(figure, signs)
    figure.update_xaxes(title=chart.names[0], tickvals=steps, showgrid=False, fixedrange=True)
    figure.update_yaxes(range=[-0.02, 1.1], tickformat=".0%", fixedrange=True, nticks=6)
    figure.update_layout(height=340, margin={"l": 0, "r": 8, "t": 34, "b": 0})
    return figure


def _error(chart: Intervals) -> dict[str, object]:
    value = np.asarray(chart.values)
    return {
        "type": "data",
        "symmetric": False,
        "array": (np.asarray(chart.high) - value).tolist(),
        "arrayminus": (value - np.asarray(chart.low)).tolist(),
        "thickness": 1.5,
        "width": 4,
        "color": MUTED,
    }


def signed(value: float) -> str:
    """A change with its sign, as people read it."""
    text = f"{abs(value):.2f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"
