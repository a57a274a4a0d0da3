"""The live parts of lesson 7: is attention an explanation?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.learn.lesson_page import LessonPage, shape
from pages.learn.live import UrlValue, demo, matched_stage, one_frame, picture, stage_patch, widget
from pages.state.url_values import one_of, whole
from pages.widgets.markdown import plain
from sct.checkpoint.model_card import motion_agreement
from sct.numbers import signed
from viz.components.lessons.contents import twins_message


@dataclass(frozen=True, eq=False)
class Twin:
    """Holds one of two models, and its forward pass over the clip as trained."""

    letter: str
    loaded: Any
    result: Any


def show(page: LessonPage) -> None:
    twins = _twins(page)
    if twins is None:
        st.info(page.text("no_twin"), icon=":material/compare_arrows:")
        return
    with page.step(1):
        _answers(page, twins)
    with page.step(2):
        _compare(page, twins, one_frame(page, 1))
        vote = _vote(page)
    with page.step(3):
        if vote == "none":
            st.caption(page.text("vote_first"))
        else:
            _check(page, twins, vote)


def _twins(page: LessonPage) -> tuple[Twin, Twin] | None:
    """Return both models, first the one whose heads nobody taught; None if there is no twin.

    Where the chosen model has no twin, two others take the stage.
    """
    from pages.cache.inference import forward, twin_of
    from pages.cache.models import load
    from sct.checkpoint.io import list_models

    view = page.view
    for name in (view.loaded.name, *list_models()):
        if (found := twin_of(name)) is not None:
            break
    else:
        return None
    other, taught = found
    both = [load(each, view.loaded.question) for each in (name, other)]
    pair = [(each, forward(each, view.clip, type(view.ablation)())) for each in both]
    free, grounded = pair if taught else pair[::-1]
    return Twin("A", *free), Twin("B", *grounded)


def _answers(page: LessonPage, twins: Sequence[Twin]) -> None:
    labels = []
    with st.grid(2, min_column_width=240):
        for twin in twins:
            shares = twin.result.probabilities
            best = int(shares.argmax())
            labels.append(twin.loaded.full_labels[best])
            name, sure = page.text("says", letter=twin.letter), page.text("sure", p=shares[best])
            st.metric(name, labels[-1], sure, delta_color="off", delta_arrow="off")
    page.say("agree" if labels[0] == labels[1] else "differ")


def _compare(page: LessonPage, twins: Sequence[Twin], frame: int) -> None:
    """Show where both models look for one query, in the first stage that has taught heads."""
    taught = [i + 1 for i, heads in enumerate(twins[1].loaded.model.config.grounded_heads) if heads]
    stage = taught[0] if taught else matched_stage(page) or 1
    seen = [twin.result.trace.shifted(stage) for twin in twins]
    one = seen[0]
    values = {
        "patch": stage_patch(page, stage, frame, one.grid),
        "head": UrlValue("twin_head", "Head", whole(0, one.heads), one.heads),
    }

    def make(view: dict) -> bytes:
        return twins_message(picture(page, one.key_frame(frame), frame), seen, frame, view)

    demo("twins", page, frame, values, make, of=stage)


def _vote(page: LessonPage) -> str:
    """Ask for a vote; return it, "none" until there is one."""
    names = page.lesson.choices["vote"]
    return widget(
        st.segmented_control,
        page.text("whose"),
        list(names),
        name="vote",
        value=UrlValue("vote", "Vote", one_of("none", *names), "none"),
        shown=lambda vote: None if vote == "none" else vote,
        format_func=names.get,
    )


def _check(page: LessonPage, twins: Sequence[Twin], vote: str) -> None:
    from pages.cache.inference import flow
    from sct.analysis.head_motion import rank_heads
    from sct.video.clip import view

    frames = view(page.view.clip, page.config.image_size)
    truth = flow(page.view.clip, page.view.synthetic, page.trace)
    rows = []
    for twin in twins:
        found = rank_heads(twin.result.trace, frames, truth)
        for stage in range(1, page.config.stages + 1):
            of = [r for r in found if r["stage"] == stage and r["correlation"] is not None]
            if of:
                rows.append(_row(twin, stage, max(of, key=lambda r: r["correlation"])))
    if rows:
        page.table("check", rows, truth=truth.name)
        of_card = motion_agreement(twins[1].loaded.card, "synthetic")
        chances = sorted({known.chance for known in of_card if known.chance is not None})
        known = page.text("chances", low=chances[0], high=chances[-1]) if chances else ""
        page.say("beware", known=known)
    else:
        st.info(page.text("too_still"))
    names = " and ".join(f"{t.letter} is **{plain(t.loaded.name)}**" for t in twins)
    page.say(f"said_{vote}", "conclusion", names=names)


def _row(twin: Twin, stage: int, best: dict[str, Any]) -> tuple[str, ...]:
    """Return the row on the head that follows motion best in a stage: here, and over many clips."""
    head = best["head"]
    many = "not measured"
    for known in motion_agreement(twin.loaded.card, "synthetic"):
        if (known.stage, known.head) == (stage, head):
            r, low, high = map(signed, known.r)
            many = f"{r} ({low} to {high})"
    sign = "◆" if best["grounded"] else "○"
    here, even = signed(best["correlation"]), signed(best["even"])
    return f"{twin.letter} {stage}", f"{sign} {head}", f"**{here}**", even, many


def facts(page: LessonPage) -> dict[str, object] | None:
    stage = matched_stage(page)
    if stage is None:
        return None
    seen = page.trace.shifted(stage)
    n = seen.matched.side**2
    return {
        "maps": shape((n, n), "queries", "keys"),
        "n": seen.grid**2,
        "frames": seen.frames - 1,
        "grid": seen.grid,
    }
