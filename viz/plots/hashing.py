"""Charts of LSH attention: the sizes of buckets, recall and cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE, palette, to_hex
from viz.plots.base import MUTED, PERCENT, chart, key, line, rule
from viz.text.numbers import millions, percent

_PICKED = "#19A7C0"
_MOST_NUMBERED = 20  # the numbers of more buckets would run into each other
_KEPT, _EVEN = "kept of exact attention", "if it were even"


def bucket_sizes(
    ids: np.ndarray, n_buckets: int, chunk: int, picked: int | None = None
) -> go.Figure:
    """Draw how many patches fell into each bucket, in the overlay's colours.

    Args:
        ids: int (grid, grid).
        chunk: tokens of a chunk of the sorted sequence, drawn as a line.
        picked: the bucket that is outlined.
    """
    counts = np.bincount(ids.ravel(), minlength=n_buckets).tolist()
    few = n_buckets <= _MOST_NUMBERED
    outline = [4 if i == picked else 0 for i in range(n_buckets)]
    trace = go.Bar(
        x=list(range(n_buckets)),
        y=counts,
        marker={
            "color": [to_hex(c) for c in palette(n_buckets)],
            "line": {"color": _PICKED, "width": outline},
        },
        text=[
            f"<b>{c}</b>" if i == picked else str(c) if few else "" for i, c in enumerate(counts)
        ],
        textposition="outside",
        textangle=0,
        textfont_size=12,
        constraintext="none",
        cliponaxis=False,
        hovertemplate="bucket %{x}: %{y} patches<extra></extra>",
    )
    figure = chart(
        trace,
        x={"title": "bucket", "dtick": 1 if few else 4},
        y={"title": "patches", "range": [0, max(*counts, chunk) * 1.18]},
        height=260,
        bargap=0.15,
    )
    rule(figure, "y", chunk, layer="below")
    key(figure, ((MUTED, "╌╌", f"one piece: {chunk} patches"),))
    return figure


def recall(kept: np.ndarray, even: np.ndarray, rounds: int) -> go.Figure:
    """Draw how much of exact attention is kept after 1, 2, ... rounds.

    Args:
        kept, even: (round,), 0 to 1: of this attention, and what would be kept of an even one.
        rounds: how many the model hashes, which is marked.
    """
    steps = list(range(1, len(kept) + 1))
    traces = [
        line(
            steps,
            values.tolist(),
            colour,
            name,
            dash,
            mode="lines+markers+text",
            marker={"size": [13 if i == rounds else 6 for i in steps], "color": colour},
            text=[percent(v) if i == rounds else "" for i, v in zip(steps, values, strict=True)],
            textposition=side,
            textfont_size=13,
            cliponaxis=False,
            hovertemplate="%{x} rounds: %{y:.1%} " + name + "<extra></extra>",
        )
        for name, values, colour, dash, side in (
            (_EVEN, even, MUTED, "dot", "bottom center"),
            (_KEPT, kept, BASELINE, "solid", "top center"),
        )
    ]
    # From a little below zero, where the lower number of a faint recall still has room.
    top = min(1.04, 1.3 * float(max(*kept, *even)))
    figure = _by_rounds(traces, {"range": [-0.08 * top, top], "zeroline": False, **PERCENT})
    key(figure, ((BASELINE, "●", _KEPT), (MUTED, "●", _EVEN)))
    return figure


def cost(hashing: Sequence[int], attending: Sequence[int], full: int, rounds: int) -> go.Figure:
    """Draw the multiply-adds of 1, 2, ... rounds, beside those of full attention.

    Args:
        hashing, attending: of each number of rounds. full: of full attention, drawn as a line.
        rounds: how many the model hashes, which is marked.
    """
    steps = list(range(1, len(hashing) + 1))
    traces = [
        go.Bar(
            name=name,
            x=steps,
            y=list(values),
            marker={"color": colour, "opacity": [1 if i == rounds else 0.45 for i in steps]},
            customdata=[millions(v) for v in values],
            hovertemplate="%{x} rounds, " + name + ": %{customdata}<extra></extra>",
        )
        for name, values, colour in (("attend", attending, BASELINE), ("hash", hashing, ABLATED))
    ]
    both = [h + a for h, a in zip(hashing, attending, strict=True)]
    y = {"range": [0, max([*both, full]) * 1.12], "tickformat": "~s", "nticks": 5}
    figure = _by_rounds(traces, y, barmode="stack", bargap=0.3)
    if 1 <= rounds <= len(both):
        value = both[rounds - 1]
        text = f"<b>{millions(value)}</b>"
        figure.add_annotation(x=rounds, y=value, yshift=10, text=text, showarrow=False)
    rule(figure, "y", full)
    signs = ((BASELINE, "■", "attend"), (ABLATED, "■", "hash"))
    key(figure, (*signs, (MUTED, "╌╌", f"full attention: {millions(full)}")))
    return figure


def _by_rounds(traces: Sequence, y: dict, **layout: object) -> go.Figure:
    count = len(traces[0].x)
    x = {"title": "hash rounds", "dtick": 1, "range": [0.5, count + 0.5], "showgrid": False}
    return chart(*traces, x=x, y=y, height=260, hovermode="closest", **layout)
