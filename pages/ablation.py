"""Ablation: switch parts of the model off and see what that does to its answer."""

import streamlit as st

from pages.common import words
from pages.common.session import current

words.heading(
    "Ablation",
    "Switch a part of the model off and see beside each other how likely each class was before "
    "and is now. "
    "A part that changes nothing was not used for this clip; one that turns the answer over was "
    "what the answer rested on.",
)
view = current()

from pages.common import switches  # noqa: E402
from pages.common.ablation_view import commands, comparison, definition  # noqa: E402

if view.ablation_error:
    words.banner(view)
switches.presets(view.ablation)
cells = st.grid(2, min_column_width=400, gap="large")
with cells.cell():
    comparison(view)
    commands(view)
with cells.cell():
    switches.draw(view.ablation, view.config)
with st.expander("Exact definition", icon=":material/function:"):
    definition(view)
