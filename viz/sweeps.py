"""The chart of a sweep: probability of the truth over what was changed, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from viz.charts import MUTED
from viz.colors import ABLATED, BASELINE

if TYPE_CHECKING:
    from sct.sweep import Point

_COLOURS = (BASELINE, ABLATED, "#0B9E73")
_DASHES = ("solid", "dash", "dot")
_TITLES = {
    "speed": "speed, pixels a frame",
    "noise": "noise, grey levels of 255",
    "offset": "frames looked back",
}


def curve(
    curves: Mapping[str, Sequence[Point]],
    field: str,
    places: Sequence[float],
    marks: Sequence[tuple[float, str]] = (),
    now: float | None = None,
) -> go.Figure:
    """Mean probability of the truth, within a band from the least to the largest of all scenes.

    Args:
        curves: points by the name of what was asked; they may be the first of a longer row.
        field: what was changed. places: all values that are or will be asked.
        marks: values to be marked, and words for them.
        now: the value of the clip on the page.
    """
    figure = go.Figure()
    for i, (name, points) in enumerate(curves.items()):
        colour = _COLOURS[i % len(_COLOURS)]
        values = [p.value for p in points]
        low = [min(p.probability) for p in points]
        high = [max(p.probability) for p in points]
        if i == len(curves) - 1 or len(curves) == 1:
            figure.add_scatter(
                x=[*values, *values[::-1]],
                y=[*high, *low[::-1]],
                mode="lines",
                fill="toself",
                fillcolor=_faint(colour),
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
            )
        figure.add_scatter(
            x=values,
            y=[p.mean for p in points],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": _DASHES[i % len(_DASHES)]},
            marker={"size": 7, "color": colour},
            customdata=[[p.right, len(p.probability), p.truth] for p in points],
            hovertemplate="%{x:g}: %{y:.0%} %{customdata[2]}, right for %{customdata[0]} of "
            "%{customdata[1]} scenes<extra>" + name + "</extra>",
        )
    for i, (value, text) in enumerate(marks):
        figure.add_vline(x=value, line={"dash": "dash", "width": 1.5, "color": MUTED})
        figure.add_annotation(
            x=value, y=1.02 - 0.1 * i, yref="paper", text=text, showarrow=False,
            xanchor="right", yanchor="top", xshift=-4, font_size=12,
        )  # fmt: skip
    if not curves:
        figure.add_annotation(
            x=0.5, y=0.5, xref="paper", yref="paper", text="Press Sweep", showarrow=False,
            font={"size": 15, "color": MUTED},
        )  # fmt: skip
    if now is not None:
        # The sign alone is centred, so that it points at its place.
        for text, side, shift in (("▲", "center", 0), ("this clip", "left", 8)):
            figure.add_annotation(
                x=now, y=0, yref="paper", text=text, showarrow=False, yanchor="bottom",
                xanchor=side, xshift=shift, font_size=12,
            )  # fmt: skip
    top = max([*places, *(value for value, _ in marks)])
    least = 0.5 if field == "offset" else -0.02 * top
    figure.update_xaxes(
        title=_TITLES[field], range=[least, top * 1.03 + (0.5 if field == "offset" else 0)],
        fixedrange=True, zeroline=False, dtick=1 if field == "offset" else None,
    )  # fmt: skip
    figure.update_yaxes(
        title="probability of the truth", range=[-0.03, 1.05], tickformat=".0%", fixedrange=True,
        zeroline=False,
    )  # fmt: skip
    figure.update_layout(
        height=300, margin={"l": 0, "r": 8, "t": 8, "b": 0}, hovermode="closest",
        showlegend=len(curves) > 1, legend={"orientation": "h", "y": 1.12, "x": 0},
    )  # fmt: skip
    return figure


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
