"""The player of the Shifted attention page, and the agreement of its arrows with what moved."""

from __future__ import annotations

import streamlit as st

from pages.cache.keys import Result
from pages.shell import exports, headings
from pages.shell.attention_player import play
from pages.state.view import View
from sct.analysis.ground_truth import Reference
from sct.model.trace import ShiftedTrace
from viz.components.player.contents import lags
from viz.raster import arrows
from viz.views import Look


def show(view: View, result: Result, seen: ShiftedTrace, stage: int) -> None:
    """Draw the player, its numbers, and what can be taken away.

    Args:
        seen: shifted attention of the result in `stage` (from 1).
    """
    state = play(view, result, seen, stage, key="attention_player")
    _numbers(seen, state.known, state.frame, state.head)
    head = int(state.head) if state.head.isdigit() else state.head
    looks = state.mode == "maps" and state.look == "in"
    exports.show(
        view,
        result,
        "motion" if state.mode == "motion" else "attention",
        Look(stage, head, tuple(state.patch)),
        key="attention_files",
        frame=state.frame,
        note=" · where the pinned patch looks" if looks else "",
    )


def _numbers(seen: ShiftedTrace, known: list[Reference], frame: int, head: str) -> None:
    """Say how the arrows of the frame and heads on show agree with what really moved."""
    heads: int | str = int(head) if head.isdigit() else "mean" if head == "max" else head
    first = heads if isinstance(heads, int) else seen.grounded[0] if heads == "grounded" else 0
    group = lags(seen).index(seen.matched.key_frames[first])
    reference = known[group]
    if reference.kind[frame] == "none":
        return
    against = "the truth" if reference.kind[frame] == "truth" else "OpenCV’s optical flow"
    agrees = None
    if not reference.still[frame]:
        moved = arrows.motion(seen.displacement(frame, heads))
        agrees = arrows.agreement(moved, reference.motion[frame], reference.known[frame])
    if agrees is None:
        st.caption(
            f"Frame {frame}: nothing whose source is in sight moves by half a pixel or more, so "
            "there is no direction to compare."
        )
        return
    with st.grid(4, min_column_width=150):
        st.metric(
            "Mean angular error",
            f"{agrees.angle:.0f}°",
            help=f"Mean angle between attention’s arrows and {against}, in the pinned frame and "
            "for the pinned head; arrows that know nothing would be 90° off.",
        )
        st.metric(
            "Direction agrees",
            f"{agrees.direction:+.2f}".replace("-", "−"),
            help="Mean cosine of that angle: +1 the same way, 0 unrelated, −1 opposite.",
        )
        st.metric(
            "Length read",
            f"{agrees.length:.2f} of it",
            help="Factor between the arrows and real motion, by least squares. What "
            "leaves the chunk has no partner to look at, so fast motion is read short.",
        )
        st.metric(
            "Compared on",
            f"{agrees.tokens} of {seen.grid**2} patches",
            help="Those that moved by half a pixel or more and whose source is in sight of their "
            "chunk, was not covered, and can be told.",
        )


def definition(seen: ShiftedTrace) -> None:
    """Say exactly what is drawn."""
    merged = (
        "Both maps share one softmax, so together they sum to 1."
        if seen.matched.merge == "joint"
        else "Each map has a softmax of its own and sums to 1; the model averages both outputs."
    )
    side = seen.matched.side
    headings.definition(
        "attention",
        side=side,
        tokens=side**2,
        channels=seen.matched.q.shape[-1],
        pixels=seen.grid * seen.patch_pixels,
        merged=merged,
    )
