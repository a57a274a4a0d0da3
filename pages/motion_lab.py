"""Motion lab: make a clip, see at once what the model says of it, and find where it fails."""

import streamlit as st

from pages.common import lab, words
from pages.common.session import current

words.heading(
    "Motion lab",
    "Choose what moves and how fast: the clip, the model’s answer and the arrows follow at once. "
    "Then look for a motion that it cannot see, and find out why.",
)
lab.require_clip()
view = current()
words.banner(view)

from pages.common import motion_lab_sweep, motion_lab_view  # noqa: E402

swept = []


@st.fragment
def make() -> None:
    seen = motion_lab_view.show(view)
    if seen:
        swept.append(motion_lab_sweep.show(view))
    lab.reveal(seen)


make()
if swept:
    motion_lab_sweep.buttons(swept[-1])
with st.expander("Exact definition", icon=":material/function:"):
    motion_lab_view.definition(view)
