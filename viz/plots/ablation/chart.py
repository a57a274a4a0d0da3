"""The base of the charts of the ablation lab, and what they share."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOSES, GAINS = "loses without it", "gains without it"
# On a narrow screen what stands over the plot is wider than the plot, so it may reach over the
# names on its left.
AT_END = {"x": 1, "xanchor": "right"}
INK, _DPI = "#17212B", 160  # of a PNG


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
        # Without pyplot, whose figures all threads would share.
        from matplotlib.figure import Figure

        size = 9, 1.4 + 0.38 * self._lines
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        axes = figure.subplots()
        axes.set_title(literal(self.title), loc="left", fontsize=12, color=INK)
        axes.tick_params(colors=INK, labelsize=9, length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        self._draw(axes)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=_DPI)
        return out.getvalue()


def named(names: Sequence[str], size: int | None = None) -> dict[str, Any]:
    """Tell Plotly of an axis with a name at 0, 1, 2, ..."""
    ticks = {"tickvals": list(range(len(names))), "ticktext": list(names)}
    return {**ticks, "automargin": True, "tickfont": {"size": size}}


def literal(text: str) -> str:
    """Escape text from outside, in which a dollar sign begins no formula."""
    return text.replace("$", r"\$")


def signed(value: float, digits: int = 2) -> str:
    """Write a change with its sign, as people read it."""
    text = f"{abs(value):.{digits}f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"
