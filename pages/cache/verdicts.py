"""The verdict on a method, by its check on this clip, else by the shipped fixed set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.cache import attributions
from pages.state.view import View
from viz.text.attribution import OPEN, Verdict, over_set

_BADGES = {True: "passes its check", False: "fails its check"}


def verdict(view: View, method: str, target: int, against: int | None) -> Verdict:
    """Judge an attribution; the arguments are those of `attributions.attribution`."""
    found = attributions.cached_check(view, method, target, against)
    if found is not None:
        return Verdict(found.passed, f"{_BADGES[found.passed]} on this clip", found.why)
    # The fixed set was measured on the model as it was trained.
    if str(view.maps_ablation) != "none":
        return OPEN
    return over_set(fixed_set(view.loaded.name), method)


@st.cache_data(max_entries=8, show_spinner=False)
def fixed_set(name: str) -> dict[str, Any] | None:
    """Read the table shipped for a model, best method first; see `attribute.measured`."""
    from sct.attribution import measured

    return measured(name)
