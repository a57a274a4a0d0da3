"""The parts of all charts. Colours of text and grid are left to the page's theme."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

MUTED = "#8A94A3"
GRID = "rgba(128,128,128,.25)"
PERCENT = {"tickformat": ".0%", "nticks": 6}  # an axis of shares


def chart(
    *traces: Any,
    x: dict[str, Any],
    y: dict[str, Any],
    height: int,
    margin: tuple[int, int, int, int] = (0, 8, 34, 0),
    **layout: Any,
) -> go.Figure:
    """Make a figure whose axes cannot be dragged.

    Args:
        x, y: what Plotly is told of the axes.
        height: pixels. margin: pixels on the left, right, top and bottom.
        layout: the rest of Plotly's layout; there is no legend unless it says so.
    """
    axes = {"xaxis": {"fixedrange": True, **x}, "yaxis": {"fixedrange": True, **y}}
    margins = dict(zip("lrtb", margin, strict=True))
    return go.Figure(
        traces, {**axes, "height": height, "margin": margins, "showlegend": False, **layout}
    )


def bars(
    values: Sequence[float],
    places: Sequence,
    text: Sequence[str],
    size: int | None = 13,
    **more: Any,
) -> go.Bar:
    """Make horizontal bars, a text of `size` at the end of each."""
    return go.Bar(
        x=list(values),
        y=list(places),
        orientation="h",
        text=list(text),
        textposition="outside",
        textfont_size=size,
        cliponaxis=False,
        **more,
    )


def line(
    x: Sequence[float],
    y: Sequence[float],
    colour: str,
    name: str | None = None,
    dash: str | None = None,
    mode: str = "lines+markers",
    **more: Any,
) -> go.Scatter:
    """Make a line with a mark at each of its points."""
    style = {"color": colour, "width": 2.5, "dash": dash}
    return go.Scatter(x=list(x), y=list(y), name=name, mode=mode, line=style, **more)


def band(
    x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str, opacity: float
) -> go.Scatter:
    """Make an area from `low` to `high` in a faint "#rrggbb"."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return go.Scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        mode="lines",
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},{opacity})",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def rule(figure: go.Figure, axis: str, at: float, dash: str = "dash", **more: Any) -> None:
    """Draw a line across the plot where `axis`, "x" or "y", is `at`."""
    draw = figure.add_vline if axis == "x" else figure.add_hline
    draw(**{axis: at}, line={"dash": dash, "width": 1.5, "color": MUTED}, **more)


def key(figure: go.Figure, signs: Sequence[tuple[str, str, str]], **place: Any) -> None:
    """Write what colours mean above the plot: Plotly's own legend takes the plot's room.

    Args:
        signs: (colour, sign, name).
        place: of the annotation, where it is not at the left.
    """
    text = "   ".join(
        f"<span style='color:{colour}'>{sign}</span> {html.escape(name)}"
        for colour, sign, name in signs
    )
    beside(figure, text, **{"x": 0, "y": 1, "yref": "paper", "yanchor": "bottom"} | place)


def beside(figure: go.Figure, text: str, **place: Any) -> None:
    """Write a text, right of the plot unless `place` says otherwise."""
    place = {"x": 1, "xref": "paper", "xanchor": "left"} | place
    figure.add_annotation(text=text, showarrow=False, font_size=13, **place)


def plain(name: str) -> str:
    """Escape a name: Plotly reads a little HTML in ticks and hover labels."""
    return html.escape(name, quote=False)
