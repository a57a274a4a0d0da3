"""Makes a clip, shows at once what the model says of it, and finds where it fails."""

import streamlit as st

from pages.shell import headings
from pages.shell.current import current
from pages.state import lab_clip
from pages.widgets.errors import said

headings.heading(
    "Motion lab",
    "Choose what moves and how fast: the clip, the model’s answer and the arrows follow at once. "
    "Then look for a motion that it cannot see, and find out why.",
)
lab_clip.require_clip()
view = current()
headings.banner(view)

from pages.motion_lab import controls, sweep  # noqa: E402

sweeps = []


@st.fragment
def make() -> None:
    seen = False
    with said():
        seen = controls.show(view)
    if seen:
        sweeps.append(sweep.show(view))
    lab_clip.reveal(seen)


make()
if sweeps:
    sweep.buttons(sweeps[-1])
controls.definition(view)
