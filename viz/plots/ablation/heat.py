"""Changes in a grid, around 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.ablation.chart import AT_END, INK, Chart, literal, named, signed
from viz.plots.base import chart, key, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Heat(Chart):
    """Changes in a grid, around 0.

    Args:
        values: (row, column), NaN where there is nothing.
        below, above: what a value below and above 0 says.
        marks: (row, column), cells that are marked with a diamond.
        across: what the columns are.
        digits: of a value in its cell; fewer where there are many columns, None writes none.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    values: np.ndarray
    below: str
    above: str
    marks: np.ndarray | None = None
    across: str = ""
    digits: int | None = 2

    @property
    def _lines(self) -> int:
        return len(self.rows)

    @property
    def _most(self) -> float:
        """Return the size of a change that has the strongest colour."""
        return max(float(np.nanmax(np.abs(self.values), initial=0.0)), 1e-6)

    def _texts(self) -> list[list[str]]:
        return [
            ["" if np.isnan(v) or self.digits is None else signed(v, self.digits) for v in row]
            for row in self.values
        ]

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
            x={**named(columns), "range": [-0.5, len(columns) - 0.5], **grid,
               "title": self.across or None},
            y={**named(rows, 13), "range": [len(rows) - 0.5, -0.5], **grid},
            height=36 * len(rows) + 100,
            margin=(0, 0, 34, 0),
        )  # fmt: skip
        if marked := self._marked():
            x, y = zip(*marked, strict=True)
            marker = {"symbol": "diamond", "size": 7, "color": ink}
            figure.add_scatter(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip")
        key(figure, ((BASELINE, "■", self.below), (ABLATED, "■", self.above)), **AT_END)
        return figure

    def _draw(self, axes: Axes) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        values, most = np.asarray(self.values, float), self._most
        colours = LinearSegmentedColormap.from_list("around 0", [BASELINE, "#F2F4F6", ABLATED])
        axes.imshow(values, cmap=colours, vmin=-most, vmax=most, aspect="auto")
        turned = max(map(len, self.columns)) > 4
        axes.set_xticks(
            range(len(self.columns)),
            [literal(c) for c in self.columns],
            rotation=30 if turned else 0,
            ha="right" if turned else "center",
        )
        axes.set_yticks(range(len(self.rows)), [literal(r) for r in self.rows])
        signs = f"(blue: {self.below}, orange: {self.above})"
        axes.set_xlabel(f"{self.across}   {signs}", color=INK, fontsize=9)
        for x, y in self._marked():
            axes.plot(x, y, "D", color=INK, markersize=4)
        texts = self._texts()
        for (i, j), value in np.ndenumerate(values):
            if not np.isnan(value):
                ink = "white" if abs(value) > 0.7 * most else INK
                axes.text(j, i, texts[i][j], ha="center", va="center", fontsize=8, color=ink)
