"""Charts of a collection, each of which filters by what is clicked, boxed or circled in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE, answer_colours
from viz.plots.base import GRID, MUTED, bars, chart, plain

_HEIGHT = 214
MOST_ANSWERS = 24
_FAINT = 0.28  # of what a filter leaves out
_STRONG = 0.45  # opacity of a square from which on its number is white
_SELECT = {"dragmode": "select", "selectdirection": "h", "newselection": {"line": {"width": 1}}}


def answers(labels: Sequence[str], counts: Sequence[int], chosen: Collection[str]) -> go.Figure:
    """Draw how often each answer was given; those that are chosen stand out.

    Of more than `MOST_ANSWERS` the most frequent are drawn, and those that are chosen.
    """
    colours, most = answer_colours(len(labels)), max([*counts, 1])
    if len(labels) > MOST_ANSWERS:
        order = sorted(range(len(labels)), key=lambda i: (labels[i] not in chosen, -counts[i], i))
        drawn = sorted(order[:MOST_ANSWERS], key=lambda i: (-counts[i], i))
        labels, counts, colours = ([of[i] for i in drawn] for of in (labels, counts, colours))
    names = [plain(label) for label in labels]
    trace = bars(
        counts,
        names,
        [f"{n:,}" for n in counts],
        11,
        marker={
            "color": colours,
            "opacity": [1 if not chosen or label in chosen else _FAINT for label in labels],
        },
        hoverinfo="skip",
        **_all_alike(),
    )
    rows = go.Bar(  # the whole of a row can be clicked, however short its bar is
        x=[most * 1.28] * len(labels),
        y=names,
        orientation="h",
        width=1,
        marker={"color": "rgba(128,128,128,.001)", "line": {"width": 0}},
        customdata=[[label, count] for label, count in zip(labels, counts, strict=True)],
        hovertemplate="%{y}: %{customdata[1]:,}<extra></extra>",
        **_all_alike(),
    )
    return chart(
        trace,
        rows,
        barmode="overlay",
        x={"range": [0, most * 1.28], "visible": False},
        y={"autorange": "reversed", "tickfont": {"size": 11}, "dtick": 1},
        height=max(_HEIGHT, 20 * len(labels) + 40),
        margin=(0, 4, 0, 0),
        bargap=0.28,
        dragmode=False,
        clickmode="event+select",
    )


def histogram(
    ends: tuple[float, float],
    counts: np.ndarray,
    chosen: tuple[float, float] | None,
    title: str,
    form: str = ".0%",
) -> go.Figure:
    """Draw how many rows have which value; what lies in the chosen range stands out.

    Args:
        counts: int (bins,), of equal parts between the ends.
        form: of the numbers, as d3 writes them.
    """
    low, high = ends
    width = (high - low) / len(counts) or 1.0
    middles = low + width * (np.arange(len(counts)) + 0.5)
    inside = [
        chosen is None or chosen[0] - width / 2 <= at <= chosen[1] + width / 2 for at in middles
    ]
    trace = go.Bar(
        x=middles.tolist(),
        y=counts.tolist(),
        width=width * 0.9,
        customdata=np.stack([middles - width / 2, middles + width / 2], -1).tolist(),
        marker={"color": BASELINE, "opacity": [1 if one else _FAINT for one in inside]},
        hovertemplate="%{customdata[0]:" + form + "} to %{customdata[1]:" + form + "}: %{y:,}"
        "<extra></extra>",
        **_all_alike(),
    )
    figure = chart(
        trace,
        x={"title": {"text": title, "font": {"size": 12}}, "tickformat": form, "nticks": 5,
           "range": [low - width / 4, high + width / 4], "tickfont": {"size": 11}},
        y={"gridcolor": GRID, "nticks": 4, "tickfont": {"size": 11}, "tickformat": "~s",
           "rangemode": "nonnegative", **({} if counts.any() else {"range": [0, 1]})},
        height=_HEIGHT,
        margin=(0, 4, 6, 0),
        bargap=0.06,
        **_SELECT,
    )  # fmt: skip
    if chosen is not None:
        for at in chosen:
            figure.add_vline(x=at, line={"color": ABLATED, "width": 1.5, "dash": "dot"})
    return figure


def matrix(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: np.ndarray,
    chosen: Collection[tuple[str, str]],
    title: str,
    across: str,
) -> go.Figure:
    """Draw how often clips of each row were given each column's answer, as squares to be clicked.

    Args:
        counts: int (row, column). chosen: pairs of labels.
        title, across: of the rows, and of the columns.
    """
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    at = [(i, j) for i in range(len(rows)) for j in range(len(columns))]
    colour = [ABLATED if rows[i] != columns[j] else BASELINE for i, j in at]
    picked = [not chosen or (rows[i], columns[j]) in chosen for i, j in at]
    strong = [0.1 + 0.9 * share[i, j] if counts[i, j] else 0.04 for i, j in at]
    numbers = [f"{counts[i, j]:,}" if counts[i, j] else "" for i, j in at]
    # On what is strong white is read in either theme, on the others the theme's own colour.
    white = [s > _STRONG and p for s, p in zip(strong, picked, strict=True)]
    where = {"x": [j for _, j in at], "y": [i for i, _ in at]}
    weak = go.Scatter(
        **where,
        mode="text",
        text=["" if on else n for n, on in zip(numbers, white, strict=True)],
        textfont={"size": 11},
        hoverinfo="skip",
        **_all_alike("textfont"),
    )
    trace = go.Scatter(
        **where,
        mode="markers+text",
        marker={
            "symbol": "square",
            "size": 30,
            "color": colour,
            "opacity": [s if p else s * _FAINT for s, p in zip(strong, picked, strict=True)],
            "line": {"width": 0},
        },
        text=[n if on else "" for n, on in zip(numbers, white, strict=True)],
        textfont={"size": 11, "color": "#fff"},
        customdata=[
            [plain(rows[i]), plain(columns[j]), float(share[i, j]), f"{counts[i, j]:,}"]
            for i, j in at
        ],
        hovertemplate="%{customdata[0]} → %{customdata[1]}: %{customdata[3]} (%{customdata[2]:.0%})"
        "<extra></extra>",
        **_all_alike("textfont"),
    )
    names = {"tickvals": list(range(len(columns))), "ticktext": [plain(c) for c in columns]}
    own = {"tickvals": list(range(len(rows))), "ticktext": [plain(r) for r in rows]}
    return chart(
        trace,
        weak,
        x={**names, "tickangle": -40, "range": [-0.6, len(columns) - 0.4], "showgrid": False,
           "zeroline": False, "tickfont": {"size": 11},
           "title": {"text": across, "font": {"size": 12}}},
        y={**own, "range": [len(rows) - 0.4, -0.6], "showgrid": False, "zeroline": False,
           "tickfont": {"size": 11}, "title": {"text": title, "font": {"size": 12}}},
        height=34 * len(rows) + 130,
        margin=(0, 0, 6, 0),
        width=44 * len(columns) + 200,
        dragmode=False,
        hovermode="closest",
        clickmode="event+select",
    )  # fmt: skip


def scatter_map(
    points: Sequence[tuple],
    labels: Sequence[str],
    area: Sequence[tuple[float, float]],
) -> go.Figure:
    """Draw rows where their embeddings lie on two axes, in the colours of their answers.

    Args:
        points: (x, y, label, file, window). area: corners of what is circled.
    """
    colours = dict(zip(labels, answer_colours(len(labels)), strict=True))
    traces = []
    for label in labels:
        own = [one for one in points if one[2] == label]
        if not own:
            continue
        traces.append(
            go.Scattergl(
                x=[one[0] for one in own],
                y=[one[1] for one in own],
                name=plain(label),
                mode="markers",
                marker={"size": 6, "color": colours.get(label, MUTED), "opacity": 0.75},
                customdata=[f"{plain(str(one[3]))[-60:]}, {one[4]}" for one in own],
                hovertemplate=f"{plain(label)}<br>%{{customdata}}<extra></extra>",
                **_all_alike(),
            )
        )
    hidden = {"showticklabels": False, "showgrid": False, "zeroline": False}
    figure = chart(
        *traces,
        x={**hidden},
        y={**hidden, "scaleanchor": "x"},
        height=430,
        margin=(0, 0, 0, 0),
        dragmode="lasso",
        hovermode="closest",
    )
    figure.update_layout(showlegend=True, legend={"itemsizing": "constant", "font": {"size": 12}})
    if area:
        path = " L ".join(f"{x:g},{y:g}" for x, y in area)
        figure.add_shape(
            type="path", path=f"M {path} Z", line={"color": ABLATED, "width": 2, "dash": "dot"}
        )
    return figure


def _all_alike(*more: str) -> dict[str, Any]:
    """Keep Plotly from fading what is not selected: the page draws anew what a filter leaves."""
    alike: dict[str, Any] = {"selected": {}, "unselected": {"marker": {}}}
    if "textfont" in more:
        alike["unselected"]["textfont"] = {}
    return alike
