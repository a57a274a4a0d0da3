"""The analyses of the Ablation page: one of them at a time, each with its chart, files, command."""

from __future__ import annotations

import streamlit as st

from pages.ablation import many_clips, one_clip, patching
from pages.ablation.question import MOST_LIKELY, Question
from pages.state import url_widgets
from pages.state.view import View
from sct.ablation_study import Variant
from sct.model.ablation import Ablation

_ONE_CLIP = {
    "One at a time": one_clip.one,
    "Head by head": one_clip.heads,
    "Pairs": one_clip.pairs,
    "Take from another clip": patching.take,
}
_MANY_CLIPS = {"Over many clips": many_clips.clips, "Sweep": many_clips.sweep}


def show(view: View, variants: tuple[Variant, ...]) -> None:
    """Draw a choice of analyses, and the one that is chosen."""
    st.header("Which part does it rest on?")
    names = [*_ONE_CLIP, *_MANY_CLIPS]
    name = url_widgets.segments(
        "Analysis", names, "analysis", names[0], label_visibility="collapsed"
    )
    if name in _ONE_CLIP:
        _ONE_CLIP[name](_question(view))
    else:
        _MANY_CLIPS[name](view, variants)


def _question(view: View) -> Question:
    """Draw what an analysis of one clip lets choose: a class, and what it is compared with."""
    labels = list(view.loaded.labels)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = url_widgets.select(
            "Effect on the class",
            [MOST_LIKELY, *labels],
            "class",
            MOST_LIKELY,
            width=280,
            help="The class whose log-odds are watched: by default the one that the model as "
            "trained finds likeliest.",
        )
        over = view.ablation != Ablation() and url_widgets.toggle(
            "On top of the switches above",
            "over",
            help="Off: each part is switched off in the model as trained.",
        )
    target = None if label == MOST_LIKELY else labels.index(label)
    return Question(view, target, view.ablation if over else Ablation())
