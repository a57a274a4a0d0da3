"""Charts of the ablation lab: each is drawn as a Plotly figure, and by Matplotlib as PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.base import MUTED, PERCENT, band, bars, beside, chart, key, line, plain, rule
from viz.text.numbers import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOSES, GAINS = "loses without it", "gains without it"
# On a narrow screen what stands over the plot is wider than the plot, so it may reach over the
# names on its left.
_AT_END = {"x": 1, "xanchor": "right"}
_INK, _DPI = "#17212B", 160  # of a PNG


@dataclass(frozen=True, eq=False)
class Chart:
    """The base of all charts of the lab, with a title and a PNG."""

    title: str

    @property
    def _lines(self) -> int:
        """Return the height of the PNG, in rows of the chart."""
        raise NotImplementedError

    def figure(self, dark: bool = False) -> go.Figure:
        """Draw it for a page, whose theme is `dark` or light."""
        raise NotImplementedError

    def _draw(self, axes: Axes) -> None:
        raise NotImplementedError

    def png(self) -> bytes:
        """Draw it on white, with its title; no browser takes part."""
        from matplotlib.figure import (
            Figure,
        )  # without pyplot, whose figures all threads would share

        size = 9, 1.4 + 0.38 * self._lines
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        axes = figure.subplots()
        axes.set_title(_literal(self.title), loc="left", fontsize=12, color=_INK)
        axes.tick_params(colors=_INK, labelsize=9, length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        self._draw(axes)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=_DPI)
        return out.getvalue()


@dataclass(frozen=True, eq=False)
class Bars(Chart):
    """Changes of one number, one bar a part.

    Args:
        names: of the parts, the first on top. values: of each; blue below 0, orange above.
        notes: a text beside each. unit: what the axis is called.
    """

    names: Sequence[str]
    values: Sequence[float]
    notes: Sequence[str]
    unit: str

    @property
    def _lines(self) -> int:
        return len(self.names)

    @property
    def _colours(self) -> list[str]:
        return [BASELINE if v < 0 else ABLATED for v in self.values]

    def figure(self, dark: bool = False) -> go.Figure:
        names = [plain(n) for n in self.names]
        low, high = min(0.0, *self.values), max(0.0, *self.values)
        room = 0.24 * max(high - low, 1e-6)
        low, high = low - (room if low < 0 else room / 8), high + (room if high > 0 else room / 8)
        figure = chart(
            bars(
                self.values,
                range(len(names)),
                map(signed, self.values),
                marker_color=self._colours,
                customdata=list(zip(names, map(plain, self.notes), strict=True)),
                hovertemplate="%{customdata[0]}: %{text}, %{customdata[1]}<extra></extra>",
            ),
            x={"title": self.unit, "range": [low, high], "zeroline": True,
               "zerolinecolor": MUTED, "nticks": 6},
            y={**_named(names, 14), "autorange": "reversed", "showgrid": False},
            height=32 * len(names) + 100,
            bargap=0.3,
        )  # fmt: skip
        signs = ((BASELINE, "■", f"class {LOSES}"), (ABLATED, "■", f"class {GAINS}"))
        key(figure, signs, **_AT_END)
        return figure

    def _draw(self, axes: Axes) -> None:
        places = np.arange(len(self.names))
        drawn = axes.barh(places, self.values, color=self._colours, height=0.65)
        axes.bar_label(drawn, [signed(v) for v in self.values], padding=4, fontsize=9, color=_INK)
        axes.set_yticks(places, [_literal(n) for n in self.names])
        axes.invert_yaxis()
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.margins(x=0.12)
        signs = f"(blue: the class {LOSES}, orange: {GAINS})"
        axes.set_xlabel(f"{self.unit}   {signs}", color=_INK, fontsize=9)


@dataclass(frozen=True, eq=False)
class Heat(Chart):
    """Changes in a grid, around 0.

    Args:
        values: (row, column), NaN where there is nothing.
        below, above: what a value below and above 0 says.
        marks: (row, column), cells that are marked with a diamond.
        across: what the columns are.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    values: np.ndarray
    below: str
    above: str
    marks: np.ndarray | None = None
    across: str = ""

    @property
    def _lines(self) -> int:
        return len(self.rows)

    @property
    def _most(self) -> float:
        """Return the size of a change that has the strongest colour."""
        return max(float(np.nanmax(np.abs(self.values), initial=0.0)), 1e-6)

    def _texts(self) -> list[list[str]]:
        return [["" if np.isnan(v) else signed(v) for v in row] for row in self.values]

    def _marked(self) -> list[tuple[float, float]]:
        """Find where the diamonds stand, (x, y): in a corner of their cells."""
        cells = [] if self.marks is None else np.argwhere(self.marks)
        return [(int(j) - 0.4, int(i) - 0.33) for i, j in cells]

    def figure(self, dark: bool = False) -> go.Figure:
        # 0 is near to the page's background, so that its text can be read.
        middle, ink = ("#1E272F", "#E6ECF0") if dark else ("#EEF1F3", "#17212B")
        values, most = np.asarray(self.values, float), self._most
        rows, columns = ([plain(n) for n in names] for names in (self.rows, self.columns))
        grid = {"showgrid": False, "zeroline": False}
        figure = chart(
            go.Heatmap(
                z=np.where(np.isnan(values), None, values).tolist(),
                x=list(range(len(columns))),
                y=list(range(len(rows))),
                text=self._texts(),
                texttemplate="%{text}",
                textfont_size=12,
                zmin=-most,
                zmax=most,
                colorscale=[[0, BASELINE], [0.5, middle], [1, ABLATED]],
                xgap=2,
                ygap=2,
                customdata=[[[r, c] for c in columns] for r in rows],
                hovertemplate="%{customdata[0]}, %{customdata[1]}: %{z:+.3f}<extra></extra>",
                hoverongaps=False,
                showscale=False,
            ),
            x={**_named(columns), "range": [-0.5, len(columns) - 0.5], **grid,
               "title": self.across or None},
            y={**_named(rows, 13), "range": [len(rows) - 0.5, -0.5], **grid},
            height=36 * len(rows) + 100,
            margin=(0, 0, 34, 0),
        )  # fmt: skip
        if marked := self._marked():
            x, y = zip(*marked, strict=True)
            marker = {"symbol": "diamond", "size": 7, "color": ink}
            figure.add_scatter(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip")
        key(figure, ((BASELINE, "■", self.below), (ABLATED, "■", self.above)), **_AT_END)
        return figure

    def _draw(self, axes: Axes) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        values, most = np.asarray(self.values, float), self._most
        colours = LinearSegmentedColormap.from_list("around 0", [BASELINE, "#F2F4F6", ABLATED])
        axes.imshow(values, cmap=colours, vmin=-most, vmax=most, aspect="auto")
        turned = max(map(len, self.columns)) > 4
        axes.set_xticks(
            range(len(self.columns)),
            [_literal(c) for c in self.columns],
            rotation=30 if turned else 0,
            ha="right" if turned else "center",
        )
        axes.set_yticks(range(len(self.rows)), [_literal(r) for r in self.rows])
        signs = f"(blue: {self.below}, orange: {self.above})"
        axes.set_xlabel(f"{self.across}   {signs}", color=_INK, fontsize=9)
        for x, y in self._marked():
            axes.plot(x, y, "D", color=_INK, markersize=4)
        texts = self._texts()
        for (i, j), value in np.ndenumerate(values):
            if not np.isnan(value):
                ink = "white" if abs(value) > 0.7 * most else _INK
                axes.text(j, i, texts[i][j], ha="center", va="center", fontsize=8, color=ink)


@dataclass(frozen=True, eq=False)
class Intervals(Chart):
    """Shares with their 95% intervals: rows of a chart, or a line over `steps` if there are any.

    Args:
        names: of each. values, low, high: 0 to 1.
        steps: numbers on the axis of a line; `marked` is the one that was trained.
    """

    names: Sequence[str]
    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    notes: Sequence[str] = ()
    steps: Sequence[int] = ()
    marked: int | None = None
    chance: float | None = None

    @property
    def _lines(self) -> int:
        return 9 if self.steps else len(self.names)

    def figure(self, dark: bool = False) -> go.Figure:
        figure = self._curve() if self.steps else self._rows()
        if self.chance is not None:
            rule(figure, "y" if self.steps else "x", self.chance, "dot")
        return figure

    def _error(self) -> dict[str, Any]:
        down, up = self._reach().tolist()
        reach = {"type": "data", "symmetric": False, "array": up, "arrayminus": down}
        return {**reach, "thickness": 1.5, "width": 4, "color": MUTED}

    def _reach(self) -> np.ndarray:
        """Measure how far the intervals go down and up from their values: (2, value)."""
        low, values, high = map(np.asarray, (self.low, self.values, self.high))
        return np.stack([values - low, high - values])

    def _rows(self) -> go.Figure:
        names = [plain(n) for n in self.names]
        figure = chart(
            go.Scatter(
                x=list(self.values),
                y=list(range(len(names))),
                mode="markers",
                marker={"size": 11, "color": [BASELINE] + [ABLATED] * (len(names) - 1)},
                error_x=self._error(),
                customdata=list(zip(names, map(plain, self.notes), strict=True)),
                cliponaxis=False,
                hovertemplate="%{customdata[0]}: %{x:.1%}, %{customdata[1]}<extra></extra>",
            ),
            # Few ticks, so that none is turned on its side where it is narrow.
            x={"range": [-0.02, 1.02], "tickformat": ".0%", "tickvals": [0, 0.5, 1],
               "tickangle": 0},
            y={**_named(names, 14), "range": [len(names) - 0.5, -0.5]},
            height=38 * len(names) + 70,
            margin=(0, 120, 10, 0),
            hovermode="closest",
        )  # fmt: skip
        for i, note in enumerate(self.notes):
            beside(figure, plain(note), x=1.01, y=i)
        return figure

    def _curve(self) -> go.Figure:
        steps = list(self.steps)
        marker = {
            "size": [13 if s == self.marked else 7 for s in steps],
            "color": [ABLATED if s == self.marked else BASELINE for s in steps],
        }
        figure = chart(
            band(steps, self.low, self.high, BASELINE, 0.18),
            line(
                steps,
                self.values,
                BASELINE,
                marker=marker,
                cliponaxis=False,
                error_y=self._error(),
                hovertemplate="%{x}: %{y:.1%}<extra></extra>",
            ),
            go.Scatter(  # above the intervals, where no bar runs through them
                x=steps,
                y=list(self.high),
                mode="text",
                text=[percent(v) for v in self.values],
                textposition="top center",
                cliponaxis=False,
                hoverinfo="skip",
            ),
            x={"title": self.names[0], "tickvals": steps, "showgrid": False},
            y={"range": [-0.02, 1.1], **PERCENT},
            height=340,
            hovermode="closest",
        )
        signs = [(BASELINE, "●", "accuracy, 95% interval")]
        signs += [(ABLATED, "●", "as trained")] if self.marked in steps else []
        signs += [(MUTED, "┈┈", "chance")] if self.chance is not None else []
        key(figure, signs)
        return figure

    def _draw(self, axes: Axes) -> None:
        values, reach = np.asarray(self.values), self._reach()
        style = {"ecolor": MUTED, "capsize": 3, "color": BASELINE, "marker": "o", "markersize": 7}
        if self.steps:
            axes.errorbar(self.steps, values, yerr=reach, linewidth=2, **style)
            axes.fill_between(self.steps, self.low, self.high, color=BASELINE, alpha=0.15)
            if self.marked in self.steps:
                value = values[list(self.steps).index(self.marked)]
                axes.plot([self.marked], [value], "o", color=ABLATED, markersize=10, zorder=5)
            axes.set_xticks(self.steps)
            axes.set_xlabel(_literal(self.names[0]), color=_INK)
            axes.set_ylim(-0.02, 1.05)
        else:
            places = np.arange(len(values))
            axes.errorbar(values, places, xerr=reach, linestyle="none", **style)
            for place, note in zip(places, self.notes, strict=True):
                axes.text(1.04, place, _literal(note), va="center", fontsize=9, color=_INK)
            axes.set_yticks(places, [_literal(n) for n in self.names])
            axes.set_ylim(len(values) - 0.5, -0.5)
            axes.set_xlim(-0.02, 1.02)
        (axes.yaxis if self.steps else axes.xaxis).set_major_formatter(lambda v, _: f"{v:.0%}")
        if self.chance is not None:
            across = axes.axhline if self.steps else axes.axvline
            across(self.chance, color=MUTED, linestyle=":", linewidth=1.5)


def _named(names: Sequence[str], size: int | None = None) -> dict[str, Any]:
    """Tell Plotly of an axis with a name at 0, 1, 2, ..."""
    ticks = {"tickvals": list(range(len(names))), "ticktext": list(names)}
    return {**ticks, "automargin": True, "tickfont": {"size": size}}


def _literal(text: str) -> str:
    """Escape text from outside, in which a dollar sign begins no formula."""
    return text.replace("$", r"\$")


def signed(value: float) -> str:
    """Write a change with its sign, as people read it."""
    text = f"{abs(value):.2f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"
