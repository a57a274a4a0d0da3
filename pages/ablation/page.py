"""Switches parts of the model off and shows what that does to its answer."""

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

from pages.ablation import (  # noqa: E402
    analyses,
    comparison,
    presets,
    shell_command,
    switches,
    variants,
)
from pages.cache.inference import forward  # noqa: E402
from sct.model.ablation import Ablation  # noqa: E402

if view.ablation_error:
    headings.banner(view)
headings.doubt(forward(view.loaded, view.clip, Ablation()))  # the answer as trained
stored = variants.variants_of(view.config)
presets.draw(view)
comparison.answer(view)
switches.diagram(view.ablation, view.config)
switches.numbers(view.ablation, view.config)
if stored:  # they need the whole width
    comparison.show(view, stored)
cells = st.grid(2, min_column_width=400, gap="large")
with cells.cell():
    if stored:
        variants.draw(view, stored)
    else:
        comparison.show(view, stored)
with cells.cell():
    if not stored:
        variants.draw(view, stored)
    shell_command.draw(view)
analyses.show(view, stored)
headings.definition("ablation", classes=view.config.num_classes)
