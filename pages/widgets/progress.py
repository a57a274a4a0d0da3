"""A bar that says how far a computation is, and a button that ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from pages.widgets.turns import turn

Progress = Callable[[int, int], None]
_STARTING = "Starting …"
_WIDTH = 320  # pixels of the bar; on a narrow screen it takes what there is
_SETTLED_S = 1.0  # before that, what is left is a guess


def time_left(done: int, total: int, first: int, begun: float) -> str:
    """Say how long it takes still, by the pace from step `first` on, done at `begun` (monotonic).

    Returns "" where nobody can tell, and of a last moment.
    """
    spent = time.monotonic() - begun
    if done <= first or spent < _SETTLED_S:
        return ""
    left = (total - done) * spent / (done - first)
    if left < 1:
        return ""
    return f" · {left:.0f} s left" if left < 90 else f" · {left / 60:.0f} min left"


@contextmanager
def running(slot: Any, key: str, cancel: Callable[[], None]) -> Iterator[Callable[..., Progress]]:
    """Show a bar and a Cancel button in `slot`; yield what makes a `progress`.

    That is given a text, or none to count the steps; both say how long it takes still, "at most"
    with `most`, for what may end before its last step.

    A click on Cancel, as on anything else, makes Streamlit end this run of the script at the next
    move of the bar. What was not complete by then is not cached, and the page is drawn anew. The
    work has the device in turn with that of other sessions: they may go first at each move.

    Args:
        slot: an `st.empty()`, and outside of fragments: a click in one does not end its run.
        key: of the button, another one for each run on a page.
        cancel: called before the page is drawn anew; sets back what asked for the work.
    """
    with slot.container(horizontal=True, vertical_alignment="center", gap="medium"):
        # First, and beside a bar of one size: a button that moves loses the click on it.
        st.button("Cancel", key=key, on_click=cancel, icon=":material/close:")
        bar = st.progress(0.0, _STARTING, width=_WIDTH)

    def told(text: str = "", most: bool = False) -> Progress:
        begun: tuple[int, float] | None = None

        def move(done: int, total: int) -> None:
            nonlocal begun
            mine.give_way()
            begun = begun or (done, time.monotonic())
            share = min(done / max(total, 1), 1.0)
            said = text or f"{done} of {total} steps"
            left = time_left(done, total, *begun)
            if most:
                left = left.replace(" · ", " · at most ")
            bar.progress(share, said + left, width=_WIDTH)

        return move

    try:
        with turn(show=lambda text: bar.progress(0.0, text or _STARTING, width=_WIDTH)) as mine:
            yield told
    except Exception:  # an error; what ends the run is none
        slot.empty()
        raise
    slot.empty()
