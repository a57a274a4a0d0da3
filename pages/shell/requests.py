"""What each run of the script was, how long it took and how it ended: counted, and logged."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from pages.state.view import CLIP, NothingToShow
from pages.widgets.metrics import metrics
from pages.widgets.session import session_id
from sct.serving.logs import request_log


class Request:
    """A run of the script, which may have ended in a sentence."""

    kind = ""  # of the error that the sentence was of

    def draw(self, page: Callable[[], None]) -> None:
        """Draw a page; an error of what was asked for is shown as its sentence."""
        from sct.errors import SCTError

        try:
            page()
        except NothingToShow as nothing:  # which was said where it was noticed
            self.kind = type(nothing.__context__).__name__ if nothing.__context__ else ""
        except SCTError as error:
            from pages.widgets.markdown import sentence

            self.kind = type(error).__name__
            st.error(sentence(error), icon=":material/error:")


@contextmanager
def noted(page: str) -> Iterator[Request]:
    """Count and log the run of the script inside.

    Args:
        page: its address.
    """
    begun, outcome, request = time.monotonic(), "moved on", Request()
    try:
        yield request
        outcome = "refused" if request.kind else "done"
    except Exception as error:
        outcome, request.kind = "failed", type(error).__name__
        raise
    finally:
        _note(page or "inspect", outcome, request.kind, time.monotonic() - begun)


def _note(page: str, outcome: str, kind: str, seconds: float) -> None:
    count = metrics()
    count.requests.labels(page, outcome).inc()
    count.seconds.labels(page).observe(seconds)
    if kind:
        count.refusals.labels(kind).inc()
    facts = {
        "request": uuid.uuid4().hex[:12],
        # Not the session's name itself, with which its files could be reached.
        "session": hashlib.sha256(session_id().encode()).hexdigest()[:12],
        "page": page,
        "outcome": outcome,
        "seconds": round(seconds, 4),
        "clip": st.session_state.get(CLIP, "")[:12],
    }
    level = logging.ERROR if outcome == "failed" else logging.INFO
    request_log().log(level, "request", extra=facts | ({"kind": kind} if kind else {}))
