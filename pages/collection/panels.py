"""What a run looks like as a whole, in charts that filter the grid and each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.collection.chosen import Chosen, put
from pages.state import url_widgets
from pages.widgets.errors import said
from pages.widgets.markdown import plain
from sct.collection.filters import Filter, thinned
from viz.plots import collection

NUMBERS, MAP, KNOWN, RUNS = "Numbers", "Map", "Right and wrong", "Two runs"
BINS = 32
_MOST = 5000
# Below each other on a narrow screen, charts would push the clips out of sight.
_SIDEWAYS = """<style>@media (max-width: 640px) {
  .st-key-facets { grid-template-columns: none !important; grid-auto-flow: column;
    grid-auto-columns: 82%; overflow-x: auto; scroll-snap-type: x proximity; }
  .st-key-facets > * { scroll-snap-align: start; }
}</style>"""
_BARE = {"displayModeBar": False}


def show(view: Chosen) -> None:
    """Draw the choice of charts, and the charts."""
    shown = [NUMBERS, MAP, KNOWN, *[RUNS] * (view.rows.other is not None)]
    panel = url_widgets.segments("Filter by", shown, "panel", NUMBERS, label_visibility="collapsed")
    with st.container(border=True, key="panel_box"), said():
        {NUMBERS: numbers, MAP: embeddings, KNOWN: known, RUNS: two_runs}[panel](view)


# -- numbers -------------------------------------------------------------------------------------


def numbers(view: Chosen) -> None:
    """Draw the answers, and histograms of what is known of them; each shows the others' filter."""
    asked, chosen, header = view.question, view.filter, view.run.header
    columns = {
        asked.column("probability"): ("Probability of the answer", "%"),
        asked.column("entropy"): ("Entropy of the answers (bits)", "f"),
    }
    if view.effect:
        effect = header.effect(view.ablation, asked)
        columns[effect] = (f"Change by {view.effect}", "%")
    elif header.stages:
        columns[f"stage{header.stages[-1]}_shift_px"] = ("Displacement (pixels)", "f")
    bounds = view.ask("bounds", tuple(columns))
    st.html(_SIDEWAYS)
    cells = st.grid(4, min_column_width=210, gap="medium", key="facets")
    with cells.cell():
        few, count = collection.MOST_ANSWERS, len(asked.labels)
        most = f" The {few} most frequent of {count:,}; Filter has all." if count > few else ""
        _title("Answers", f"Click an answer to see its clips.{most}")
        _answers(view)
    for column, (title, kind) in columns.items():
        ends, own = bounds[column], chosen.range(column)
        form = _form(ends, kind)
        counts = view.ask("histogram", column, ends, BINS, chosen.with_range(column, None))
        figure = collection.histogram(ends, counts, own, "", form)
        with cells.cell():
            _title(title, "Drag over a range.")

            def change(event: Any, column: Any = column, ends: Any = ends, own: Any = own) -> Any:
                box = _boxed(event)
                if box is None:
                    return chosen.with_range(column, None) if own else None
                return chosen.with_range(column, _whole_bins(box, ends))

            alt = f"{title}: how many windows have which value."
            _chart(figure, f"hist_{column}", own, change, alt, "box")


def _answers(view: Chosen) -> None:
    asked, chosen = view.question, view.filter
    own = tuple(label for question, label in chosen.said if question == asked.name)
    counts = view.ask("label_counts", asked.name, chosen.with_said(asked.name, ()))
    figure = collection.answers(asked.labels, [counts[label] for label in asked.labels], own)

    def change(event: Any) -> Filter | None:
        picked = _picked(event)
        if not picked or not isinstance(picked[0], str) or picked[0] not in asked.labels:
            return None
        label = picked[0]
        kept = tuple(one for one in own if one != label) if label in own else (*own, label)
        return chosen.with_said(asked.name, kept)

    alt = "; ".join(f"{label} {counts[label]}" for label in asked.labels)
    _chart(
        figure, "answers", own, change, f"How often each answer was given: {alt[:2000]}", "points"
    )


# -- map, matrices -------------------------------------------------------------------------------


def embeddings(view: Chosen) -> None:
    """Draw the map of embeddings; what is circled in it filters."""
    chosen = view.filter
    rest = replace(chosen, area=())
    points = view.ask("points", view.question.name, rest, _MOST)
    if not points:
        st.caption(
            "No window that the filter leaves has a place on the map. A run that is not finished "
            "has none."
        )
        return
    count = view.ask("count", rest)
    shown = f"{len(points):,} of {count:,}, drawn by lot" if count > len(points) else f"{count:,}"
    _title(
        "Where the model puts each window",
        f"Near each other: alike to the model. Colours are its answers. Circle some to see them. "
        f"Windows shown: {shown}.",
    )
    figure = collection.scatter_map(points, view.question.labels, chosen.area)

    def change(event: Any) -> Filter | None:
        outline = _outline(event)
        if outline is None:
            return replace(chosen, area=()) if chosen.area else None
        return replace(chosen, area=outline)

    alt = "A map of the windows, those that are alike to the model near each other."
    _chart(figure, "map", chosen.area, change, alt, ("lasso", "box"))


def known(view: Chosen) -> None:
    """Draw what the model says of clips whose answer the source or a person knows."""
    asked, chosen = view.question, view.filter
    names, counts = view.ask("confusion", asked.name, replace(chosen, pairs=()))
    if not names:
        st.caption(
            "The source of this run does not say what its clips show, as a list can, and nobody "
            "has labelled any yet: *Label by keys* below does that."
        )
        return
    _title(
        f"Right: {_alike(view, names, counts)}",
        "Each square: how many clips of its row were given the answer of its column. Click one to "
        "see them.",
    )
    _matrix(view, names, counts, "pairs", "right answer", "the model says")


