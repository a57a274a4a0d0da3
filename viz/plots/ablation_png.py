"""The charts of `viz.plots.ablation` as PNG, drawn by Matplotlib: no browser takes part."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from viz.colors import ABLATED, BASELINE
from viz.plots.ablation import GAINS, LOSES, Bars, Heat, Intervals, signed
from viz.plots.base import MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _DPI = "#17212B", 160


def png(chart: Bars | Heat | Intervals) -> bytes:
    """One chart on white, with its title."""
    from matplotlib.figure import Figure  # without pyplot, whose figures all threads would share

    rows = {Bars: lambda: len(chart.names), Heat: lambda: len(chart.rows)}.get(
        type(chart), lambda: 9 if chart.steps else len(chart.names)
    )()
    figure = Figure(figsize=(9, 1.4 + 0.38 * rows), layout="constrained", facecolor="white")
    axes = figure.subplots()
    axes.set_title(_literal(chart.title), loc="left", fontsize=12, color=_INK)
    axes.tick_params(colors=_INK, labelsize=9, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    {Bars: _bars, Heat: _heat, Intervals: _intervals}[type(chart)](axes, chart)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DPI)
    return out.getvalue()


def _bars(axes: Axes, chart: Bars) -> None:
    places = np.arange(len(chart.names))
    colours = [BASELINE if v < 0 else ABLATED for v in chart.values]
    drawn = axes.barh(places, chart.values, color=colours, height=0.65)
    axes.bar_label(drawn, [signed(v) for v in chart.values], padding=4, fontsize=9, color=_INK)
    axes.set_yticks(places, [_literal(n) for n in chart.names])
    axes.invert_yaxis()
    axes.axvline(0, color=MUTED, linewidth=1)
    axes.margins(x=0.12)
    axes.set_xlabel(
        f"{chart.unit}   (blue: the class {LOSES}, orange: {GAINS})", color=_INK, fontsize=9
    )


def _heat(axes: Axes, chart: Heat) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    values = np.asarray(chart.values, float)
    most = max(float(np.nanmax(np.abs(values), initial=0.0)), 1e-6)
    colours = LinearSegmentedColormap.from_list("around 0", [BASELINE, "#F2F4F6", ABLATED])
    axes.imshow(values, cmap=colours, vmin=-most, vmax=most, aspect="auto")
    axes.set_xticks(
        range(len(chart.columns)),
        [_literal(c) for c in chart.columns],
        rotation=30 if max(map(len, chart.columns)) > 4 else 0,
        ha="right" if max(map(len, chart.columns)) > 4 else "center",
    )
    axes.set_yticks(range(len(chart.rows)), [_literal(r) for r in chart.rows])
    axes.set_xlabel(
        f"{chart.across}   (blue: {chart.below}, orange: {chart.above})", color=_INK, fontsize=9
    )
    texts = chart.texts()
    for i, j in chart.marked():
        axes.plot(j - 0.4, i - 0.33, "D", color=_INK, markersize=4)
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = "white" if abs(value) > 0.7 * most else _INK
            axes.text(j, i, texts[i][j], ha="center", va="center", fontsize=8, color=ink)


def _intervals(axes: Axes, chart: Intervals) -> None:
    value = np.asarray(chart.values)
    error = np.stack([value - np.asarray(chart.low), np.asarray(chart.high) - value])
    style = {"ecolor": MUTED, "capsize": 3, "color": BASELINE, "marker": "o", "markersize": 7}
    if chart.steps:
        axes.errorbar(chart.steps, value, yerr=error, linewidth=2, **style)
        axes.fill_between(chart.steps, chart.low, chart.high, color=BASELINE, alpha=0.15)
        if chart.marked in chart.steps:
            at = list(chart.steps).index(chart.marked)
            axes.plot([chart.marked], [value[at]], "o", color=ABLATED, markersize=10, zorder=5)
        axes.set_xticks(chart.steps)
        axes.set_xlabel(_literal(chart.names[0]), color=_INK)
        axes.set_ylim(-0.02, 1.05)
        axes.yaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    else:
        places = np.arange(len(value))
        axes.errorbar(value, places, xerr=error, linestyle="none", **style)
        for place, note in zip(places, chart.notes, strict=True):
            axes.text(1.04, place, _literal(note), va="center", fontsize=9, color=_INK)
        axes.set_yticks(places, [_literal(n) for n in chart.names])
        axes.set_ylim(len(value) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    if chart.chance is not None:
        line = axes.axhline if chart.steps else axes.axvline
        line(chart.chance, color=MUTED, linestyle=":", linewidth=1.5)


def _literal(text: str) -> str:
    """Text from outside, in which a dollar sign begins no formula."""
    return text.replace("$", r"\$")
