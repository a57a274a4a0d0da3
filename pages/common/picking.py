"""Picking a patch: a click on a picture, or "row,column" written; both are in the address."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.common import address
from pages.common.text import plain
from viz.geometry import Token, parse_token


def patch_field(key: str, grid: int, default: Token) -> Token:
    """A field for the picked patch; what is wrong with its text is said below it."""
    address.asked(key)
    text = st.text_input(
        "Patch (row,column)",
        key=key,
        placeholder=f"{default[0]},{default[1]}",
        max_chars=16,
        width=150,
        help="Click a picture, or write it here. Rows and columns count from 0 at the top left.",
        **address.BOUND,
    )
    if not (text or "").strip():
        return default
    try:
        return parse_token(text[:32], grid)
    except ValueError as error:
        # Said beside the field, not as a notice: it may change in a run of the fragment alone.
        st.warning(
            f"“{plain(text, 20)}” cannot be picked here: {plain(error)}. "
            f"{default[0]},{default[1]} is shown.",
            icon=":material/link_off:",
        )
        return default


def into(key: str) -> Callable[[int, int], None]:
    """What a click does: write the patch into its field."""

    def put(row: int, col: int) -> None:
        st.session_state[key] = f"{row},{col}"

    return put
