"""A bar that says how far a computation is, and a button that ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

Progress = Callable[[int, int], None]
_WIDTH = 320  # pixels of the bar; on a narrow screen it takes what there is


@contextmanager
def running(slot: Any, key: str, cancel: Callable[[], None]) -> Iterator[Callable[[str], Progress]]:
    """Show a bar and a Cancel button in `slot`; yield what makes a `progress` of a text.

    A click on Cancel, as on anything else, makes Streamlit end this run of the script at the next
    move of the bar. What was not complete by then is not cached, and the page is drawn anew.

    Args:
        slot: an `st.empty()`, and outside of fragments: a click in one does not end its run.
        key: of the button, another one for each run on a page.
        cancel: called before the page is drawn anew; sets back what asked for the work.
    """
    with slot.container(horizontal=True, vertical_alignment="center", gap="medium"):
        # First, and beside a bar of one size: a button that moves loses the click on it.
        st.button("Cancel", key=key, on_click=cancel, icon=":material/close:")
        bar = st.progress(0.0, "Starting …", width=_WIDTH)

    def told(text: str) -> Progress:
        return lambda done, total: bar.progress(min(done / max(total, 1), 1.0), text, width=_WIDTH)

    try:
        yield told
    except Exception:  # an error; what ends the run is none
        slot.empty()
        raise
    slot.empty()
