"""The card of the loaded checkpoint on the Model page. All of its texts are shown as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.cache import checkpoints
from pages.model import accuracy
from pages.shell import headings
from pages.state import url_widgets
from pages.state.view import NothingToShow
from pages.widgets.markdown import plain, sentence
from sct.checkpoint import model_card
from sct.checkpoint.accepted import Answer, accepted
from sct.model.config import SCTConfig
from sct.numbers import cut
from viz.html import model
from viz.html.confusion import confusion
from viz.html.table import Cell, Column, table
from viz.text.labels import limits


def show() -> None:
    name, card, problem = checkpoints.selected_card()
    if card is None:
        st.error(f"{sentence(problem)}.", icon=":material/error:")
        raise NothingToShow
    config = checkpoints.config_of(card)
    st.header(plain(name))
    if config.questions:  # a table, which needs the whole width
        accuracy.show(card, config)
    cells = st.grid(2, min_column_width=340, gap="large")
    with cells.cell():
        if not config.questions:
            accuracy.show(card, config)
        st.markdown("**Where it comes from**")
        headings.facts(_facts(card, config))
    with cells.cell():
        st.markdown("**What it cannot do**")
        st.markdown(_listed(limits(config, card)))
        if known := model_card.failures(card):
            st.markdown("**Known failures, as its card says**")
            st.markdown(_listed(known))
    if exams := accuracy.measurements(card, config):
        _mistakes(exams)
    _following(card)
    _ablated(card)
    _accepted(card)
    _tried(card)
    _recipe(card)


def _listed(sentences: tuple[str, ...]) -> str:
    return "\n".join(f"- {plain(s[:1].upper() + s[1:].rstrip('.'), 600)}." for s in sentences)


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
        *_answers(config),
        ("PyTorch", model_card.text(card, "torch")),
    ]
    return [(term, value[:800]) for term, value in rows if value]


def _answers(config: SCTConfig) -> list[tuple[str, str]]:
    if config.questions:
        return [(f"Of the {name}", ", ".join(labels)) for name, labels in config.questions]
    return [("Classes", ", ".join(config.labels) or f"{config.num_classes}, without names")]


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
    found = exams[_pick("Measured on", list(exams), "exam")]
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
    made, footage = (model_card.motion_agreement(card, key) for key in ("synthetic", "footage"))
    st.header("Does its attention follow motion?")
    if not made:
        st.caption(
            "Not measured, so a map of this model is no evidence of motion. "
            "`python -m sct evaluate --data motion --flow` measures it."
        )
        return
    names = [accuracy.NAMES["synthetic"], *([accuracy.NAMES["footage"]] if footage else [])]
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


def _accepted(card: Mapping[str, Any]) -> None:
    """Draw what the model said of real clips that a person judged."""
    for i, judged in enumerate(accepted(card)):
        title = f"What it said of: {plain(judged.about, 80)}"
        icon = ":material/visibility:"
        with st.expander(title, icon=icon, on_change="rerun", key=f"accepted_{i}") as more:
            if not more.open:
                continue
            names = list(dict.fromkeys(a.question for clip in judged.clips for a in clip.answers))
            columns = [Column("Clip"), *map(Column, names), Column("All right?")]
            body = []
            for clip in judged.clips:
                said = {a.question: a for a in clip.answers}
                cells = [_answer(said[name]) if name in said else "–" for name in names]
                body.append([clip.file, *cells, "yes" if clip.right else "no"])
            st.html(table(columns, body, "What the model says of real clips"))
            _printed_by(judged.command)


def _answer(said: Answer) -> Cell:
    """Write an answer, its probability, and whether it is right and sure."""
    share = [] if said.probability is None else [cut(said.probability)]
    note = [*share, "right" if said.accepted else "wrong", *(["not sure"] * (said.sure is False))]
    return Cell(said.label, note=", ".join(note))


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
