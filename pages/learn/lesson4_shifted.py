"""The live parts of lesson 4: shifted attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.cache.clips import sprite
from pages.cache.inference import references
from pages.learn.lesson_page import LessonPage, shape
from pages.learn.live import UrlValue, demo, matched_stage, stage_patch
from pages.state import url_values
from pages.state.url_values import Patch, one_of, whole
from pages.widgets.markdown import plain
from viz.components.player.contents import attention_message
from viz.text.labels import of_heads

if TYPE_CHECKING:
    from sct.model.trace import ShiftedTrace

_GUESSED = "_lesson_guessed"


@dataclass(frozen=True)
class Guess:
    """Holds what is asked: frame, patch and choice of heads, and whether the map was uncovered."""

    frame: int
    patch: Patch
    head: str
    looked: bool


def show(page: LessonPage) -> None:
    stage = matched_stage(page)
    if stage is None:
        st.info(page.text("no_shifted_attention"))
        return
    seen = page.trace.shifted(stage)
    with page.step(1):
        guess = _guess(page, stage, seen)
    with page.step(2):
        if guess.looked:
            _read(page, stage, seen, guess)
        else:
            st.caption(page.text("look_first"))
    with page.step(3):
        _cut(page)


def _guess(page: LessonPage, stage: int, seen: ShiftedTrace) -> Guess:
    """Let a person guess where the map over the frame before will fall, and then look."""
    view, last = page.view, seen.frames - 1
    here = (view.clip.hash, *view.loaded.key)
    if st.session_state.setdefault(_GUESSED, here) != here:  # another clip is another question
        st.session_state[_GUESSED] = here
        url_values.set_value("guess4", -1)
        url_values.set_value("look", 0)
    frames = UrlValue("frame", "Frame", whole(0, last), min(3, last))
    frame = max(frames.get(), min(1, last))
    heads = ("grounded", "mean") if seen.grounded else ("mean",)
    heads += tuple(str(h) for h in range(seen.heads))
    values = {
        "frame": frames,
        "head": UrlValue("learn_head", "Head", one_of(*heads), heads[0]),
        "patch": stage_patch(page, stage, frame, seen.grid),
        "guess": UrlValue("guess4", "Guess", whole(-1, seen.grid**2 - 1), -1),
        "look": UrlValue("look", "Look", whole(0, 1), 0),
    }

    def make(shown: dict) -> tuple[bytes, range]:
        order = page.trace.order
        known = references(view, page.result, seen, stage)
        about = of_heads(seen, view.loaded.card, stage)
        times = [view.clip.times[i] for i in order]
        shown |= {"frame": frame}
        return attention_message(seen, sprite(view.clip, order), times, known, shown, about)

    found = demo("shifted", page, frame, values, make, of=stage)
    return Guess(frame, found["patch"], found["head"], bool(found["look"]))


def _read(page: LessonPage, stage: int, seen: ShiftedTrace, guess: Guess) -> None:
    frame, patch = guess.frame, tuple(guess.patch)
    heads = int(guess.head) if guess.head.isdigit() else guess.head
    down, across = seen.displacement(frame, heads)[patch] / seen.patch_pixels
    previous, current = (each[patch] for each in seen.maps(frame, patch, heads))
    values = {
        "stays_before": f"{previous:.0%}",
        "stays_own": f"{current:.0%}",
        "mean_place": _where(down, across),
    }
    page.metrics(190, values)
    if seen.matched.merge == "joint":
        page.say("joint")
    grounded = heads == "grounded" or heads in seen.grounded
    kind = page.text("grounded" if grounded else "free")
    page.say("seen", row=patch[0], column=patch[1], frame=frame, stage=stage, kind=kind)


def _where(down: float, across: float) -> str:
    parts = []
    for value, plus, minus in ((down, "down", "up"), (across, "right", "left")):
        if abs(value) >= 0.05:
            parts.append(f"{abs(value):.1f} {plus if value > 0 else minus}")
    return ", ".join(parts) or "where it is"


def _cut(page: LessonPage) -> None:
    before, after = page.result.probabilities, page.probabilities("shifted=self")
    best, label = int(before.argmax()), page.best(before)[0]
    change = f"{100 * (after[best] - before[best]):+.1f} points"
    with st.grid(2, min_column_width=220):
        st.metric(page.text("trained", label=label), f"{before[best]:.1%}")
        blind = page.text("cut", label=label)
        st.metric(blind, f"{after[best]:.1%}", change, delta_color="off")
    now, p = page.best(after)
    page.say("answer_stays" if after.argmax() == best else "answer_turns", now=plain(now), p=p)


def facts(page: LessonPage) -> dict[str, object] | None:
    stage = matched_stage(page)
    if stage is None:
        return None
    seen = page.trace.shifted(stage)
    q = seen.matched.q[0]
    return {
        "last": seen.frames - 1,
        "offset": min(page.config.shifted_offsets),
        "stage": stage,
        "full": shape(q, "frames", "chunks", "heads", "tokens", "channels"),
        "channels": q.shape[-1],
        "tokens": seen.matched.side**2,
    }
