"""The chart of a sweep: probability of the truth over what was changed, as a Plotly figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE
from viz.plots.base import MUTED, band, chart, line, rule

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
_Marks = Sequence[tuple[float, str]]


def curve(
    curves: Mapping[str, Sequence[Point]],
    field: str,
    places: Sequence[float],
    marks: _Marks = (),
) -> go.Figure:
    """Draw the mean probability of the truth, in a band from the least to the largest scene.

    Args:
        curves: points by the name of what was asked; they may be the first of a longer row.
        field: what was changed. places: all values that are or will be asked.
        marks: values to be marked, and words for them.

    Speeds stand on a logarithmic axis. The place of the clip on the page is what `here` says: a
    chart that changed with each clip would have to be drawn anew for each.
    """
    traces = []
    for i, (name, points) in enumerate(curves.items()):
        colour, values = _COLOURS[i % len(_COLOURS)], [p.value for p in points]
        if i == len(curves) - 1:
            low, high = ([f(p.probability) for p in points] for f in (min, max))
            traces.append(band(values, low, high, colour, 0.16))
        traces.append(
            line(
                values,
                [p.mean for p in points],
                colour,
                name,
                _DASHES[i % len(_DASHES)],
                marker={"size": 7, "color": colour},
                customdata=[[p.right, len(p.probability), p.truth] for p in points],
                hovertemplate="%{x:g}: %{y:.0%} %{customdata[2]}, right for %{customdata[0]} of "
                "%{customdata[1]} scenes<extra>" + name + "</extra>",
            )
        )
    low, high = _ends(field, places, marks)
    ticks: dict[str, Any] = {"dtick": 1} if field == "offset" else {}
    if field == "speed":
        shown = [t for t in _TICKS if low <= math.log10(t) <= high]
        ticks = {"type": "log", "tickvals": shown, "ticktext": [f"{t:g}" for t in shown]}
    still = {"zeroline": False, "automargin": False}
    figure = chart(
        *traces,
        x={"title": _TITLES[field], "range": [low, high], **still, **ticks},
        y={"title": "probability of the truth", "range": [-0.03, 1.05], "tickformat": ".0%",
           **still},
        height=300,
        margin=(_LEFT, _RIGHT, 8, 52),
        hovermode="closest",
        showlegend=len(curves) > 1,
        legend={"orientation": "h", "y": -0.24, "x": 0},
    )  # fmt: skip
    for i, (value, text) in enumerate(marks):
        rule(figure, "x", value)
        figure.add_annotation(
            x=_place(field, value), y=1.02 - 0.1 * i, yref="paper", text=text, showarrow=False,
            xanchor="right", yanchor="top", xshift=-4, font_size=12,
        )  # fmt: skip
    if not curves:
        figure.add_annotation(
            x=0.5, y=0.5, xref="paper", yref="paper", text="Press Sweep", showarrow=False,
            font={"size": 15, "color": MUTED},
        )  # fmt: skip
    return figure


def here(field: str, places: Sequence[float], marks: _Marks, now: float) -> str:
    """Mark where the clip on the page is: HTML to stand above a `curve` of the same arguments.

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


def _ends(field: str, places: Sequence[float], marks: _Marks) -> tuple[float, float]:
    """Find both ends of the axis, as Plotly counts it: a logarithm of speeds."""
    first, last = (_place(field, f(*places, *(v for v, _ in marks))) for f in (min, max))
    room = 0.5 if field == "offset" else 0.02 * (last - first)
    return first - room, last + room
