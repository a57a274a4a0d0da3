"""Shares with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from sct.numbers import cut
from viz.colors import ABLATED, BASELINE
from viz.plots.ablation.chart import INK, Chart, literal, named
from viz.plots.base import MUTED, PERCENT, band, beside, chart, key, line, plain, rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
            y={**named(names, 14), "range": [len(names) - 0.5, -0.5]},
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
                text=[cut(v) for v in self.values],
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
            axes.set_xlabel(literal(self.names[0]), color=INK)
            axes.set_ylim(-0.02, 1.05)
        else:
            places = np.arange(len(values))
            axes.errorbar(values, places, xerr=reach, linestyle="none", **style)
            for place, note in zip(places, self.notes, strict=True):
                axes.text(1.04, place, literal(note), va="center", fontsize=9, color=INK)
            axes.set_yticks(places, [literal(n) for n in self.names])
            axes.set_ylim(len(values) - 0.5, -0.5)
            axes.set_xlim(-0.02, 1.02)
        (axes.yaxis if self.steps else axes.xaxis).set_major_formatter(lambda v, _: f"{v:.0%}")
        if self.chance is not None:
            across = axes.axhline if self.steps else axes.axvline
            across(self.chance, color=MUTED, linestyle=":", linewidth=1.5)
