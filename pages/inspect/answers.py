"""What the model says of the clip, whether it is sure, and where to see why."""

from __future__ import annotations

import streamlit as st

from pages.cache.keys import Result
from pages.inspect import timeline
from pages.shell.sidebar import WHY
from pages.state.view import View
from sct.checkpoint.certainty import Answer
from sct.synthetic.composite import answer_in
from viz.html import answer

# A page that says why, the words of the link, and what they promise.
_WHY = (
    ("attention", "Where it looked", "Where each patch looks in the frame before"),
    ("ablation", "What it rests on", "What happens when a part is switched off"),
    ("attribution", "Which pixels", "Which patches counted for this answer"),
)


def show(view: View, result: Result, told: tuple[Answer, ...]) -> None:
    """Draw the answers, each with its badge and the links that say why."""
    if view.clip.repeats:
        st.warning(" ".join(view.clip.repeats), icon=":material/content_copy:")
    timeline.differing(view)
    for one in told:
        with st.container(key=f"answer_{one.question}".rstrip("_"), gap="xsmall"):
            st.html(answer.answer(one, answer_in(view.clip.truth, one.labels)))
            _why(one)
    if view.several:
        st.caption("Means of three views; maps and links are about the middle one.")


def caution(told: tuple[Answer, ...]) -> None:
    """Link to what the model cannot do, where an answer is not sure."""
    if any(one.judged.sentence for one in told):
        title, where = "What this model cannot do", {"show": "Checkpoint"}
        icon = ":material/help:"
        st.page_link("../model/page.py", label=title, icon=icon, query_params=where)


def _why(one: Answer) -> None:
    # The question that the other page explains comes with the link, all else from the session.
    asked = {WHY: one.question} if one.question else None
    key = f"why_{one.question}".rstrip("_")
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=key):
        st.caption("Why?", width="content")
        for page, label, promise in _WHY:
            promise = f"{promise}: the same clip, model and frame"
            st.page_link(f"../{page}/page.py", label=label, help=promise, query_params=asked)
