"""The clip of a collection that all pages show: a file of a run, in the session and the address."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from pages.state import url_values, url_widgets, window
from pages.widgets.markdown import plain

SOURCE = "Collection"
_RUN, _FILE = "of_run", "file"
_MOST = 1024  # characters of a name
GONE = "_collection_gone"  # of the session: why there is no clip


def known() -> bool:
    """Return whether a clip was opened, or the address asks for one."""
    return url_values.known(_RUN)


def show(run: str, file: str, start: float, stride: float, model: str, models: list[str]) -> None:
    """Make a window of a file the clip that pages show, under the model of its run.

    Args:
        models: those that there are; another model is not followed, which is said.
    """
    st.session_state["source"] = SOURCE
    select(run, file)
    window.move(SOURCE, start, stride)
    window.no_crop()
    if model in models:
        st.session_state["model"] = model
    else:
        url_widgets.add_notice(
            f"Model: “{plain(model, 60)}”, which this run was made with, is not here any more."
        )


def select(run: str, file: str) -> None:
    """Set which file is meant, before the run that shows it."""
    url_values.set_value(_RUN, run)
    url_values.set_value(_FILE, file)


def chosen() -> tuple[str, str]:
    """Return the run and the file, and put them into the address."""
    run = url_values.value(_RUN, "Run", str, "", _MOST)
    return run, url_values.value(_FILE, "File", str, "", _MOST)


def leave() -> None:
    """Take all of it out of the address while another clip is shown."""
    for key in (_RUN, _FILE, *window.KEYS[SOURCE]):
        url_widgets.write_address(key, "")


def link(run: str, file: str, start: float, stride: float, model: str) -> str:
    """Return the address of Inspect with a window of a file, seen from another page."""
    first, second = window.KEYS[SOURCE]
    at = {first: f"{start:.6g}", second: f"{stride:.6g}"}
    asked = {"source": SOURCE, _RUN: run, _FILE: file, **at, "model": model}
    return "./?" + urlencode(asked, errors="surrogateescape")
