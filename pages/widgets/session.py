"""The session that a script runs for."""

from __future__ import annotations

import threading
from typing import Any

import streamlit as st


def context() -> Any:
    """Return what Streamlit knows of this run of the script; None outside of one."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    return get_script_run_ctx(suppress_warning=True)


def session_id() -> str:
    """Return a name for the session that no other has; outside of one each thread is its own."""
    found = context()
    return found.session_id if found is not None else f"thread {threading.get_ident()}"


def still_wanted() -> None:
    """End this run of the script if its person has moved on; to be called within long work.

    Streamlit raises in whatever asks for the session's state.
    """
    if context() is not None:
        st.session_state.get("_")
