"""Shows which patches hashing put together, and whom a patch can therefore attend to."""

import streamlit as st

from pages.shell import headings, stages

view, result = headings.page(
    "LSH buckets",
    "Hashing sorts the patches of a frame into buckets, one colour each, and a patch attends only "
    "to patches sorted next to it. "
    "Point at a patch: its bucket stays lit on the left, and the right shows where its attention "
    "went.",
)

from pages.buckets import player  # noqa: E402
from pages.shell import switches  # noqa: E402

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    stage = stages.choose(view.config)
    switches.hashing(view)


@st.fragment
def explore() -> None:
    try:
        seen = result.trace.lsh(stage)
    except LookupError as error:
        headings.off(error)
        return
    player.show(view, result, seen, stage)
    player.definition(seen)


explore()
