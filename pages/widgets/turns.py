"""Turns at the device: one computation at a time; who waits is told, who moved on leaves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.widgets.metrics import metrics
from pages.widgets.session import context, session_id, still_wanted

if TYPE_CHECKING:
    from sct.serving.queue import DeviceQueue, Turn

_SAID_AFTER_S = 1.0  # a shorter wait is not worth a word
_SPARED_S = 0.5  # what takes no longer is not ended halfway, as the next run may want the same


@st.cache_resource(max_entries=1, show_spinner=False)
def queue() -> DeviceQueue:
    """Return the line of all sessions."""
    from sct.serving.queue import DeviceQueue

    made = DeviceQueue(waited=metrics().waits.observe)
    metrics().measure("sct_device_queue", "Requests that wait.", lambda: made.length)
    return made


def waiting_text(ahead: int) -> str:
    """Say how many are served before."""
    before = "1 request is" if ahead == 1 else f"{ahead} requests are"
    return f"Waiting: {before} before yours …"


class Sign:
    """Tells whoever waits how many are before it, and ends the run of who has moved on.

    Args:
        show: shows a text; the spinner of the page unless given. "" takes it away.
    """

    def __init__(self, show: Callable[[str], Any] | None = None):
        self._show = show or self._spin
        self._ahead, self._spinner = 0, None

    def __call__(self, ahead: int, seconds: float) -> None:
        still_wanted()
        changed = ahead and ahead != self._ahead
        if changed and seconds >= _SAID_AFTER_S and context() is not None:
            self._ahead = ahead
            self._show(waiting_text(ahead))

    def close(self) -> None:
        """Take the text away, if there is one."""
        if self._ahead:
            self._ahead = 0
            self._show("")

    def _spin(self, text: str) -> None:
        if self._spinner is not None:
            self._spinner.__exit__(None, None, None)
        self._spinner = st.spinner(text) if text else None
        if self._spinner is not None:
            self._spinner.__enter__()


@contextmanager
def turn(text: str = "", show: Callable[[str], Any] | None = None) -> Iterator[Turn]:
    """Wait for a turn at the device, and have it until the block ends.

    A pass through a model within it ends at its next tile once its person has moved on. It must not
    be waited for inside of a function that Streamlit caches: whoever has a turn may wait for that.

    Args:
        text: of a spinner while it computes; "" for none.
        show: shows the place in line, in place of a spinner.

    Raises:
        Busy: too many wait already.
    """
    from sct.kernels.tiling import cancelled_by

    sign = Sign(show)
    try:
        with queue().turn(session_id(), sign) as mine:
            sign.close()
            begun = time.monotonic()

            def check() -> None:
                if time.monotonic() - begun > _SPARED_S:
                    still_wanted()

            with cancelled_by(check):
                if text and context() is not None:
                    with st.spinner(text):
                        yield mine
                else:
                    yield mine
    finally:
        sign.close()
