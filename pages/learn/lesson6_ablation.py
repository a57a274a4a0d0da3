"""The live parts of lesson 6: ablation as an experiment."""

from __future__ import annotations

import time
from statistics import NormalDist
from typing import TYPE_CHECKING

import streamlit as st

from pages.learn.lesson_page import LessonPage
from pages.learn.live import UrlValue, widget
from pages.state.url_values import one_of, whole
from pages.widgets.markdown import plain
from sct.numbers import cut

if TYPE_CHECKING:
    from sct.ablation_study import Score

COUNTS = (20, 50, 100, 200, 400)
_RESULTS, _ASKED = "_lesson_results", "_lesson_asked"


def show(page: LessonPage) -> None:
    classes = page.config.num_classes
    with page.step(1, classes=classes, chance=cut(1 / classes)):
        text, guess = _guess(page)
    with page.step(2):
        _one(page, text)
    with page.step(3):
        _measure(page, text, guess)


def _guess(page: LessonPage) -> tuple[str, int]:
    """Ask for a part and a guess; return the part as an ablation's text, the guess in percent."""
    parts = page.lesson.choices["part"]
    keys = list(parts)
    text = widget(
        st.selectbox,
        page.text("part"),
        keys,
        name="part",
        value=UrlValue("part", "Part", one_of(*keys), keys[0]),
        format_func=parts.get,
        width=520,
    )
    value = UrlValue("guess6", "Guess", whole(0, 100), 50)
    label = page.text("share")
    guess = widget(st.slider, label, 0, 100, name="share", value=value, width=520)
    return text, guess


def _one(page: LessonPage, text: str) -> None:
    (was, p), (now, q) = (page.best(page.probabilities(each)) for each in ("none", text))
    names = ["stays" if was == now else "turns"]
    truth = page.view.truth
    if truth:
        names.append("truth")
    page.say(*names, was=plain(was), p=cut(p), now=plain(now), q=cut(q), truth=plain(truth))


def _measure(page: LessonPage, text: str, guess: int) -> None:
    from sct.evaluation.open import made_data

    data = made_data(page.view.loaded.labels)
    if not data:
        st.info(page.text("other_classes"))
        return
    label = page.text("clips")
    limit = st.segmented_control(
        label, COUNTS, default=COUNTS[1], required=True, key="lesson_clips"
    )
    asked = (page.view.loaded.key, text, int(limit))
    with st.container(horizontal=True, gap="small"):
        st.button(
            page.text("measure", guess=guess),
            type="primary",
            key="lesson_measure",
            icon=":material/science:",
            on_click=lambda: st.session_state.update({_ASKED: asked}),
        )
        slot = st.empty()
    results = st.session_state.setdefault(_RESULTS, {})
    if st.session_state.pop(_ASKED, None) == asked:
        slot.button("Cancel", key="lesson_cancel")  # any click ends the run
        results[asked] = _over_clips(page, data, text, int(limit))
        slot.empty()
    if asked in results:
        _result(page, results[asked], guess)


def _over_clips(page: LessonPage, data: str, text: str, limit: int) -> tuple[Score, ...]:
    """Measure the model as trained and without the part, on the same clips."""
    from sct.ablation_study import Variant, over_clips
    from sct.model.ablation import Ablation

    bar, begun = st.progress(0.0, "Measuring …", width=520), time.monotonic()

    def told(done: int, total: int) -> None:
        left = (time.monotonic() - begun) * (total - done) / done if done else None
        wait = "" if left is None else f", about {left:.0f} s left"
        bar.progress(done / total, f"Measuring: {done} of {total} clips{wait} …")

    variants = Variant("as trained", Ablation()), Variant("without it", Ablation.parse(text))
    found = over_clips(page.view.loaded.model, data, variants, limit, progress=told)
    bar.empty()
    return found


def _result(page: LessonPage, found: tuple[Score, ...], guess: int) -> None:
    from viz.plots.lessons import intervals

    before, after = found
    low, high = after.ci95
    chance = before.guessing
    rows = [(each.name, each.accuracy, *each.ci95) for each in found]
    alt = "; ".join(f"{n}: {cut(p)}, 95% interval {cut(a)} to {cut(b)}" for n, p, a, b in rows)
    page.chart(intervals(rows, guess / 100, chance), "result", alt)
    hit = "inside" if low <= guess / 100 <= high else "outside"
    side = page.text(hit)
    was, now, low, high = map(cut, (before.accuracy, after.accuracy, low, high))
    page.say("result", was=was, now=now, after=after, low=low, high=high, guess=guess, side=side)
    p = "< 0.001" if after.p < 0.001 else f"= {after.p:.2g}"
    page.say("pairs", _verdict(after, chance), after=after, p=p)
    page.say("more_clips")


def _verdict(after: Score, chance: float) -> str:
    """Return the name of the text that says what may be concluded."""
    low, high = after.ci95
    if after.p >= 0.05:
        return "cannot_show"
    if low <= chance <= high:
        return "guessing"
    return "loses" if after.losses > after.gains else "gains"


def facts(page: LessonPage) -> dict[str, object]:
    results = st.session_state.get(_RESULTS, {}).items()
    known = [scores for (asked, _, _), scores in results if asked == page.view.loaded.key]
    after = known[-1][1] if known else None
    return {
        "n": page.text("measured", n=after.n) if after else page.text("not_measured"),
        "p": cut(after.accuracy) if after else page.text("measure_first"),
        "z": NormalDist().inv_cdf(0.975),
    }
