"""Charts as Plotly figures. Text and grid colours are left to the page's theme."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE, palette, to_hex
from viz.text.numbers import change, millions, percent

MUTED = "#8A94A3"
_ROW = 30  # pixels of a class


def predictions(
    labels: Sequence[str], probabilities: np.ndarray, truth: str | None = None
) -> go.Figure:
    """One bar a class, the likeliest on top, its probability beside it; the true class is named.

    Args:
        labels: names of the classes. probabilities: (class,), 0 to 1.
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    names = [labels[i] for i in order]
    values = [float(probabilities[i]) for i in order]
    ticks = [_tick(n, n == truth) for n in names]
    bars = go.Bar(
        x=values,
        y=names,
        orientation="h",
        text=[percent(v) for v in values],
        textposition="outside",
        textfont_size=14,
        cliponaxis=False,
        marker_color=[BASELINE if i == 0 else MUTED for i in range(len(names))],
        customdata=[plain(n) for n in names],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_yaxes(tickvals=names, ticktext=ticks)
    return _bars(figure, len(names), max(values))


def comparison(
    labels: Sequence[str],
    baseline: np.ndarray,
    ablated: np.ndarray,
    truth: str | None = None,
    called: tuple[str, str] = ("as trained", "ablated"),
) -> go.Figure:
    """Two bars a class, such as trained and ablated, and the change between them in points.

    Args:
        called: the names of both.
    """
    order = np.argsort(-np.maximum(baseline, ablated), kind="stable")
    names = [labels[i] for i in order]
    before, after = ([float(p[i]) for i in order] for p in (baseline, ablated))
    figure = go.Figure()
    for name, values, colour in (
        (called[0], before, BASELINE),
        (called[1], after, ABLATED),
    ):
        figure.add_bar(
            name=name,
            x=values,
            y=names,
            orientation="h",
            marker_color=colour,
            text=[percent(v) for v in values],
            textposition="outside",
            textfont_size=13,
            cliponaxis=False,
            customdata=[plain(n) for n in names],
            hovertemplate="%{customdata}, " + name + ": %{text}<extra></extra>",
        )
    # Outside the plot, where no bar can run into them on a narrow screen.
    for name, a, b in zip(names, before, after, strict=True):
        beside(figure, change(b - a), y=name)
    beside(figure, "change", y=1, yref="paper", yanchor="bottom")
    # A line higher: on a narrow screen it is wider than the plot.
    key(figure, ((BASELINE, "■", called[0]), (ABLATED, "■", called[1])), yshift=20)
    ticks = [_tick(n, n == truth) for n in names]
    figure.update_yaxes(tickvals=names, ticktext=ticks)
    _bars(figure, len(names) * 1.7, max(before + after), room=1.75)
    figure.update_layout(barmode="group", bargap=0.28, bargroupgap=0.06)
    figure.update_layout(margin={"t": 54, "r": 64})
    return figure


def bucket_sizes(
    ids: np.ndarray, n_buckets: int, piece: int, picked: int | None = None
) -> go.Figure:
    """How many patches fell into each bucket, in the overlay's colours, the picked one outlined.

    Args:
        ids: int (grid, grid). piece: tokens of one piece that attends to itself, drawn as a line.
    """
    counts = np.bincount(ids.ravel(), minlength=n_buckets)
    figure = go.Figure(
        go.Bar(
            x=list(range(n_buckets)),
            y=counts.tolist(),
            marker={
                "color": [to_hex(c) for c in palette(n_buckets)],
                "line": {
                    "color": "#19A7C0",
                    "width": [4 if i == picked else 0 for i in range(n_buckets)],
                },
            },
            # More numbers than this would run into each other.
            text=[
                f"<b>{c}</b>" if i == picked else str(c) if n_buckets <= 20 else ""
                for i, c in enumerate(counts.tolist())
            ],
            textposition="outside",
            textangle=0,
            textfont_size=12,
            constraintext="none",
            cliponaxis=False,
            hovertemplate="bucket %{x}: %{y} patches<extra></extra>",
        )
    )
    figure.add_hline(y=piece, line={"dash": "dash", "width": 1.5, "color": MUTED}, layer="below")
    key(figure, ((MUTED, "╌╌", f"one piece: {piece} patches"),))
    figure.update_xaxes(title="bucket", dtick=1 if n_buckets <= 20 else 4, fixedrange=True)
    top = max(int(counts.max()), piece)
    figure.update_yaxes(title="patches", range=[0, top * 1.18], fixedrange=True)
    figure.update_layout(height=260, margin={"l": 0, "r": 8, "t": 34, "b": 0}, bargap=0.15)
    return figure


def recall(kept: np.ndarray, even: np.ndarray, rounds: int) -> go.Figure:
    """How much of exact attention is kept after 1, 2, ... rounds.

    Args:
        kept, even: (round,), 0 to 1: of this attention, and what would be kept of an even one.
        rounds: how many the model hashes, which is marked.
    """
    figure = go.Figure()
    steps = list(range(1, len(kept) + 1))
    for name, values, colour, dash, side in (
        (_EVEN, even, MUTED, "dot", "bottom center"),
        (_KEPT, kept, BASELINE, "solid", "top center"),
    ):
        figure.add_scatter(
            x=steps,
            y=values.tolist(),
            mode="lines+markers+text",
            name=name,
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"size": [13 if i == rounds else 6 for i in steps], "color": colour},
            text=[percent(v) if i == rounds else "" for i, v in zip(steps, values, strict=True)],
            textposition=side,
            textfont_size=13,
            cliponaxis=False,
            hovertemplate="%{x} rounds: %{y:.1%} " + name + "<extra></extra>",
        )
    key(figure, ((BASELINE, "●", _KEPT), (MUTED, "●", _EVEN)))
    # From a little below zero, where the lower number of a faint recall still has room.
    top = min(1.04, 1.3 * float(max(*kept, *even)))
    figure.update_yaxes(
        range=[-0.08 * top, top], tickformat=".0%", nticks=6, fixedrange=True, zeroline=False
    )
    return _by_rounds(figure, len(steps))


