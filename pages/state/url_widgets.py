"""The view in the address bar: widgets bound to query parameters, and a word on what is not met.

Streamlit puts a bound widget's value into the address and takes it from there on load; a value
that the widget cannot have it drops without a word. `unmet` notices that, so that a person who
opens a link learns that the view is not quite the one they were sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.widgets.markdown import plain

_LOOKED_UP, _NOTICES, _HELD = "_looked_up", "_notices", "_held_notices"
BOUND = {"bind": "query-params"}


def asked(key: str) -> str | None:
    """What the address asked for under `key`, until its widget is first drawn in a session."""
    known = st.session_state.setdefault(_LOOKED_UP, set())
    if key in known:
        return None
    known.add(key)
    return st.query_params.get(key)


def unmet(label: str, wanted: str | None, got: object) -> None:
    """Leave a notice if the address wanted something else than there is."""
    if wanted is None or _same(wanted, got):
        return
    notice(f"{label}: “{plain(wanted, 60)}” cannot be had here, “{plain(got, 60)}” is shown.")


def notice(markdown: str) -> None:
    st.session_state.setdefault(_NOTICES, []).append(markdown)


def show_notices(slot: Any) -> None:
    """Show and forget the notices of this run, and those held over a rerun."""
    notices = st.session_state.pop(_HELD, []) + st.session_state.pop(_NOTICES, [])
    if notices:
        lines = "".join(f"\n- {text}" for text in notices)
        slot.warning(
            f"Not all of this link could be followed.\n{lines}", icon=":material/link_off:"
        )


def segments(
    label: str,
    options: Sequence[str],
    key: str,
    default: str,
    shown: Callable[[str], str] | None = None,
    **more: Any,
) -> str:
    """A segmented control that always has a value; what stands in the address is what is shown."""
    wanted = asked(key)
    value = st.segmented_control(
        label,
        options,
        default=default,
        required=True,
        key=key,
        format_func=shown,
        wrap=True,
        **BOUND,
        **more,
    )
    value = value if value in options else default
    unmet(label, wanted, shown(value) if shown else value)
    return value


def select(label: str, options: Sequence[str], key: str, default: str, **more: Any) -> str:
    wanted = asked(key)
    value = st.selectbox(label, options, options.index(default), key=key, **BOUND, **more)
    value = value if value in options else default
    unmet(label, wanted, value)
    return value


def number(
    label: str, low: float, high: float, default: float, step: float, key: str, **more: Any
) -> float:
    wanted = _asked_number(label, key, default)
    value = st.number_input(label, low, high, default, step, key=key, **BOUND, **more)
    if value is None or not low <= value <= high:
        value = default
    unmet(label, wanted, value)
    return value


def slide(label: str, low: int, high: int, default: int, key: str, **more: Any) -> int:
    if low >= high:
        return low
    wanted = _asked_number(label, key, default)
    value = st.slider(label, low, high, default, key=key, **BOUND, **more)
    value = min(max(int(value), low), high)
    unmet(label, wanted, value)
    return value


def toggle(label: str, key: str, **more: Any) -> bool:
    wanted = asked(key)
    value = bool(st.toggle(label, key=key, **BOUND, **more))
    unmet(label, wanted, str(value).lower())
    return value


def _asked_number(label: str, key: str, default: float) -> str | None:
    """As `asked`, for a widget that takes a number: what is none never reaches it.

    Streamlit's number widgets end in an OverflowError on a link that asks for infinity.
    """
    wanted = asked(key)
    if wanted is None or _is_number(wanted):
        return wanted
    text = f"{label}: “{plain(wanted, 60)}” is not a number, “{default:g}” is shown."
    st.session_state.setdefault(_HELD, []).append(text)
    # Widgets take their first value from the address as it was when the run began.
    del st.query_params[key]
    st.rerun()


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < 1e15
    except ValueError:
        return False


def _same(wanted: str, got: object) -> bool:
    if wanted.lower() == str(got).lower():
        return True
    try:
        return float(wanted) == float(str(got))
    except ValueError:
        return False
