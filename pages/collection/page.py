"""Shows a run over many clips: filtered, in order, opened one by one, labelled, and compared."""

import streamlit as st

from pages.collection import chosen, opening
from pages.shell import headings
from pages.state.view import NothingToShow

opening.follow()
headings.heading(
    "Collection",
    "Many clips at once: what the model says of each, where it is unsure, and which answers depend "
    "on the path of motion. Click a bar, or drag over a chart, to filter; point at a clip to see "
    "it play under arrows of motion, and click it to open it in Inspect.",
)
try:
    view = chosen.choose()
except NothingToShow:
    headings.definition("collection")
    raise

from pages.collection import grid, labelling, panels, toolbar  # noqa: E402

head = st.container()
if labelling.on():
    with head:
        labelling.intro(view)
else:
    with head:
        panels.show(view)
order = toolbar.show(view)
if labelling.on():
    labelling.show(view, order)
else:
    labelling.leave()
    grid.show(view, order)
headings.definition("collection")
