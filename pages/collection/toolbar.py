"""The filter as chips that can be taken away, fields for all of it, the order, and labelling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.collection import labelling
from pages.collection.chosen import Chosen, put
from pages.state import url_widgets
from pages.widgets.errors import said
from pages.widgets.markdown import plain
from sct.collection.filters import EVERYTHING, Filter
from sct.collection.query import SORTS
from sct.collection.schema import Header

ORDERS = {
    "least sure": "Least sure first",
    "most sure": "Most sure first",
    "most changed": "Most changed when switched off",
    "most motion": "Most motion first",
    "against the flow": "Least like optical flow first",
    "file": "By file and time",
}
_ORDER_HELP = (
    "*Least sure first* brings up what is worth a label. *Most changed when switched off* brings "
    "up the clips whose answer the part made that the run switched off, such as shifted MSA."
)
_LABELLED = {"": "All", "yes": "Labelled", "no": "Not labelled", "corrected": "Corrected"}


def show(view: Chosen) -> str:
    """Draw the bar above the grid; return the order of its cards."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="toolbar"):
        orders = {title: name for name, title in _orders(view).items()}
        order = url_widgets.select(
            "Order", list(orders), "order", ORDERS["least sure"], width=270, help=_ORDER_HELP
        )
        with st.popover("Filter", icon=":material/filter_alt:"), said():
            _fields(view)
        labelling.switch()
    chips = _chips(view.filter, view.run.header)
    if chips:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chips"):
            for i, (text, rest) in enumerate(chips):
                st.button(
                    plain(text, 80),
                    key=f"chip {i} {text}",
                    icon=":material/close:",
                    on_click=put,
                    args=(rest,),
                    help="Take this part of the filter away.",
                )
            st.button("Clear all", key="clear", type="tertiary", on_click=put, args=(EVERYTHING,))
    return orders[order]


def _orders(view: Chosen) -> dict[str, str]:
    header = view.run.header
    without = set() if view.effect else {"most changed"}
    without |= set() if header.stages else {"most motion", "against the flow"}
    return {name: ORDERS[name] for name in SORTS if name not in without}


# -- chips -----------------------------------------------------------------------------------------


def _chips(chosen: Filter, header: Header) -> list[tuple[str, Filter]]:
    """Say each part of a filter, and what is left without it."""
    found: list[tuple[str, Filter]] = []

    def lists(part: str, say: Callable[..., str]) -> None:
        values = getattr(chosen, part)
        for one in values:
            rest = tuple(other for other in values if other != one)
            found.append((say(*one), replace(chosen, **{part: rest})))

    lists("said", lambda q, label: f"{q or 'answer'}: {label}")
    lists("known", lambda q, label: f"{q or 'answer'} is {label}")
    lists("pairs", lambda q, a, b: f"{q or 'answer'}: {a} taken for {b}" if a != b
          else f"{q or 'answer'}: {a}, rightly")  # fmt: skip
    lists("moved", lambda q, a, b: f"{q or 'answer'}: {a} → {b}")
    lists("ranges", lambda c, low, high: f"{_called(c, header)}: {_number(low)} to {_number(high)}")
    lists("facts", lambda c, which: f"{'' if which else 'not '}{_called(c, header)}")
    if chosen.name:
        found.append((f"file name has “{chosen.name}”", replace(chosen, name="")))
    if chosen.errors:
        found.append(("could not be read", replace(chosen, errors=False)))
    if chosen.area:
        found.append(("circled on the map", replace(chosen, area=())))
    lists("labelled", lambda q, which: f"{q or 'answer'}: {_LABELLED[which].lower()}")
    return found


def _called(column: str, header: Header) -> str:
    """Return what people call a column."""
    for i, text in enumerate(header.ablations):
        for one in header.questions:
            if column == header.effect(i, one):
                return f"{one.name} change by {text}".strip()
    return column.replace("_px", "").replace("_", " ")


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


