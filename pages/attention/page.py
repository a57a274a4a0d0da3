"""Shifted attention: where a patch looks in the frame before and its own, and what moved."""

import streamlit as st

from pages.shell import headings
from pages.shell.current import current
from pages.state import url_widgets

headings.heading(
    "Shifted attention",
    "Point at a patch of the right picture: both pictures light up where it looks, on the left in "
    "the frame before and on the right in its own. "
    "Motion mode turns those maps into arrows and sets them beside what really moved.",
)
view = current()
headings.banner(view)
result = view.result()

from pages.attention import player, statistics  # noqa: E402


@st.fragment
def explore() -> None:
    config = view.config
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        stages = [str(s + 1) for s in range(config.stages)]
        # First where something is to be seen: a stage whose maps were taught to follow motion.
        taught = [s for s, heads in zip(stages, config.grounded_heads, strict=True) if heads]
        stage = int(url_widgets.segments("Stage", stages, "stage", (taught or stages)[0]))
        headings.twin_button(view)
    try:
        seen = result.trace.shifted(stage)
    except LookupError as error:
        headings.off(error, headings.HOW_ON)
        return
    player.show(view, result, seen, stage)
    with st.expander(
        "All heads in numbers", icon=":material/bar_chart:", on_change="rerun"
    ) as numbers:
        if numbers.open:  # what nobody looks at is not computed
            statistics.show(view, result, seen, stage)
    with st.expander("Exact definition", icon=":material/function:"):
        player.definition(seen)


explore()
