"""Lesson 6: ablation as an experiment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import streamlit as st

from pages.cache.predictions import answer, best
from pages.learn.content import Code, Lesson, Option, Question, Symbol
from pages.learn.context import Desk, say, step
from pages.state import url_values
from pages.widgets.markdown import plain

if TYPE_CHECKING:
    from sct.ablation_study.api import Score

PARTS = {
    "shifted=self": "the path of motion (every frame looks at itself)",
    "shifted=off": "shifted attention",
    "vilt=off": "chunk attention",
    "lsh=off": "LSH attention",
    "lsh=full": "hashing (exact attention in its place)",
    "clip=mean": "the clip encoder (a mean in its place)",
    "order=repeat-first": "all frames but the first",
}
COUNTS = (20, 50, 100, 200, 400)
_RESULTS, _ASKED = "_lesson_results", "_lesson_asked"


def _steps(desk: Desk) -> None:
    with step(
        1,
        "State a guess",
        "An experiment begins before the measurement. Choose a part to switch off, and say how "
        "often the model will still be right. It knows "
        f"{desk.config.num_classes} classes, so blind guessing is right for "
        f"{1 / desk.config.num_classes:.0%}.",
    ):
        text, guess = _guess()
    with step(
        2,
        "Look at one clip",
        "One clip is an anecdote. Still, it is a start:",
    ):
        _one(desk, text)
    with step(
        3,
        "Measure many, and read the interval",
        "Now many made clips that no training saw: the very same ones with and without the part. "
        "The share of right answers would be a little different on other clips. The **95% "
        "interval** says how much: of a hundred such intervals, about 95 hold the true share.",
    ):
        _measure(desk, text, guess)


def _guess() -> tuple[str, int]:
    keys = list(PARTS)
    text = url_values.value("part", "Part", url_values.one_of(*keys), keys[0])
    guess = url_values.value("guess6", "Guess", url_values.whole(0, 100), 50)
    st.session_state["lesson_part"], st.session_state["lesson_share"] = text, guess
    st.selectbox(
        "Switch off",
        keys,
        key="lesson_part",
        format_func=PARTS.get,
        width=520,
        on_change=lambda: url_values.put("part", st.session_state["lesson_part"]),
    )
    st.slider(
        "My guess: right without it, in %",
        0,
        100,
        key="lesson_share",
        width=520,
        on_change=lambda: url_values.put("guess6", str(st.session_state["lesson_share"])),
    )
    return text, guess


def _one(desk: Desk, text: str) -> None:
    (was, p), (now, q) = best(desk, answer(desk, "none")), best(desk, answer(desk, text))
    truth = desk.view.clip.truth
    said = f" The truth is {plain(truth)}." if truth else ""
    if was == now:
        say(
            f"On your clip the answer stays **{plain(was)}**, {p:.1%} before and {q:.1%} now.{said}"
        )
    else:
        say(f"On your clip **{plain(was)}** ({p:.1%}) becomes **{plain(now)}** ({q:.1%}).{said}")


def _measure(desk: Desk, text: str, guess: int) -> None:
    from sct.synthetic.clips import LABELS

    if not set(desk.view.loaded.labels) <= set(LABELS):
        st.info("This model was trained on other classes than those of made clips.")
        return
    limit = int(
        st.segmented_control("Clips", COUNTS, default=COUNTS[1], required=True, key="lesson_clips")
    )
    what = (desk.view.loaded.name, text, limit)
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Measure, I guess {guess}%",
            type="primary",
            key="lesson_measure",
            icon=":material/science:",
            on_click=lambda: st.session_state.update({_ASKED: what}),
        )
        slot = st.empty()
    kept = st.session_state.setdefault(_RESULTS, {})
    if st.session_state.pop(_ASKED, None) == what:
        slot.button("Cancel", key="lesson_cancel")  # any click ends the run
        kept[what] = _over_clips(desk, text, limit)
        slot.empty()
    if what in kept:
        _result(kept[what], guess, 1 / desk.config.num_classes)


def _over_clips(desk: Desk, text: str, limit: int) -> tuple[Score, ...]:
    """As trained, and without the part."""
    from sct.ablation_study.api import Variant, over_clips
    from sct.model.ablation import Ablation

    bar, begun = st.progress(0.0, "Measuring …", width=520), time.monotonic()

    def told(done: int, total: int) -> None:
        left = (time.monotonic() - begun) * (total - done) / done if done else None
        wait = "" if left is None else f", about {left:.0f} s left"
        bar.progress(done / total, f"Measuring: {done} of {total} clips{wait} …")

    variants = Variant("as trained", Ablation()), Variant("without it", Ablation.parse(text))
    found = over_clips(desk.view.loaded.model, "motion", variants, limit, progress=told)
    bar.empty()
    return found


def _result(found: tuple[Score, ...], guess: int, chance: float) -> None:
    from viz.plots.lessons import intervals

    before, after = found
    low, high = after.ci95
    rows = [(each.name, each.accuracy, *each.ci95) for each in found]
    st.plotly_chart(
        intervals(rows, guess / 100, chance),
        key="lesson_result",
        config={"displayModeBar": False},
        width=760,
        alt="; ".join(f"{n}: {p:.1%}, 95% interval {a:.1%} to {b:.1%}" for n, p, a, b in rows),
    )
    hit = low <= guess / 100 <= high
    say(
        f"Without it the model is right for **{after.accuracy:.1%}** of {after.n} clips (95% "
        f"interval {low:.1%} to {high:.1%}); as trained for {before.accuracy:.1%}. Your guess of "
        f"{guess}% lies {'**inside**' if hit else 'outside'} the interval."
    )
    p = "< 0.001" if after.p < 0.001 else f"= {after.p:.2g}"
    say(
        f"Clip by clip: {after.losses} are right only with the part, {after.gains} only without "
        "it. If the part made no difference, luck would split them so unevenly with probability "
        f"p {p} (McNemar’s exact test). {_verdict(after, chance)}"
    )
    say("Take more clips and watch the interval shrink: four times the clips make it half as wide.")


def _verdict(after: Score, chance: float) -> str:
    low, high = after.ci95
    if after.p >= 0.05:
        return "So few clips cannot show that the part counts."
    if low <= chance <= high:
        return "No better than guessing: on these clips the trained model rests on this part."
    worse = "lose" if after.losses > after.gains else "gain"
    return f"That is hardly luck: to switch the part off makes the model {worse}."


def _symbols(desk: Desk) -> Sequence[Symbol]:
    known = [w for (name, _, _), w in st.session_state.get(_RESULTS, {}).items()
             if name == desk.view.loaded.name]  # fmt: skip
    n = f"{known[-1][1].n}, measured last" if known else "choose above, then measure"
    p = f"{known[-1][1].accuracy:.3f}" if known else "measure first"
    z = NormalDist().inv_cdf(0.975)
    return (
        Symbol("n", "clips", n),
        Symbol(r"\hat p", "share of right answers", p),
        Symbol("z", "of a 95% interval, from the normal distribution", f"{z:.2f}"),
    )


ABLATION = Lesson(
    key="ablation",
    title="Ablation as an experiment",
    asks="What is a part worth, and how sure can you be?",
    goal="You can set up an ablation, guess first, and read a result with its interval.",
    minutes=8,
    steps=_steps,
    formulas=r"""
