"""The window that the model is given: two fields of the sidebar, which the timeline moves."""

from __future__ import annotations

import streamlit as st

from pages.state import url_widgets

# Keys of start and stride, in the session and in the address, by the kind of clip.
_KEYS = {"Upload": ("start", "stride"), "Sample": ("from", "every")}


def fields(source: str, start: float, stride: float) -> tuple[float, float]:
    """Draw the fields, and return start and stride in seconds.

    Args:
        source: "Upload" or "Sample".
        start, stride: what they are at first.
    """
    first, second = _KEYS[source]
    left, right = st.columns(2)
    with left:
        found = url_widgets.number(
            "Start (s)", 0.0, 600.0, start, 0.1, first, help="Second of the first frame."
        )
    with right:
        every = url_widgets.number(
            "Stride (s)", 0.01, 10.0, stride, 0.05, second, help="Seconds from frame to frame."
        )
    return float(found), float(every)


def move(source: str, start: float, stride: float) -> None:
    """Set both before the run that shows them, as the callback of a widget does."""
    first, second = _KEYS[source]
    st.session_state[first] = min(round(start, 3), 600.0)
    st.session_state[second] = round(stride, 3)
