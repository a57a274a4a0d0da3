"""The chart of a sweep: probability of the truth over what was changed, as a Plotly figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.base import MUTED

if TYPE_CHECKING:
    from sct.evaluation.motion_sweep import Point

_COLOURS = (BASELINE, ABLATED, "#0B9E73")
_DASHES = ("solid", "dash", "dot")
_TITLES = {
    "speed": "speed, pixels a frame (logarithmic scale)",
    "noise": "noise, grey levels of 255",
    "offset": "frames looked back",
}
_TICKS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 120)
_LEFT, _RIGHT = 64, 10  # pixels of the chart beside the axis


def curve(
    curves: Mapping[str, Sequence[Point]],
    field: str,
    places: Sequence[float],
    marks: Sequence[tuple[float, str]] = (),
) -> go.Figure:
    """Mean probability of the truth, within a band from the least to the largest of all scenes.

    Args:
        curves: points by the name of what was asked; they may be the first of a longer row.
        field: what was changed. places: all values that are or will be asked.
        marks: values to be marked, and words for them.

    Speeds stand on a logarithmic axis. The place of the clip on the page is what `here` says: a
    chart that changed with each clip would have to be drawn anew for each.
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
            x=_place(field, value), y=1.02 - 0.1 * i, yref="paper", text=text, showarrow=False,
            xanchor="right", yanchor="top", xshift=-4, font_size=12,
        )  # fmt: skip
    if not curves:
        figure.add_annotation(
            x=0.5, y=0.5, xref="paper", yref="paper", text="Press Sweep", showarrow=False,
            font={"size": 15, "color": MUTED},
        )  # fmt: skip
    low, high = _ends(field, places, marks)
    ticks: dict[str, object] = {"dtick": 1} if field == "offset" else {}
    if field == "speed":
        ticks = {"type": "log", "tickvals": [t for t in _TICKS if low <= math.log10(t) <= high]}
        ticks["ticktext"] = [f"{t:g}" for t in ticks["tickvals"]]
    figure.update_xaxes(
        title=_TITLES[field], range=[low, high], fixedrange=True, zeroline=False, automargin=False,
        **ticks,
    )  # fmt: skip
    figure.update_yaxes(
        title="probability of the truth", range=[-0.03, 1.05], tickformat=".0%", fixedrange=True,
        zeroline=False, automargin=False,
    )  # fmt: skip
    figure.update_layout(
        height=300, margin={"l": _LEFT, "r": _RIGHT, "t": 8, "b": 52}, hovermode="closest",
        showlegend=len(curves) > 1, legend={"orientation": "h", "y": -0.24, "x": 0},
    )  # fmt: skip
    return figure


def here(
    field: str, places: Sequence[float], marks: Sequence[tuple[float, str]], now: float
) -> str:
    """HTML to stand right above a `curve` of the same arguments: where the clip on the page is.

    Args:
        now: its value; a speed too slow for the axis stands at its end.
    """
    low, high = _ends(field, places, marks)
    at = _place(field, now) if now > 0 or field != "speed" else low
    share = min(max((at - low) / (high - low), 0), 1)
    side = "left" if share > 0.6 else "right"
    return (
        f"{_STYLE}<div class='sct-here'><p class='{side}' style='--at:{share:.4f}'>"
        f"<span>this clip: {now:.4g}</span></p></div>"
    )


_STYLE = f"""<style>
.sct-here{{margin:0 {_RIGHT}px 0 {_LEFT}px;font-size:.8rem;line-height:1.2;height:1.2rem}}
.sct-here p{{position:relative;left:calc(var(--at)*100%);width:0;white-space:nowrap}}
.sct-here p{{margin:0;font-size:inherit}}
.sct-here p::before{{content:"▼";position:absolute;left:-.5em;width:1em;text-align:center}}
.sct-here span{{position:absolute;left:.75em}}
.sct-here .left span{{left:auto;right:.75em}}
</style>"""


def _place(field: str, value: float) -> float:
    return math.log10(value) if field == "speed" else value


def _ends(
    field: str, places: Sequence[float], marks: Sequence[tuple[float, str]]
) -> tuple[float, float]:
    """From where to where the axis goes, as Plotly counts it: a logarithm of speeds."""
    first, last = (_place(field, f(*places, *(v for v, _ in marks))) for f in (min, max))
    if field == "offset":
        return first - 0.5, last + 0.5
    room = 0.02 * (last - first)
    return first - room, last + room


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
