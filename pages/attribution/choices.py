"""The choices of the Attribution page: methods, a class, and another to compare it with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from pages.cache.attributions import cached_attribution
from pages.cache.keys import Result
from pages.cache.verdicts import fixed_set, verdict
from pages.state import url_values
from pages.state.view import View
from sct.attribution import METHODS, Method, method_of
from sct.labels import place_of
from viz.text.attribution import order as gain_text
from viz.text.numbers import percent

FAST = ("saliency", "input-x-gradient", "grad-cam", "rollout")  # of one pass
_NONE, _LIKELIEST = "none", "most likely"
_FIELDS = ("method", "method2", "target", "against")
_LAST, _CHOSEN = "_attribution_shown", "_attribution_chosen"
_METHODS_HELP = (
    "The best first: the number is by how much sooner the answer falls and rises in the order of "
    "the method’s map, measured over a fixed set of clips, where 0 is what random orders reach. "
    "Gradient methods ask how the answer reacts to tiny changes, perturbation methods what happens "
    "when parts are taken away, attention methods where attention went. ✕ marks those that did not "
    "stand their test."
)


@dataclass(frozen=True)
class Question:
    """One or two methods, the place of a class, and of the class it is compared with, if any."""

    methods: tuple[Method, ...]
    target: int
    against: int | None


class Label(int):
    """The place of a class, whose text finds it again: its label, or "#3" where others have it."""

    def __new__(cls, place: int, text: str) -> Label:
        self = super().__new__(cls, place)
        self.text = text
        return self

    def __str__(self) -> str:
        return self.text


def label_of(labels: tuple[str, ...], otherwise: Label):
    """Read a class as a link has it: see `place_of`; or what stands for none."""

    def read(text: str) -> Label:
        if text == str(otherwise):
            return otherwise
        place = place_of(text, labels, "class")
        return Label(place, text_for(place, labels, str(otherwise)))

    return read


def text_for(place: int, labels: tuple[str, ...], otherwise: str) -> str:
    """Write a class as a link has it, so that `place_of` finds it again."""
    name = labels[place]
    clear = labels.count(name) == 1 and name != otherwise and len(name) <= url_values.MOST
    return name if clear else f"#{place}"


def draw(view: View, result: Result) -> Question:
    """Draw the four choices, and return what they ask."""
    gains = ranked(view)
    keys = list(gains)
    labels, best = view.loaded.labels, int(result.probabilities.argmax())
    likeliest, nothing = Label(-1, _LIKELIEST), Label(-1, _NONE)
    default, quick = first_choice(view)
    st.session_state.setdefault(_LAST, {"method": quick, "method2": _NONE})
    if st.query_params.get("method") in keys:
        st.session_state[_CHOSEN] = True
    first = url_values.value("method", "Method", url_values.one_of(*keys), default)
    second = url_values.value("method2", "Second method", url_values.one_of(_NONE, *keys), _NONE)
    target = url_values.value("target", "Class", label_of(labels, likeliest), likeliest)
    against = url_values.value("against", "And not", label_of(labels, nothing), nothing)
    if second == first:
        second = _reset("method2")
    why = best if target < 0 else int(target)
    if int(against) == why:
        against = nothing
        _reset("against")
    why_not = None if against < 0 else int(against)

    def name(key: str) -> str:
        if key == _NONE:
            return "the clip as it is"
        found, gain = verdict(view, key, why, why_not), gains[key]
        measured = "" if gain is None else f" · {gain_text(gain)}"
        return f"{method_of(key).name}{measured}{' ✕' if found.passed is False else ''}"

    def chance(place: int) -> str:
        return f"{labels[place]} · {percent(float(result.probabilities[place]))}"

    order = [int(i) for i in np.argsort(-result.probabilities, kind="stable")]
    asked, spared = ([text_for(i, labels, none) for i in order] for none in (_LIKELIEST, _NONE))
    places = {**dict(zip(asked, order, strict=True)), **dict(zip(spared, order, strict=True))}
    others = [_NONE, *(key for key in keys if key != first)]
    cells = st.grid(4, min_column_width=200)
    with cells.cell():
        _select("Method", "method", keys, first, name, help=_METHODS_HELP)
    with cells.cell():
        _select("Beside it", "method2", others, second, name)
    with cells.cell():
        _select(
            "Why this class",
            "target",
            [_LIKELIEST, *asked],
            str(target),
            lambda x: f"{_LIKELIEST}: {chance(best)}" if x == _LIKELIEST else chance(places[x]),
        )
    with cells.cell():
        _select(
            "and not",
            "against",
            [_NONE, *(text for text in spared if places[text] != why)],
            str(against),
            lambda x: "–" if x == _NONE else chance(places[x]),
            help="Asks for the difference of both logits: what made the model prefer the one class "
            "to the other.",
        )
    methods = tuple(method_of(key) for key in (first, second) if key != _NONE)
    return Question(methods, why, why_not)


def ranked(view: View) -> dict[str, float | None]:
    """Return the keys of all methods, best first, and the measured gain of each.

    Those that were not measured come last, without one. What was measured of the model as it was
    trained says nothing of an ablated one.
    """
    trained = str(view.maps_ablation) == "none"
    table = fixed_set(view.loaded) if trained else None
    known = {row["method"]: row["gain"]["mean"] for row in table["methods"]} if table else {}
    known = dict(sorted(known.items(), key=lambda pair: -pair[1]))
    return known | {method.key: None for method in METHODS if method.key not in known}


def first_choice(view: View) -> tuple[str, str]:
    """Return the method that a visitor is to see, and the fast one that is there at once.

    Of each kind the best over the fixed set that passed, if any did, else of which the set leaves
    open whether it can be believed. Where nothing was measured both are the same fast one.
    """
    table = fixed_set(view.loaded)
    passed = {row["method"]: row["passed"] for row in table["methods"]} if table else {}
    order = [key for key, gain in ranked(view).items() if gain is not None and key in passed]

    def best(keys: list[str]) -> str | None:
        fine = (key for wanted in (True, None) for key in keys if passed[key] is wanted)
        return next(fine, None)

    quick = best([key for key in order if key in FAST]) or FAST[0]
    return best(order) or quick, quick


def meanwhile(view: View, question: Question) -> Question | None:
    """Return what to show until the map of the first choice is computed.

    None where it is there, and where somebody has chosen the method: that is then obeyed.
    """
    default, quick = first_choice(view)
    if st.session_state.get(_CHOSEN) or [m.key for m in question.methods] != [default]:
        return None
    if default == quick or cached_attribution(view, default, question.target, question.against):
        return None
    return replace(question, methods=(method_of(quick),))


def rank_of(view: View, key: str) -> str:
    """Say which place a method has among all: "4th of 10 (+0.28)"; "" where it was not measured."""
    gains = ranked(view)
    place, gain = list(gains).index(key) + 1, gains[key]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(place, "th")  # there are fewer than 21
    return "" if gain is None else f"{place}{ending} of {len(gains)} ({gain_text(gain)})"


def keep(method: str) -> None:
    """Stay with a method that is shown until another is there."""
    url_values.set_value("method", method)


def remember() -> None:
    """Note that what is asked now has been answered; `back` returns to it."""
    st.session_state[_LAST] = {key: url_values.text_of(key) for key in _FIELDS}


def back() -> None:
    """Set the choices as they were before what is cancelled was asked for."""
    for key, text in st.session_state[_LAST].items():
        if text is not None:
            url_values.set_value(key, text)


def _reset(key: str) -> str:
    url_values.set_value(key, _NONE)
    st.query_params.pop(key, None)
    return _NONE


def _select(label: str, key: str, options: list[str], value: str, shown: Any, **more: Any) -> None:
    """Draw a box that shows a URL value and sets it to what is chosen."""
    widget = f"_attribution_{key}"
    st.session_state[widget] = value

    def chosen() -> None:
        url_values.set_value(key, st.session_state[widget])
        st.session_state[_CHOSEN] = st.session_state.get(_CHOSEN) or key == "method"

    st.selectbox(
        label,
        options,
        key=widget,
        format_func=shown,
        on_change=chosen,
        **more,
    )