def two_runs(view: Chosen) -> None:
    """Draw what another run said of the same windows."""
    asked, chosen = view.question, view.filter
    names, counts = view.ask("agreement", asked.name, replace(chosen, moved=()))
    if not names:
        st.caption(
            "The two runs have no window in common: the same one is of the same file, by its name, "
            "from and to the same seconds."
        )
        return
    _title(
        f"The same answer: {_alike(view, names, counts)}",
        f"Rows: what {view.rows.other.name} says. Columns: what {view.run.name} says. Click a "
        "square to see its clips.",
    )
    says = [f"{run.name} says" for run in (view.rows.other, view.run)]
    _matrix(view, names, counts, "moved", *says)


def _alike(view: Chosen, names: list[str], counts: Any) -> str:
    """Say how many clips of a matrix have the same label in its row and its column."""
    labels = view.question.labels
    same = sum(int(counts[i, labels.index(n)]) for i, n in enumerate(names) if n in labels)
    total = int(counts.sum())
    return f"{same:,} of {total:,} ({same / max(total, 1):.1%})"


def _matrix(
    view: Chosen, names: list[str], counts: Any, part: str, title: str, across: str
) -> None:
    asked, chosen = view.question, view.filter
    own = tuple((a, b) for q, a, b in getattr(chosen, part) if q == asked.name)
    figure = collection.matrix(
        names, asked.labels, counts, own, plain(title, 40), plain(across, 40)
    )

    def change(event: Any) -> Filter | None:
        at = _at(event)
        if at is None or not (0 <= at[0] < len(names) and 0 <= at[1] < len(asked.labels)):
            return None
        pair = names[at[0]], asked.labels[at[1]]
        kept = [one for one in own if one != pair] if pair in own else [*own, pair]
        return replace(chosen, **{part: tuple((asked.name, *one) for one in kept)})

    words = "; ".join(
        f"{a} taken for {b}: {counts[i, j]}"
        for i, a in enumerate(names)
        for j, b in enumerate(asked.labels)
        if counts[i, j]
    )
    with st.container(horizontal=True):
        _chart(figure, part, own, change, words[:2000], "points", width="content")


# -- charts that filter ----------------------------------------------------------------------------


def _title(text: str, help_: str) -> None:
    st.markdown(f"**{plain(text)}**  \n:small[{plain(help_)}]")


def _chart(
    figure: Any,
    name: str,
    own: object,
    change: Callable[[Any], Filter | None],
    alt: str,
    mode: Any,
    **more: Any,
) -> None:
    """Draw a chart; what is chosen in it changes the filter, and it is drawn anew for that.

    Args:
        own: its own part of the filter: with another one it is another chart, free of Plotly's
            own marks.
        change: makes a filter of what Plotly tells, which may be anything; None for no change.
    """
    key = f"{name} {own}"

    def chosen() -> None:
        wanted = change(st.session_state.get(key))
        if wanted is not None:
            put(wanted)

    st.plotly_chart(
        figure, key=key, on_select=chosen, selection_mode=mode, config=_BARE, alt=alt, **more
    )


def _form(ends: tuple[float, float], kind: str) -> str:
    """Return how d3 writes numbers between two ends so that they differ, as "%" or as "f"."""
    span = (ends[1] - ends[0]) * (100 if kind == "%" else 1)
    digits = min(6, max(0, 1 - math.floor(math.log10(span)))) if span > 0 else 1
    return f"{'+' if ends[0] < 0 else ''}.{digits}{kind}"


def _whole_bins(box: tuple[float, float], ends: tuple[float, float]) -> tuple[float, float]:
    """Widen a range to the edges of bins: nobody hits the very end of a chart."""
    low, high = ends
    width = (high - low) / BINS or 1.0
    first = min(max(math.floor((box[0] - low) / width), 0), BINS - 1)
    last = min(max(math.ceil((box[1] - low) / width), first + 1), BINS)
    return low + first * width, high if last == BINS else low + last * width


def _selection(event: Any, part: str) -> list:
    found = (event or {}).get("selection", {}).get(part, [])
    return found if isinstance(found, list) else []


def _picked(event: Any) -> list:
    """Return what is written on the point that was clicked."""
    points = _selection(event, "points")
    data = points[0].get("customdata") if points else None
    return data if isinstance(data, list) else [data] if data is not None else []


def _at(event: Any) -> tuple[int, int] | None:
    """Return the row and column of the square that was clicked."""
    points = _selection(event, "points")
    try:
        return (int(points[0]["y"]), int(points[0]["x"])) if points else None
    except (KeyError, TypeError, ValueError):
        return None


def _boxed(event: Any) -> tuple[float, float] | None:
    boxes = _selection(event, "box")
    try:
        low, high = sorted(float(x) for x in boxes[0]["x"])
        return low, high
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def _outline(event: Any) -> tuple[tuple[float, float], ...] | None:
    drawn = _selection(event, "lasso") or _selection(event, "box")
    try:
        xs, ys = ([float(v) for v in drawn[0][axis]] for axis in "xy")
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    if len(xs) == len(ys) == 2:  # a box
        xs, ys = [xs[0], xs[1], xs[1], xs[0]], [ys[0], ys[0], ys[1], ys[1]]
    return thinned(list(zip(xs, ys, strict=False))) if len(xs) > 2 else None
