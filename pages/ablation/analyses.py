"""The analyses of the Ablation page: one of them at a time, each with its chart, files, command."""

from __future__ import annotations

import streamlit as st

from pages.ablation.question import _ANY, Asked
from pages.ablation.variants import Kept
from pages.state import url_widgets
from pages.state.view import View
from sct.model.ablation import Ablation

NAMES = ("One at a time", "Head by head", "Pairs", "Over many clips", "Sweep")


def show(view: View, variants: tuple[Kept, ...]) -> None:
    """A choice of analyses, and the one that was chosen."""
    from pages.ablation import many_clips, one_clip

    st.header("Which part does it rest on?")
    chosen = url_widgets.segments(
        "Analysis", NAMES, "analysis", NAMES[0], label_visibility="collapsed"
    )
    if chosen in NAMES[:3]:
        draw = (one_clip.one, one_clip.heads, one_clip.pairs)[NAMES.index(chosen)]
        draw(_asked(view))
    else:
        (many_clips.clips if chosen == NAMES[3] else many_clips.sweep)(view, variants)


def _asked(view: View) -> Asked:
    labels = list(view.loaded.labels)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = url_widgets.select(
            "Effect on the class",
            [_ANY, *labels],
            "class",
            _ANY,
            width=280,
            help="The class whose log-odds are watched: by default the one that the model as "
            "trained finds likeliest.",
        )
        over = False
        if view.ablation != Ablation():
            over = url_widgets.toggle(
                "On top of the switches above",
                "over",
                help="Off: each part is switched off in the model as trained.",
            )
    target = None if label == _ANY else labels.index(label)
    return Asked(view, target, view.ablation if over else Ablation())
