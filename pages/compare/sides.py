"""Either side of the comparison: its answers, and the player that goes in step with the other's."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.cache.inference import answers, result_of
from pages.shell import attention_player, headings, stages
from pages.state.view import View
from pages.widgets.errors import said
from pages.widgets.markdown import plain
from sct.synthetic.composite import answer_in
from viz.html import answer

_SIDE = 336  # pixels of a picture: four stand side by side


def say(name: str, view: View) -> None:
    """Draw a clip's name and what the model answers, sure or not."""
    st.header(plain(name, 80), anchor=False)
    if view.clip.repeats:
        st.warning(" ".join(view.clip.repeats), icon=":material/content_copy:")
    for one in answers(view, result_of(view)):
        st.html(answer.answer(one, answer_in(view.clip.truth, one.labels)))
    if view.several:
        st.caption("Means of three views; the player is about the middle one.")


@st.fragment
def play(shown: Sequence[tuple[str, str, View]]) -> None:
    """Draw the players of both sides under one choice of the stage.

    Args:
        shown: place, name and view of each clip that could be loaded.
    """
    if not shown:
        return
    config = shown[0][2].config
    st.header("Where it looks")
    stage = stages.choose(config, stages.first_grounded(config))
    cells = st.grid(2, min_column_width=380, gap="large")
    for place, name, view in shown:
        with cells.cell(), said():
            st.markdown(f"**{plain(name, 80)}**")
            result = result_of(view)
            try:
                seen = result.trace.shifted(stage)
            except LookupError as error:
                headings.off(error)
                continue
            key, called = f"compare_player_{place}", f"{name}, {place}"
            both = {"step": "compare", "called": called}
            attention_player.play(view, result, seen, stage, key=key, side=_SIDE, **both)
