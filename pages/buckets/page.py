"""LSH buckets: which patches hashing put together, and whom a patch can therefore attend to."""

import streamlit as st

from pages.shell import headings
from pages.shell.current import current
from pages.state import url_widgets

headings.heading(
    "LSH buckets",
    "Hashing sorts the patches of a frame into buckets, one colour each, and a patch attends only "
    "to patches sorted next to it. "
    "Point at a patch: its bucket stays lit on the left, and the right shows where its attention "
    "went.",
)
view = current()
headings.banner(view)
result = view.result()

from pages.ablation import switches  # noqa: E402
from pages.buckets import player  # noqa: E402

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    stages = [str(s + 1) for s in range(view.config.stages)]
    stage = int(url_widgets.segments("Stage", stages, "stage", "1"))
    switches.hashing(view)


@st.fragment
def explore() -> None:
    try:
        seen = result.trace.lsh(stage)
    except LookupError as error:
        headings.off(error, headings.HOW_ON)
        return
    player.show(view, result, seen, stage)
    with st.expander("Exact definition", icon=":material/function:"):
        player.definition(seen)


explore()
