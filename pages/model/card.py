"""The card of the loaded checkpoint on the Model page. All of its texts are shown as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.cache import checkpoints
from pages.shell import headings
from pages.state import url_widgets
from pages.state.view import NothingToShow
from pages.widgets.markdown import plain, sentence
from sct.checkpoint import model_card
from sct.model.config import SCTConfig
from viz.html import model
from viz.html.confusion import confusion
from viz.html.table import Cell, Column, table
from viz.text.labels import cut, limits


def show() -> None:
    name, card, problem = checkpoints.selected_card()
    if card is None:
        st.error(f"{sentence(problem)}.", icon=":material/error:")
        raise NothingToShow
    config = checkpoints.config_of(card)
    st.header(plain(name))
    exams = {key: model_card.measurement(card, key) for key in model_card.MEASUREMENTS}
    exams = {key: found for key, found in exams.items() if found is not None}
    cells = st.grid(2, min_column_width=340, gap="large")
    with cells.cell():
        _accuracy(exams, config)
        st.markdown("**Where it comes from**")
        headings.facts(_facts(card, config))
    with cells.cell():
        st.markdown("**What it cannot do**")
        st.markdown(_listed(limits(config)))
        if known := model_card.failures(card):
            st.markdown("**Known failures, as its card says**")
            st.markdown(_listed(known))
    if exams:
        _mistakes(exams)
    _following(card)
    _ablated(card)
    _tried(card)
    _recipe(card)


def _listed(sentences: tuple[str, ...]) -> str:
    return "\n".join(f"- {plain(s[:1].upper() + s[1:].rstrip('.'), 600)}." for s in sentences)


def _accuracy(exams: Mapping[str, model_card.Measurement], config: SCTConfig) -> None:
    if not exams:
        st.info(
            "How often this model is right has not been measured, or its card does not say. "
            "`python -m sct evaluate` measures it.",
            icon=":material/help:",
        )
        return
    with st.grid(2, min_column_width=150):
        for key, found in exams.items():
            with st.container(gap="xsmall"):
                st.metric(f"Right on {_NAMES[key]}", cut(found.top1[0]), help=_ON[key])
                st.caption(f"95% interval {model.interval(found.top1)}; {found.n:,} clips")
    st.caption(f"Guessing among {config.num_classes} classes would be right for {_guess(config)}.")


_ON = {
    "synthetic": "Clips of the kind that it was trained on, none of which it saw in training.",
    "footage": "The camera’s motions of known label, applied to pictures of real videos.",
}


def _guess(config: SCTConfig) -> str:
    return f"{1 / config.num_classes:.1%}"


def _facts(card: Mapping[str, Any], config: SCTConfig) -> list[tuple[str, str]]:
    """List what the card says of the training, as plain text; gaps are left out."""
    rows = [
        ("Task", model_card.text(card, "task")),
        ("Learned from", model_card.text(card, "data")),
        ("Clips seen", _whole(card, "clips")),
        ("Steps", _whole(card, "steps")),
        ("Training took", _hours(model_card.number(card, "seconds"))),
        ("On", model_card.text(card, "device")),
        ("Weights", model_card.text(card, "weights")),
        ("Trained without", model_card.text(card, "trained_with").replace("none", "")),
        ("Grounded heads", _grounded(config)),
        ("Classes", ", ".join(config.labels) or f"{config.num_classes}, without names"),
        ("PyTorch", model_card.text(card, "torch")),
    ]
    return [(term, value[:800]) for term, value in rows if value]


def _whole(card: Mapping[str, Any], key: str) -> str:
    found = model_card.whole(card, key)
    return "" if found is None else f"{found:,}"


def _hours(seconds: float | None) -> str:
    if seconds is None or seconds < 0:
        return ""
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.0f} minutes"


def _grounded(config: SCTConfig) -> str:
    taught = [
        f"stage {stage}: {', '.join(map(str, heads))}"
        for stage, heads in enumerate(config.grounded_heads, 1)
        if heads
    ]
    return "; ".join(taught) or "none: nothing taught its maps to follow motion"


def _mistakes(exams: Mapping[str, model_card.Measurement]) -> None:
    """Draw how often each class is recognised, and which others it is taken for."""
    st.header("What it mistakes for what")
    by_name = {_NAMES[key]: found for key, found in exams.items()}
    found = by_name[_pick("Measured on", list(by_name), "exam")]
    if said := found.mistakes(3):
        listed = "; ".join(
            f"**{plain(shown, 60)}** for **{plain(told, 60)}** ({wrong} of {total})"
            for shown, told, wrong, total in said
        )
        st.markdown(f"Most often it takes {listed}.")
    matrix = confusion(found.labels, found.confusion)
    if matrix:
        st.html(matrix)
        st.caption(
            "Each row is what the clips show, each column, by the same numbers, what the model "
            "said; a cell counts clips. Blue is right, orange wrong, the stronger the more of the "
            "row."
        )
    with st.expander(
        "Class by class, with intervals", icon=":material/table_rows:", on_change="rerun"
    ) as more:
        if more.open:
            st.html(model.per_class(found))
    _printed_by(found.command)


_NAMES = {"synthetic": "unseen clips", "footage": "real pictures"}


def _pick(label: str, names: list[str], key: str) -> str:
    """Return one of the names, the first unless a person or the address says otherwise."""
    if len(names) == 1:
        return names[0]
    return url_widgets.segments(label, names, key, names[0], label_visibility="collapsed")


def _printed_by(command: str, said: str = "Printed by:") -> None:
    if command:
        st.caption(said)
        st.code(command[:400], language=None, wrap_lines=True)


def _following(card: Mapping[str, Any]) -> None:
    made, footage = (model_card.motion_agreement(card, key) for key in model_card.MEASUREMENTS)
    st.header("Does its attention follow motion?")
    if not made:
        st.caption(
            "Not measured, so a map of this model is no evidence of motion. "
            "`python -m sct evaluate --data motion --flow` measures it."
        )
        return
    names = [_NAMES["synthetic"], *([_NAMES["footage"]] if footage else [])]
    found = made if _pick("Flow of", names, "flow") == names[0] else footage
    st.html(model.following(found))
    st.caption(
        "◆ was taught to follow motion, ○ was not. *r*: correlation between where a head’s map of "
        "the frame before lies and where the content was. The mark on the bar is what an even map "
        "gets, which knows nothing: at or below it a map says nothing of motion. *Direction "
        "right*: within 30 degrees of the truth."
    )
    follows = card["attention_follows_motion"]
    _printed_by(model_card.text(follows if found is made else follows["footage"], "command"))


def _ablated(card: Mapping[str, Any]) -> None:
    rows = model_card.ablated(card)
    if not rows:
        return
    st.header("What is left without a part")
    columns = [Column("Ablation"), Column("Right", numbers=True), Column("95% interval")]
    columns.append(Column("Clips", numbers=True, wide_only=True))
    body = [
        [name, Cell(cut(share[0]), share[0]), model.interval(share), f"{n:,}"]
        for name, n, share, _ in rows
    ]
    st.html(table(columns, body, "How often the model is right with a part switched off"))
    _printed_by(rows[0][3], "Printed by, each with its own ablation:")


def _tried(card: Mapping[str, Any]) -> None:
    rows = model_card.real_clips(card)
    if not rows:
        return
    with st.expander(
        "Real clips, looked at by a person", icon=":material/visibility:", on_change="rerun"
    ) as more:
        if not more.open:
            return
        columns = [Column("What a person sees"), Column("What the model says")]
        columns += [Column("Sure", numbers=True, wide_only=True), Column("Right?")]
        judged = {True: "yes", False: "no", None: "hard to say"}
        body = [
            [
                Cell(row.seen, note=row.clip),
                row.predicted,
                "–" if row.probability is None else cut(row.probability),
                judged[row.right],
            ]
            for row in rows
        ]
        st.html(table(columns, body, "Real clips: what a person sees and what the model says"))


def _recipe(card: Mapping[str, Any]) -> None:
    steps = model_card.training_commands(card)
    if not steps:
        return
    with st.expander("How it was trained", icon=":material/school:"):
        for command, note in steps:
            if note:
                st.caption(plain(note[:1].upper() + note[1:]))
            st.code(command[:600], language=None, wrap_lines=True)
