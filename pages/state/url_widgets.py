"""URL state of widgets: they are bound to query parameters, and a notice says what was not met.

Streamlit puts a bound widget's value into the address and takes it from there on load; a value
that the widget cannot have it drops without a word. Here that is noticed, so that a person who
opens a link learns that the view is not quite the one they were sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.widgets.markdown import plain

_REQUESTED, _NOTICES, _HELD = "_requested", "_notices", "_held_notices"
BOUND = {"bind": "query-params"}


def requested(key: str) -> str | None:
    """Return what the address asks for under `key`, the first time that a session asks."""
    known = st.session_state.setdefault(_REQUESTED, set())
    if key in known:
        return None
    known.add(key)
    return st.query_params.get(key)


def write_address(key: str, text: str) -> None:
    """Put a text into the address; "" takes its key out."""
    if not text:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text


def add_notice(markdown: str) -> None:
    """Add to what `show_notices` shows at the end of this run."""
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
    """Draw a segmented control that always has a value, and return it.

    Args:
        key: of the widget, and in the address.
        shown: what stands on the control for an option; the option itself if left out.
        more: goes to Streamlit.
    """
    wanted = requested(key)
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
    _check(label, wanted, shown(value) if shown else value)
    return value


def select(label: str, options: Sequence[str], key: str, default: str, **more: Any) -> str:
    """Draw a select box and return its value; see `segments`."""
    wanted = requested(key)
    value = st.selectbox(label, options, options.index(default), key=key, **BOUND, **more)
    value = value if value in options else default
    _check(label, wanted, value)
    return value


def select_any(label: str, options: Sequence[str], key: str, none: str, **more: Any) -> str | None:
    """Draw a select box that may be empty, and return its value or None; see `segments`.

    Args:
        none: what stands in the empty one.
    """
    wanted = requested(key)
    value = st.selectbox(label, options, None, key=key, placeholder=none, **BOUND, **more)
    value = value if value in options else None
    _check(label, wanted, value or none)
    return value


def and_gone(options: Sequence[str], key: str) -> list[str]:
    """Return options and, in front, the one that was chosen, though it is there no more.

    A select box whose value is none of its options takes another one without a word; this way it
    stays until a person chooses anew, and whoever uses it says that it is gone.
    """
    chosen = st.session_state.get(key)
    return [chosen, *options] if chosen and chosen not in options else list(options)


def number(
    label: str, low: float, high: float, default: float, step: float, key: str, **more: Any
) -> float:
    """Draw a field for a number and return it; see `segments`."""
    wanted = _requested_number(label, key, default)
    value = st.number_input(label, low, high, default, step, key=key, **BOUND, **more)
    if value is None or not low <= value <= high:
        value = default
    _check(label, wanted, value)
    return value


def slide(label: str, low: int, high: int, default: int, key: str, **more: Any) -> int:
    """Draw a slider, unless there is one value alone, and return its value; see `segments`."""
    if low >= high:
        return low
    wanted = _requested_number(label, key, default)
    value = st.slider(label, low, high, default, key=key, **BOUND, **more)
    value = min(max(int(value), low), high)
    _check(label, wanted, value)
    return value


def toggle(label: str, key: str, **more: Any) -> bool:
    """Draw a toggle and return whether it is on; see `segments`."""
    wanted = requested(key)
    value = bool(st.toggle(label, key=key, **BOUND, **more))
    _check(label, wanted, str(value).lower())
    return value


def _check(label: str, wanted: str | None, got: object) -> None:
    """Add a notice if the address asked for something else than there is."""
    if wanted is not None and not _same(wanted, got):
        add_notice(
            f"{label}: “{plain(wanted, 60)}” cannot be had here, “{plain(got, 60)}” is shown."
        )


def _requested_number(label: str, key: str, default: float) -> str | None:
    """Return `requested` for a widget that takes a number: other text never reaches it.

    Streamlit's number widgets end in an OverflowError on a link that asks for infinity.
    """
    wanted = requested(key)
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
