"""A guessing game: a clip that nobody in the room has made, an answer, and who was right."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.cache.keys import Result
from pages.state import lab_clip
from pages.state.view import View
from pages.widgets.markdown import plain
from sct.synthetic.camera import LABELS
from sct.synthetic.composite import answer_in
from sct.synthetic.spec import ClipSpec, fastest
from viz.text.numbers import percent

_STATE, _PICKED = "_guess", "_guess_picked"
_SLOW, _FAST = 1.0, 15.0  # pixels a frame: what the model learned from, and an eye can follow


@dataclass(frozen=True)
class Round:
    """One clip to be guessed, what is asked of it, and the score of the session up to it."""

    spec: ClipSpec
    question: str = ""
    number: int = 1
    answer: str | None = None
    model: str | None = None
    sure: float = 0.0
    mine: int = 0
    models: int = 0

    @property
    def answered(self) -> bool:
        return self.answer is not None


def surprise(labels: tuple[str, ...], rng: random.Random) -> ClipSpec:
    """Draw the spec of a clip with any of these labels, at a speed that can be seen."""
    moves = rng.choice([label for label in LABELS if answer_in(label, labels)] or list(LABELS))
    most = min(_FAST, fastest(moves) / 1.5)
    speed = _SLOW * (most / _SLOW) ** rng.random() if most > 0 else ClipSpec.speed
    texture = rng.choice(("mixed", "mixed", "mixed", "grain"))
    noise, shake = rng.choice((0, 0, 8, 20)), rng.choice((0, 0, 0.25, 0.5))
    return ClipSpec(moves, speed, texture, noise, shake, seed=rng.randrange(1_000_000))


def hidden_spec(view: View) -> ClipSpec | None:
    """Return what is to be guessed; None once it was, as it is the lab's own clip from then on."""
    found = st.session_state.get(_STATE)
    if found is None or found.question != view.loaded.question:
        found = _next(view, None)
    return None if found.answered else found.spec


def store_answer(view: View, result: Result) -> None:
    """Store what the model says of the clip, for when the student has answered."""
    found: Round = st.session_state[_STATE]
    if not found.answered:
        best = int(result.probabilities.argmax())
        label, sure = view.loaded.labels[best], float(result.probabilities[best])
        st.session_state[_STATE] = replace(found, model=label, sure=sure)


def ask(view: View) -> None:
    """Draw the question, or who was right; and the score."""
    found: Round = st.session_state[_STATE]
    with st.container(border=True, key="lab_guess"):
        st.markdown(f"**Clip {found.number}: what moves, and how?**")
        if found.answered:
            _verdict(view, found)
            st.button("Next clip", on_click=_next, args=(view, found), type="primary", key="next")
        else:
            st.caption("Play the clip. The answer of the model and its arrows wait for yours.")
            _choices(view, found)
        if found.number > 1 or found.answered:
            played = found.number - (not found.answered)
            st.markdown(f"Score of {played}: you **{found.mine}**, the model **{found.models}**.")


def _choices(view: View, found: Round) -> None:
    labels = view.loaded.labels
    true_somewhere = {answer_in(label, labels) for label in LABELS}
    known = [label for label in labels if label in true_somewhere]
    objects = [label for label in known if label.startswith("object ")]
    if question := view.loaded.question:
        groups = {f"The {question}": known}
    else:
        groups = {"The camera": [k for k in known if k not in objects], "An object": objects}
    for title, options in groups.items():
        key = f"{_PICKED}{found.number}{title}"
        st.pills(
            title,
            options,
            format_func=lambda label: plain(label.removeprefix("object ")),
            key=key,
            on_change=_answer,
            args=(view, key),
        )


def _answer(view: View, key: str) -> None:
    found: Round = st.session_state[_STATE]
    picked: Any = st.session_state[key]
    if picked is None or found.answered or found.model is None:
        return
    truth = answer_in(found.spec.label, view.loaded.labels)
    st.session_state[_STATE] = replace(
        found,
        answer=picked,
        mine=found.mine + (picked == truth),
        models=found.models + (found.model == truth),
    )
    lab_clip.set_spec(found.spec)


def _next(view: View, before: Round | None) -> Round:
    drawn = surprise(view.loaded.labels, random.Random())
    found = Round(drawn, view.loaded.question)
    if before is not None:
        found = replace(found, number=before.number + 1, mine=before.mine, models=before.models)
    st.session_state[_STATE] = found
    return found


def _verdict(view: View, found: Round) -> None:
    truth = answer_in(found.spec.label, view.loaded.labels)
    pace = f" at {found.spec.speed:.1f} pixels a frame" if fastest(found.spec.moves) else ""
    st.markdown(f"It was **{plain(truth)}**{pace}.")
    for who, said, more in (
        ("You", found.answer, ""),
        ("The model", found.model, f", {percent(found.sure)} sure"),
    ):
        right = said == truth
        box = st.success if right else st.error
        icon = ":material/check:" if right else ":material/close:"
        box(f"{who}: {plain(said)}{plain(more)}. {'Right' if right else 'Wrong'}.", icon=icon)