_KEPT, _EVEN = "kept of exact attention", "if it were even"


def cost(hashing: Sequence[int], attending: Sequence[int], full: int, rounds: int) -> go.Figure:
    """Multiply-adds of 1, 2, ... rounds, beside those of full attention.

    Args:
        hashing, attending: of each number of rounds. full: of full attention, drawn as a line.
        rounds: how many the model hashes, which is marked.
    """
    figure = go.Figure()
    steps = list(range(1, len(hashing) + 1))
    both = [h + a for h, a in zip(hashing, attending, strict=True)]
    for name, values, colour in (
        ("attend", attending, BASELINE),
        ("hash", hashing, ABLATED),
    ):
        figure.add_bar(
            name=name,
            x=steps,
            y=list(values),
            marker={"color": colour, "opacity": [1 if i == rounds else 0.45 for i in steps]},
            customdata=[millions(v) for v in values],
            hovertemplate="%{x} rounds, " + name + ": %{customdata}<extra></extra>",
        )
    for step, value in zip(steps, both, strict=True):
        if step == rounds:
            figure.add_annotation(
                x=step, y=value, yshift=10, text=f"<b>{millions(value)}</b>", showarrow=False
            )
    top = max([*both, full])
    figure.add_hline(y=full, line={"dash": "dash", "width": 1.5, "color": MUTED})
    key(
        figure,
        (
            (BASELINE, "■", "attend"),
            (ABLATED, "■", "hash"),
            (MUTED, "╌╌", f"full attention: {millions(full)}"),
        ),
    )
    figure.update_yaxes(range=[0, top * 1.12], tickformat="~s", fixedrange=True, nticks=5)
    figure.update_layout(barmode="stack", bargap=0.3)
    return _by_rounds(figure, len(steps))


def _by_rounds(figure: go.Figure, count: int) -> go.Figure:
    figure.update_xaxes(
        title="hash rounds", dtick=1, range=[0.5, count + 0.5], showgrid=False, fixedrange=True
    )
    figure.update_layout(
        height=260, margin={"l": 0, "r": 8, "t": 34, "b": 0}, showlegend=False, hovermode="closest"
    )
    return figure


def key(figure: go.Figure, signs: Sequence[tuple[str, str, str]], **place: object) -> None:
    """What colours mean, above the plot: Plotly's own legend takes the plot's room when narrow."""
    text = "   ".join(
        f"<span style='color:{colour}'>{sign}</span> {html.escape(name)}"
        for colour, sign, name in signs
    )
    beside(figure, text, **{"x": 0, "y": 1, "yref": "paper", "yanchor": "bottom"} | place)


def beside(figure: go.Figure, text: str, **place: object) -> None:
    place = {"x": 1, "xref": "paper", "xanchor": "left"} | place
    figure.add_annotation(text=text, showarrow=False, font_size=13, **place)


def plain(name: str) -> str:
    """A name as text; Plotly reads a little HTML in ticks and hover labels."""
    return html.escape(name, quote=False)


def _tick(name: str, true: bool) -> str:
    """A class beside its bar."""
    return f"<b>{plain(name)}</b> (truth)" if true else plain(name)


def _bars(figure: go.Figure, rows: float, top: float, room: float = 1.3) -> go.Figure:
    # Room for the number beside the longest bar.
    figure.update_xaxes(range=[0, max(top * room, 0.01)], visible=False, fixedrange=True)
    figure.update_yaxes(
        autorange="reversed", fixedrange=True, automargin=True, title=None, tickfont_size=14
    )
    figure.update_layout(
        height=int(rows * _ROW) + 24,
        margin={"l": 0, "r": 8, "t": 4, "b": 4},
        showlegend=False,
        bargap=0.3,
    )
    return figure
