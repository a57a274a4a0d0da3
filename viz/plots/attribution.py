"""Charts of checks: what happens to the answer as patches go and come in a map's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.base import MUTED, key

if TYPE_CHECKING:
    from sct.attribution import Check

_LINES = (("this map", BASELINE, "solid"), ("motion energy", ABLATED, "dash"),
          ("random order", MUTED, "dot"))  # fmt: skip


def curve(check: Check, kind: str) -> go.Figure:
    """The answer over the share of patches that are gone, or back, in three orders.

    Args:
        kind: "deletion" or "insertion".
    """
    figure = go.Figure()
    for each, (name, colour, dash) in zip(
        (check.curve, check.motion, check.random), _LINES, strict=True
    ):
        figure.add_scatter(
            x=each.shares.tolist(),
            y=getattr(each, kind).tolist(),
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"size": 5},
            hovertemplate="%{x:.0%} of patches: %{y:.1%} " + name + "<extra></extra>",
        )
    key(figure, [(colour, "━" if dash == "solid" else "╌", name) for name, colour, dash in _LINES])
    gone = "gone" if kind == "deletion" else "back"
    figure.update_xaxes(title=f"patches {gone}, the strongest first", range=[0, 1.02])
    figure.update_xaxes(tickformat=".0%", fixedrange=True, nticks=6)
    figure.update_yaxes(range=[-0.03, 1.05], tickformat=".0%", fixedrange=True, nticks=6)
    figure.update_layout(
        height=270, margin={"l": 0, "r": 8, "t": 34, "b": 0}, showlegend=False, hovermode="closest"
    )
    return figure
