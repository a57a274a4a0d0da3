"""Whether a method can be believed: by its check on this clip, else by the shipped fixed set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.common import attributing
from pages.common.session import View
from viz.attribution import OPEN, Verdict, over_set

_BADGES = {True: "passes its check", False: "fails its check"}


def verdict(view: View, method: str, target: int, against: int | None) -> Verdict:
    found = attributing.checked(view, method, target, against)
    if found is not None:
        return Verdict(found.passed, f"{_BADGES[found.passed]} on this clip", found.why)
    # The fixed set was measured on the model as it was trained.
    if str(view.maps_ablation) != "none":
        return OPEN
    return over_set(fixed_set(view.loaded.name), method)


@st.cache_data(max_entries=8, show_spinner=False)
def fixed_set(name: str) -> dict[str, Any] | None:
    """The table shipped for a model, best method first; see `sct.attribution.measured`."""
    from sct.attribution import measured

    return measured(name)
