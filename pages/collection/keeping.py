"""Keeps what a person says of rows, and says what could not be kept."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.widgets.markdown import sentence

_WRONG = "_labels_wrong"


def wrong(said: str) -> None:
    """Have a sentence said in the run that follows."""
    st.session_state[_WRONG] = said


def say_wrong() -> None:
    """Say what could not be kept, if anything; it may be of a run that is not shown any more."""
    if said := st.session_state.pop(_WRONG, ""):
        st.error(sentence(said), icon=":material/error:")


def keep(run: str, question: str, said: list[tuple[dict[str, Any], str]]) -> bool:
    """Keep what was said of rows of a run, which need not be the one that is shown by now.

    Args:
        said: rows, and labels that may be anything; those of other questions are passed over.

    Returns:
        whether they are kept; else they are to be said again.
    """
    from pages.cache.collections import labels_of, open_run
    from sct.collection.labels import Decision, add, path_of
    from sct.errors import SCTError
    from sct.video.sources import quoted

    try:
        here = open_run(run)
        labels = "", *here.question(question).labels
        known = {key: one.label for key, one in labels_of(here).get(question, {}).items()}
        new = []
        for row, label in said:
            key = row["file"], row["window"]
            if row["error"] is None and label in labels and label != known.get(key, ""):
                known[key] = label
                new.append(
                    Decision(*key, row["start_s"] or 0.0, question, label, row["label"] or "")
                )
        add(path_of(here.path), new)
    except SCTError as error:
        wrong(f"Labels of {quoted(run)} are not kept. {error}")
        return False
    return True
