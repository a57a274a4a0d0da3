"""A chart of accuracy against cost."""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from viz.colors import BASELINE
from viz.plots.base import GRID, MUTED, chart


def frontier(points: Sequence[tuple[str, float, float, float]]) -> go.Figure:
    """Draw accuracy over multiply-adds, as the paper reports both: two families, sizes as area.

    Args:
        points: (name, parameters in millions, GMACs, top-1 in per cent).
    """
    traces = []
    for family, colour, side in (("SCT", BASELINE, "top center"), ("ViT", MUTED, "bottom center")):
        own = [p for p in points if p[0].startswith(family)]
        traces.append(
            go.Scatter(
                x=[p[2] for p in own],
                y=[p[3] for p in own],
                mode="markers+text",
                text=[html.escape(p[0]) for p in own],
                textposition=side,
                textfont_size=13,
                cliponaxis=False,
                marker={"size": [2.6 * p[1] ** 0.5 for p in own], "color": colour,
                        "opacity": 0.85, "line": {"width": 0}},
                customdata=[f"{p[1]:g} M parameters" for p in own],
                hovertemplate="%{text}: %{y}%, %{x} GMACs, %{customdata}<extra></extra>",
            )
        )  # fmt: skip
    low, high = min(p[3] for p in points), max(p[3] for p in points)
    return chart(
        *traces,
        x={"title": "GMACs of one clip (log scale)", "type": "log", "range": [1.7, 3.45],
           "tickvals": [100, 200, 500, 1000, 2000], "gridcolor": GRID},
        y={"title": "top-1 on Kinetics-400, %", "range": [low - 1.6, high + 1.6],
           "gridcolor": GRID, "nticks": 6},
        height=330,
        margin=(0, 12, 12, 0),
        hovermode="closest",
    )  # fmt: skip
