"""Shifted attention: where a patch looks in the frame before and its own, and what moved."""

import streamlit as st

from pages.common import address, words
from pages.common.session import current

words.heading(
    "Shifted attention",
    "Point at a patch of the right picture: both pictures light up where it looks, on the left in "
    "the frame before and on the right in its own. "
    "Motion mode turns those maps into arrows and sets them beside what really moved.",
)
view = current()
words.banner(view)
result = view.result()

from pages.common import attention_view, statistics_view  # noqa: E402


@st.fragment
def explore() -> None:
    config = view.config
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        stages = [str(s + 1) for s in range(config.stages)]
        # First where something is to be seen: a stage whose maps were taught to follow motion.
        taught = [s for s, heads in zip(stages, config.grounded_heads, strict=True) if heads]
        stage = int(address.segments("Stage", stages, "stage", (taught or stages)[0]))
        words.twin_button(view)
    try:
        seen = result.trace.shifted(stage)
    except LookupError as error:
        words.off(error, words.HOW_ON)
        return
    attention_view.show(view, result, seen, stage)
    with st.expander(
        "All heads in numbers", icon=":material/bar_chart:", on_change="rerun"
    ) as numbers:
        if numbers.open:  # what nobody looks at is not computed
            statistics_view.show(view, result, seen, stage)
    with st.expander("Exact definition", icon=":material/function:"):
        attention_view.definition(seen)


explore()
