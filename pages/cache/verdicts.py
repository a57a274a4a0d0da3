"""The verdict on a method, by its check on this clip, else by the shipped fixed set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.cache import attributions
from pages.cache.inference import result_of
from pages.cache.keys import KEYS
from pages.state.view import LoadedModel, View
from viz.text.attribution import OPEN, Verdict, over_set

_BADGES = {True: "map checked", False: "map fails its check"}


def verdict(view: View, method: str, target: int, against: int | None) -> Verdict:
    """Judge an attribution; the arguments are those of `attributions.attribution`."""
    found = attributions.cached_check(view, method, target, against)
    if found is not None:
        said = Verdict(found.passed, f"{_BADGES[found.passed]} on this clip", found.why)
    # The fixed set was measured on the model as it was trained.
    elif str(view.maps_ablation) != "none":
        return OPEN
    else:
        said = over_set(fixed_set(view.loaded), method)
    return said.of_answer(flaw(view)) if said.passed else said


def flaw(view: View) -> str:
    """Say what is wrong with the answer to the clip; "" if nothing is known to be."""
    result, labels, truth = result_of(view), view.loaded.labels, view.truth
    if truth in labels and labels[int(result.probabilities.argmax())] != truth:
        return "wrong"
    return "not sure" if result.judged.sure is False else ""


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=KEYS)
def fixed_set(loaded: LoadedModel) -> dict[str, Any] | None:
    """Read the table shipped for a question, best method first; see `attribution.measured`."""
    from sct.attribution import measured

    return measured(loaded.name, loaded.question)
