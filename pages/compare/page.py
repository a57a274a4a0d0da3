"""Sets two clips side by side: what one model says of each, and where it looks in each."""

import streamlit as st

from pages.shell import headings
from pages.shell.current import current
from pages.state import tray
from pages.state.view import selected

headings.heading(
    "Compare",
    "Two clips under the same model, question, ablation, stride and crop: what the model answers "
    "to each and, below, where it looks in each. Both players go in step: point at a patch, play "
    "or choose a head in one, and the other does the same.",
)
view = current()
headings.banner(view)

from pages.compare import beside, sides  # noqa: E402

other = beside.choose(selected())
cells = st.grid(2, min_column_width=380, gap="large")
shown = []
for place, selection, known in (("left", selected(), view), ("right", other, None)):
    with cells.cell(), st.container(key=f"compare_{place}"):
        found = known or beside.load(selection)
        if found is not None:
            name = tray.name_of(selection)
            sides.say(name, found)
            shown.append((place, name, found))
sides.play(shown)
headings.definition("compare")
