"""LSH buckets: which patches hashing put together, and whom a patch can therefore attend to."""

import streamlit as st

from pages.common import address, words
from pages.common.session import current

words.heading(
    "LSH buckets",
    "Hashing sorts the patches of a frame into buckets, one colour each, and a patch attends only "
    "to patches sorted next to it. "
    "Point at a patch: its bucket stays lit on the left, and the right shows where its attention "
    "went.",
)
view = current()
words.banner(view)
result = view.result()

from pages.common import buckets_view, switches  # noqa: E402

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    stages = [str(s + 1) for s in range(view.config.stages)]
    stage = int(address.segments("Stage", stages, "stage", "1"))
    switches.hashing(view)


@st.fragment
def explore() -> None:
    try:
        seen = result.trace.lsh(stage)
    except LookupError as error:
        words.off(error, words.HOW_ON)
        return
    buckets_view.show(view, result, seen, stage)
    with st.expander("Exact definition", icon=":material/function:"):
        buckets_view.definition(seen)


explore()