$$
\text{interval} =
\frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p\,(1-\hat p)}{n} + \frac{z^2}{4n^2}}}
{1 + \frac{z^2}{n}}
$$
""",
    symbols=_symbols,
    code=(
        Code("The interval (Wilson, 1927).", "sct.evaluation.statistics:wilson"),
        Code("The test, clip by clip.", "sct.evaluation.statistics:mcnemar"),
        Code("What cutting the path of motion does.", "sct.model.shifted:key_frames"),
        Code("Leaving a part out, in the forward pass.", "sct.model.sct:Stage._within"),
    ),
    questions=(
        Question(
            "Without a part 91% of 100 clips are right, with it 94%. Both intervals are some ten "
            "points wide. What do you report?",
            (
                Option(
                    "The part is worth three points.",
                    "On other clips it could as well be minus two. A difference within the "
                    "intervals is not a finding.",
                ),
                Option(
                    "So few clips cannot show that the part counts.",
                    "Say so, with the intervals. To find out, take more clips: four times as many "
                    "halve the width.",
                ),
                Option(
                    "The part is useless.",
                    "Not shown either: three points may be real, and 100 clips too few to see.",
                ),
            ),
            1,
        ),
        Question(
            "Cutting the path of motion leaves the trained model at chance. Does that prove that "
            "*no* model could do without it?",
            (
                Option(
                    "No: it says what *this trained* model rests on.",
                    "A model trained without the part may find another way. That is another "
                    "experiment: train twins that lack it, as docs/ablations.md does.",
                ),
                Option(
                    "Yes: at chance nothing is left.",
                    "Of this model, yes. Its weights were fitted with the part in place; others "
                    "might never lean on it.",
                ),
            ),
            0,
        ),
    ),
    measured="here",
)
