"""Changes of one number as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.ablation.chart import AT_END, GAINS, INK, LOSES, Chart, literal, named, signed
from viz.plots.base import MUTED, bars, chart, key, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
            y={**named(names, 14), "autorange": "reversed", "showgrid": False},
            height=32 * len(names) + 100,
            bargap=0.3,
        )  # fmt: skip
        signs = ((BASELINE, "■", f"class {LOSES}"), (ABLATED, "■", f"class {GAINS}"))
        key(figure, signs, **AT_END)
        return figure

    def _draw(self, axes: Axes) -> None:
        places = np.arange(len(self.names))
        drawn = axes.barh(places, self.values, color=self._colours, height=0.65)
        axes.bar_label(drawn, [signed(v) for v in self.values], padding=4, fontsize=9, color=INK)
        axes.set_yticks(places, [literal(n) for n in self.names])
        axes.invert_yaxis()
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.margins(x=0.12)
        signs = f"(blue: the class {LOSES}, orange: {GAINS})"
        axes.set_xlabel(f"{self.unit}   {signs}", color=INK, fontsize=9)
