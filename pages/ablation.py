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

from pages.common import ablation_lab, ablation_view, presets, switches  # noqa: E402
from pages.common.kept import kept  # noqa: E402

if view.ablation_error:
    words.banner(view)
variants = kept(view.config)
presets.draw(view)
ablation_view.answer(view)
switches.diagram(view.ablation, view.config)
switches.numbers(view.ablation, view.config)
if variants:  # they need the whole width
    ablation_view.comparison(view, variants)
cells = st.grid(2, min_column_width=400, gap="large")
with cells.cell():
    if variants:
        ablation_view.keeping(view, variants)
    else:
        ablation_view.comparison(view, variants)
with cells.cell():
    if not variants:
        ablation_view.keeping(view, variants)
    ablation_view.commands(view)
ablation_lab.show(view, variants)
with st.expander("Exact definition", icon=":material/function:"):
    ablation_view.definition(view)
