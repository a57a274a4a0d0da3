"""Lesson 4: shifted attention."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.cache.predictions import answer
from pages.learn.components import Guess, guess_piece, matched_stage
from pages.learn.content import Code, Lesson, Option, Question, Symbol
from pages.learn.context import Desk, say, shape, step
from pages.widgets.markdown import plain

PIECE = "lesson_shifted"


def _steps(desk: Desk) -> None:
    stage = matched_stage(desk)
    if stage is None:
        st.info("This model has no shifted attention. Choose another one in the sidebar.")
        return
    with step(
        1,
        "Predict, then look",
        "Plain attention looks around within one frame: it sees what is there, never what "
        "*moved*. **Shifted** attention also lets a patch put its **query** to the **keys** of "
        "the frame *before*. Where will they meet best? Choose a patch on the right, mark your "
        "guess on the left, and press Look. Heads marked ◆ were taught to find where the content "
        "came from; those marked ○ were left to themselves.",
    ):
        asked = guess_piece(desk, PIECE, stage)
    with step(
        2,
        "Read both maps",
        "One query makes **two maps**: one over the frame before, one over its own frame. Both "
        "weigh the *values* of the current frame. So the map on the left brings no picture from "
        "the past: all that comes in is *where* the keys of the past match the query. That is how "
        "motion gets into this model.",
    ):
        if asked.looked:
            _read(desk, stage, asked)
        else:
            st.caption(":material/visibility: Guess and look first: then the numbers are here.")
    with step(
        3,
        "Cut the path of motion",
        "Now let every frame look at itself twice: the keys of the frame before become its own. "
        "Size and cost stay the same, only the way by which motion enters is gone. Live on this "
        "clip:",
    ):
        _cut(desk)


def _read(desk: Desk, stage: int, asked: Guess) -> None:
    seen, frame, patch, head = desk.trace.shifted(stage), asked.frame, asked.patch, asked.head
    heads: int | str = int(head) if head.isdigit() else head
    down, across = seen.displacement(frame, heads)[tuple(patch)] / seen.patch_pixels
    previous, current = seen.maps(frame, tuple(patch), heads)
    with st.grid(3, min_column_width=190):
        st.metric(
            "Weight on its own place, frame before", f"{previous[tuple(patch)]:.0%}",
            help="How much of the left map stays where the patch is now.",
        )  # fmt: skip
        st.metric(
            "Weight on its own place, own frame", f"{current[tuple(patch)]:.0%}",
            help="The same of the right map. It need not stay there, either.",
        )  # fmt: skip
        st.metric(
            "Mean place of the left map", _where(down, across),
            help="Seen from the patch, in patches: this is how attention reads motion.",
        )  # fmt: skip
    if seen.matched.merge == "joint":
        say("In this model one softmax spans both maps, so only together do they sum to 1.")
    kind = (
        "was **taught** to look where the content came from (◆ grounded)"
        if _grounded(seen.grounded, heads)
        else "was **not** taught to follow motion (○ free): do not expect it to"
    )
    where = f"row {patch[0]}, column {patch[1]} of frame {frame} in stage {stage}"
    say(f"What you see, {where}, {kind}.")


def _grounded(grounded: Sequence[int], heads: int | str) -> bool:
    return heads == "grounded" or heads in grounded


def _where(down: float, across: float) -> str:
    parts = []
    for value, plus, minus in ((down, "down", "up"), (across, "right", "left")):
        if abs(value) >= 0.05:
            parts.append(f"{abs(value):.1f} {plus if value > 0 else minus}")
    return ", ".join(parts) or "where it is"


def _cut(desk: Desk) -> None:
    labels, before = desk.view.loaded.labels, desk.result.probabilities
    after = answer(desk, "shifted=self")
    best = int(before.argmax())
    with st.grid(2, min_column_width=220):
        st.metric(f"“{labels[best]}”, as trained", f"{before[best]:.1%}")
        st.metric(
            f"“{labels[best]}”, path of motion cut", f"{after[best]:.1%}",
            f"{100 * (after[best] - before[best]):+.1f} points", delta_color="off",
        )  # fmt: skip
    now = int(after.argmax())
    if now != best:
        say(f"Blind to motion, the model now says **{plain(labels[now])}**, {after[now]:.1%} sure.")
    else:
        say("The answer stays: this clip can be named from single frames, or by luck.")


def _symbols(desk: Desk) -> Sequence[Symbol]:
    stage = matched_stage(desk)
    if stage is None:
        return ()
    seen = desk.trace.shifted(stage)
    q = seen.matched.q[0]
    full = shape(q, "frames", "chunks", "heads", "tokens", "channels")
    side = seen.matched.side
    offsets = sorted(set(desk.config.shifted_offsets))
    return (
        Symbol("t, s", "frame, and frames back", f"0 to {seen.frames - 1}, and {offsets[0]}"),
        Symbol("q_t", f"queries of frame $t$, stage {stage}", full),
        Symbol("k_t, k_{t-s}", "keys of this frame and the one before", full),
        Symbol("v_t", "values of this frame alone", full),
        Symbol(r"\top", "rows become columns, so that each query meets each key", "–"),
        Symbol("d", "channels of a head", f"{q.shape[-1]}"),
        Symbol("P_t, C_t", "previous and current map", f"{side**2} × {side**2} a chunk and head"),
        Symbol("o_t", "output", full),
    )


SHIFTED = Lesson(
    key="shifted",
    title="Shifted attention",
    asks="How can attention see motion, and where will it look?",
    goal="You can predict where a patch looks in the frame before, and say why that is motion.",
    minutes=6,
    steps=_steps,
    formulas=r"""
$$
P_t = \operatorname{softmax}\!\Big(\frac{q_t\,k_{t-s}^\top}{\sqrt d}\Big)
$$

$$
C_t = \operatorname{softmax}\!\Big(\frac{q_t\,k_t^\top}{\sqrt d}\Big)
$$

$$
o_t = \tfrac12\,(P_t + C_t)\,v_t
$$
""",
    symbols=_symbols,
    code=(
        Code("Which frame the keys come from.", "sct.model.shifted:key_frames"),
        Code(
            "Both maps are made and weigh the values of the current frame.",
            "sct.model.shifted:ShiftedMSA.forward",
            "previous = shift_keys",
            "out = (attend(q, previous, v)",
        ),
        Code(
            "What the page asks of the pass afterwards.",
            "sct.model.trace:ShiftedTrace.displacement",
        ),
    ),
    questions=(
        Question(
            "The camera pans to the **right**. In a grounded head’s map over the frame before, a "
            "patch looks…",
            (
                Option(
                    "… to its left.",
                    "The picture does move to the left. But we look *back* in time: what is here "
                    "now was farther right one frame ago.",
                ),
                Option(
                    "… to its right.",
                    "The camera turns right, so the picture moves left. What is here now was "
                    "farther right one frame ago, and there the map falls.",
                ),
                Option(
                    "… at its own place.",
                    "That would be so if nothing moved, as in a clip with the label “static”.",
                ),
            ),
            1,
        ),
        Question(
            "What of the frame before reaches the output of shifted attention?",
            (
                Option(
                    "Its values: the past is mixed into the present.",
                    "Both maps weigh the values of the *current* frame; those of the frame before "
                    "are not used at all.",
                ),
                Option(
                    "Its queries: the past asks the present.",
                    "The queries are those of the current frame; the one before only answers.",
                ),
                Option(
                    "Only its keys: where the past looks like the present.",
                    "Keys shape the map, and nothing else comes through. That is why cutting this "
                    "one path takes away motion and leaves all else.",
                ),
            ),
            2,
        ),
    ),
)
