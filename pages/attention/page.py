"""Shows where a patch looks in the frame before and in its own, and what moved."""

import streamlit as st

from pages.shell import headings, stages

view, result = headings.page(
    "Shifted attention",
    "Point at a patch of the right picture: both pictures light up where it looks, on the left in "
    "the frame before and on the right in its own. "
    "Motion mode turns those maps into arrows and sets them beside the true or estimated motion.",
)

from pages.attention import player, statistics  # noqa: E402


@st.fragment
def explore() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        # First where something is to be seen: a stage whose maps were taught to follow motion.
        stage = stages.choose(view.config, stages.first_grounded(view.config))
        headings.twin_button(view)
    try:
        seen = result.trace.shifted(stage)
    except LookupError as error:
        headings.off(error)
        return
    player.show(view, result, seen, stage)
    with st.expander(
        "All heads in numbers", icon=":material/bar_chart:", on_change="rerun"
    ) as numbers:
        if numbers.open:  # what nobody looks at is not computed
            statistics.show(view, result, seen, stage)
    player.definition(seen)


explore()