# -- fields ----------------------------------------------------------------------------------------


def _field(draw: Callable[..., Any], name: str, own: Any, change: Callable[[Any], Filter]) -> None:
    """Draw a widget whose value is a part of the filter, wherever that is changed."""
    key = f"field {name} {own}"

    def changed() -> None:
        put(change(st.session_state[key]))

    draw(key=key, on_change=changed)


def _fields(view: Chosen) -> None:
    """Draw every part of the filter as a field: charts can be clicked by pointers alone."""
    asked, chosen = view.question, view.filter
    name, labels = asked.name, list(asked.labels)
    own = [label for q, label in chosen.said if q == name]
    _field(
        lambda **w: st.multiselect("The model says", labels, own, **w),
        f"said {name}", own, lambda v: chosen.with_said(name, tuple(v)),
    )  # fmt: skip
    right = [label for q, label in chosen.known if q == name]
    rest = tuple(one for one in chosen.known if one[0] != name)
    _field(
        lambda **w: st.multiselect("It is, by a label or the source", labels, right, **w),
        f"known {name}", right,
        lambda v: replace(chosen, known=(*rest, *((name, label) for label in v))),
    )  # fmt: skip
    columns = {asked.column("probability"): "Probability", asked.column("entropy"): "Entropy, bits"}
    if view.effect:
        columns[view.run.header.effect(view.ablation, asked)] = f"Change by {view.effect}"
    columns["shot"] = "Shot of its file"
    bounds = view.ask("bounds", tuple(columns))
    for column, title in columns.items():
        _range(view, column, plain(title, 80), bounds[column])
    _field(
        lambda **w: st.text_input("File name contains", chosen.name, max_chars=200, **w),
        "name", chosen.name, lambda v: replace(chosen, name=str(v or "").strip()),
    )  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        for column, title in ((asked.column("sure"), "Not sure"), (asked.column("unlike"), "Unlike"
                              ), ("crosses_cut", "Crosses a cut")):  # fmt: skip
            _fact(view, column, title, which=title != "Not sure")
        _field(
            lambda **w: st.toggle("Could not be read", chosen.errors, **w),
            "errors", chosen.errors, lambda v: replace(EVERYTHING if v else chosen, errors=bool(v)),
        )  # fmt: skip
    own = dict(chosen.labelled).get(name, "")
    _field(
        lambda **w: st.segmented_control(
            "Labels of people", list(_LABELLED), default=own,
            format_func=_LABELLED.__getitem__, required=True, **w,
        ),
        f"labelled {name}", own, lambda v: chosen.with_labelled(name, v or ""),
    )  # fmt: skip


def _range(view: Chosen, column: str, title: str, ends: tuple[float, float]) -> None:
    low, high = ends
    if not low < high:
        return
    own = view.filter.range(column)
    at = (max(low, own[0]), min(high, own[1])) if own else ends
    if at[0] > at[1]:
        at = ends
    more: dict[str, Any] = {"step": (high - low) / 100}
    if column == "shot":
        low, high, at, more = int(low), int(high), (int(at[0]), int(at[1])), {"step": 1}
    elif column != view.question.column("entropy"):
        more["format"] = "percent"

    def change(value: tuple[float, float]) -> Filter:
        whole = value[0] <= low and value[1] >= high
        return view.filter.with_range(column, None if whole else (value[0], value[1]))

    _field(lambda **w: st.slider(title, low, high, at, **more, **w), column, at, change)


def _fact(view: Chosen, column: str, title: str, which: bool) -> None:
    chosen = view.filter
    rest = tuple(one for one in chosen.facts if one[0] != column)
    own = (column, which) in chosen.facts

    def change(on: bool) -> Filter:
        return replace(chosen, facts=(*rest, (column, which)) if on else rest)

    _field(lambda **w: st.toggle(title, own, **w), f"{column} {which}", own, change)
