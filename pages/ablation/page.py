"""Ablation: switch parts of the model off and see what that does to its answer."""

import streamlit as st

from pages.shell import headings
from pages.shell.current import current

headings.heading(
    "Ablation",
    "Switch a part of the model off and see beside each other how likely each class was before "
    "and is now. "
    "A part that changes nothing was not used for this clip; one that turns the answer over was "
    "what the answer rested on.",
)
view = current()

from pages.ablation import analyses, comparison, presets, switches  # noqa: E402
from pages.ablation.variants import kept  # noqa: E402

if view.ablation_error:
    headings.banner(view)
variants = kept(view.config)
presets.draw(view)
comparison.answer(view)
switches.diagram(view.ablation, view.config)
switches.numbers(view.ablation, view.config)
if variants:  # they need the whole width
    comparison.comparison(view, variants)
cells = st.grid(2, min_column_width=400, gap="large")
with cells.cell():
    if variants:
        comparison.keeping(view, variants)
    else:
        comparison.comparison(view, variants)
with cells.cell():
    if not variants:
        comparison.keeping(view, variants)
    comparison.commands(view)
analyses.show(view, variants)
with st.expander("Exact definition", icon=":material/function:"):
    comparison.definition(view)
