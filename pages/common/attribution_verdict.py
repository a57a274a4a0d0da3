"""Whether a method can be believed: by its check on this clip, else by the shipped fixed set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.common import attributing
from pages.common.session import View
from viz.attribution import Verdict

_OPEN = Verdict(None, "not checked", "Whether it can be believed was not checked for this model.")
_BADGES = {True: "passes its check", False: "fails its check"}
_FAILED = {
    "random": "its order of patches is no better than random ones",
    "randomised": "a model of shuffled weights gets much the same maps",
    "infidelity": "it explains too little of what replacing boxes does",
    "sensitivity": "noise that nobody sees changes it too much",
}


def verdict(view: View, method: str, target: int, against: int | None) -> Verdict:
    found = attributing.checked(view, method, target, against)
    if found is not None:
        return Verdict(found.passed, f"{_BADGES[found.passed]} on this clip", found.why)
    # The fixed set was measured on the model as it was trained.
    table = fixed_set(view.loaded.name) if str(view.maps_ablation) == "none" else None
    for row in table["methods"] if table else ():
        if row["method"] == method:
            return _over_clips(row, table["n"])
    return _OPEN


def _over_clips(row: dict[str, Any], clips: int) -> Verdict:
    passed = bool(row["passed"])
    each = f"it passes on {row['passed_clips']} of {clips} single clips"
    if passed:
        return Verdict(True, "passes on the fixed set", f"Over the fixed set it passes; {each}.")
    why = [text for name, text in _FAILED.items() if not row["verdicts"][name]]
    return Verdict(False, "fails on the fixed set", f"Over the fixed set {', '.join(why)}; {each}.")


@st.cache_data(max_entries=8, show_spinner=False)
def fixed_set(name: str) -> dict[str, Any] | None:
    """The table shipped for a model, best method first; see `sct.attribution.measured`."""
    from sct.attribution import measured

    return measured(name)
