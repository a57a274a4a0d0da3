"""Charts of checks: the answer as patches are removed and restored in a map's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.base import MUTED, PERCENT, chart, key, line

if TYPE_CHECKING:
    from sct.attribution import Check

_LINES = (("this map", BASELINE, "solid"), ("motion energy", ABLATED, "dash"),
          ("random order", MUTED, "dot"))  # fmt: skip


def curve(check: Check, kind: str) -> go.Figure:
    """Draw the answer over the share of patches that are gone, or back, in three orders.

    Args:
        kind: "deletion" or "insertion".
    """
    traces = [
        line(
            each.shares.tolist(),
            getattr(each, kind).tolist(),
            colour,
            name,
            dash,
            marker={"size": 5},
            hovertemplate="%{x:.0%} of patches: %{y:.1%} " + name + "<extra></extra>",
        )
        for each, (name, colour, dash) in zip(
            (check.curve, check.motion, check.random), _LINES, strict=True
        )
    ]
    gone = "gone" if kind == "deletion" else "back"
    figure = chart(
        *traces,
        x={"title": f"patches {gone}, the strongest first", "range": [0, 1.02], **PERCENT},
        y={"range": [-0.03, 1.05], **PERCENT},
        height=270,
        hovermode="closest",
    )
    key(figure, [(colour, "━" if dash == "solid" else "╌", name) for name, colour, dash in _LINES])
    return figure
