"""What Inspect is, for who sees it first, and the tour of its parts."""

from __future__ import annotations

import streamlit as st

from pages.shell import glossary
from viz.components import tour
from viz.components.tour import Step

_ABOUT = (
    "SCT Lens opens up a video transformer: a model that is given a few frames of a clip and says "
    "what the camera and the subject do. Here are the frames that it was given and what it says of "
    "them; the links below each answer show why."
)
_STEPS = (
    Step(
        '[data-testid="stSidebar"]',
        "Choose a clip",
        "Take a sample or drop in a video of yours. Every page is about the clip that is chosen "
        "in the sidebar; where it is folded up, » in the corner opens it.",
    ),
    Step(
        ".st-key-clip",
        "What the model is given",
        "It sees the few frames that play here, and of each the part inside the white square. "
        "Drag the square, or its corner, to show it another part.",
    ),
    Step(
        ".st-key-clip",
        "Look inside",
        "The buttons below the picture lay one thing over it: light where the answer draws on the "
        "picture, or arrows of the motion that attention follows.",
    ),
    Step(
        ".st-key-answers",
        "What it says",
        "One answer to each question, and whether it is sure. Where it is not, take the answer for "
        "a guess: the line on the bar is how likely a sure answer has to be.",
    ),
    Step(
        '[class*="st-key-why"]',
        "Why?",
        "Where each patch looked, what the answer rests on, and which pixels counted: each link "
        "opens that page with this very clip.",
    ),
    Step(
        ".st-key-whole",
        "The whole video",
        "Drag the window along to give the model other frames, or stretch it so that they lie "
        "further apart. The button below asks it all along the video.",
    ),
)


def show() -> None:
    """Draw the heading, what this is, and where the tour begins."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.title("Inspect", width="content")
        with st.container(key="about"):
            tour.mount(tour.tour_data("inspect", _ABOUT, _STEPS), key="tour")
        glossary.button()
