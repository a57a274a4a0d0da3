"""How often a model is right, on the Model page: real clips first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.widgets.markdown import plain
from sct.checkpoint import model_card
from sct.checkpoint.accepted import Accepted, accepted
from sct.checkpoint.model_card import Measurement
from sct.model.config import SCTConfig
from sct.numbers import cut
from viz.html import model

NAMES = {"synthetic": "unseen clips", "footage": "real pictures", "moving": "real movement"}
_ON = {
    "synthetic": "Clips of the kind that it was trained on, none of which it saw in training.",
    "footage": "The camera’s motions of known label, applied to pictures of real videos.",
    "moving": "Drawn paths of the camera over real videos as they move, whose own camera stood.",
}
_ROWS = {
    "moving": "camera paths over moving real videos",
    "footage": "camera motions over pictures of real videos",
    "synthetic": "made clips, none of them seen in training",
}


def measurements(card: Mapping[str, Any], config: SCTConfig) -> dict[str, Measurement]:
    """Read what the card has: each set of clips, each question of it, by a name for people."""
    found = {}
    for question in [name for name, _ in config.questions] or [""]:
        for key, name in NAMES.items():
            exam = model_card.measurement(card, key, question)
            if exam is not None:
                found[f"{name}, {question}" if question else name] = exam
    return found


def show(card: Mapping[str, Any], config: SCTConfig) -> None:
    """Draw how often the model is right on each set of clips that its card has."""
    if config.questions:
        drawn = _questions(card, config)
    else:
        drawn = _one(card, config)
    if not drawn:
        st.info(
            "How often this model is right has not been measured, or its card does not say. "
            "`python -m sct evaluate` measures it.",
            icon=":material/help:",
        )


def _one(card: Mapping[str, Any], config: SCTConfig) -> bool:
    exams = {key: model_card.measurement(card, key) for key in NAMES}
    exams = {key: found for key, found in exams.items() if found is not None}
    if not exams:
        return False
    with st.grid(2, min_column_width=150):
        for key, found in exams.items():
            with st.container(gap="xsmall"):
                st.metric(f"Right on {NAMES[key]}", cut(found.top1[0]), help=_ON[key])
                st.caption(f"95% interval {model.interval(found.top1)}; {found.n:,} clips")
    guess = f"{1 / config.num_classes:.1%}"
    st.caption(f"Guessing among {config.num_classes} classes would be right for {guess}.")
    return True


def _questions(card: Mapping[str, Any], config: SCTConfig) -> bool:
    """Draw a table, real clips first; a model of several questions has several ways to be right."""
    names = [name for name, _ in config.questions]
    judged = accepted(card)
    rows = [(one.about, one.n, dict(one.questions), one.both) for one in judged]
    for key, what in _ROWS.items():
        whole = model_card.measurement(card, key)
        if whole is None:
            continue
        each = {name: model_card.measurement(card, key, name) for name in names}
        shares = {name: found.top1 for name, found in each.items() if found is not None}
        rows.append((what, whole.n, shares, whole.top1 if len(shares) > 1 else None))
    if not rows:
        return False
    st.html(model.answers(rows, names))
    chances = ", ".join(f"{1 / len(labels):.1%} ({name})" for name, labels in config.questions)
    st.caption(
        "Shares that are right, with 95% intervals. Of real clips an answer is right if a person "
        f"who looked at them accepts it. Guessing would be right for {plain(chances)}."
    )
    if said := _sure(judged):
        st.markdown(said)
    return True


def _sure(judged: Sequence[Accepted]) -> str:
    """Say of the real clips how many answers were sure, and how many of those were right."""
    said = [
        f"- {plain(one.about)}: {cut(one.sure)} of the answers were sure, and "
        f"{cut(one.right_if_sure[0])} of those right"
        for one in judged
        if one.sure is not None and one.right_if_sure is not None
    ]
    return "\n".join(["**When it says that it is sure**\n", *said]) if said else ""
