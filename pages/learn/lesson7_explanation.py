"""Lesson 7: is attention an explanation?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.learn.components import matched_stage, one_frame, twins_piece
from pages.learn.content import Code, Lesson, Option, Question, Symbol
from pages.learn.context import Desk, say, shape, step
from pages.state import url_values
from pages.widgets.markdown import plain

PIECE, VOTE = "lesson_twins", "vote"
NONE = (
    "This lesson sets two models side by side that differ in what their heads were taught. Choose "
    "sct-motion in the sidebar: it has such a twin."
)


@dataclass(frozen=True, eq=False)
class Twin:
    """One of both: its letter, the model, and its pass over the clip as trained."""

    letter: str
    loaded: Any
    result: Any
    taught: bool


def _twins(desk: Desk) -> tuple[Twin, Twin] | None:
    """A is the one whose heads nobody taught; None where the chosen model has no twin."""
    from pages.cache.inference import forward, load, twin_of

    found = twin_of(desk.view.loaded.name)
    if found is None:
        return None
    own = Twin("", desk.view.loaded, desk.result, not found[1])
    loaded = load(found[0])
    other = Twin("", loaded, forward(loaded, desk.view.clip, type(desk.view.ablation)()), found[1])
    free, taught = sorted((own, other), key=lambda each: each.taught)
    return (
        Twin("A", free.loaded, free.result, False),
        Twin("B", taught.loaded, taught.result, True),
    )


def _steps(desk: Desk) -> None:
    twins = _twins(desk)
    if twins is None:
        st.info(NONE, icon=":material/compare_arrows:")
        return
    with step(
        1,
        "Hear two answers",
        "Two models of the same shape, trained on the same clips. They are called A and B for now. "
        "This is what each makes of your clip:",
    ):
        _answers(twins)
    with step(
        2,
        "Look at their maps",
        "Drag the patch. Both models are asked where they look for it in the frame before. In one "
        "of them some heads follow what moves. Which one is it?",
    ):
        frame = one_frame(desk, 1)
        stage = _stage(desk, twins)
        twins_piece(desk, PIECE, frame, stage, [t.result.trace.shifted(stage) for t in twins])
        vote = url_values.value(
            VOTE, "Vote", url_values.one_of("none", "A", "B", "neither"), "none"
        )
        _vote(vote)
    with step(
        3,
        "Check it",
        "A look convinces, but it is no check. What really moved is known for made clips, and "
        "estimated by optical flow for others. So we can ask of every head: does the place where "
        "it looks go along with the true motion? Their correlation $r$ is 1 for perfectly and 0 "
        "for not at all.",
    ):
        if vote == "none":
            st.caption(":material/how_to_vote: Vote first: then the numbers are shown.")
        else:
            _check(desk, twins, vote)


def _stage(desk: Desk, twins: Sequence[Twin]) -> int:
    """The first stage of which a twin has taught heads."""
    taught = [i + 1 for i, heads in enumerate(twins[1].loaded.model.config.grounded_heads) if heads]
    return taught[0] if taught else matched_stage(desk) or 1


def _answers(twins: Sequence[Twin]) -> None:
    with st.grid(2, min_column_width=240):
        for twin in twins:
            probabilities = twin.result.probabilities
            best = int(probabilities.argmax())
            st.metric(
                f"Model {twin.letter} says", twin.loaded.labels[best],
                f"{probabilities[best]:.1%} sure", delta_color="off", delta_arrow="off",
            )  # fmt: skip
    one, other = (t.loaded.labels[int(t.result.probabilities.argmax())] for t in twins)
    say(
        "They agree. From the answers alone you cannot tell them apart."
        if one == other
        else "On this clip they differ. Try others: on most of them both are right."
    )


def _vote(vote: str) -> None:
    names = {"A": "Model A", "B": "Model B", "neither": "I cannot tell"}
    st.session_state["lesson_vote"] = vote if vote in names else None
    st.segmented_control(
        "Whose maps follow what moves?",
        list(names),
        key="lesson_vote",
        format_func=names.get,
        on_change=lambda: url_values.put(VOTE, st.session_state["lesson_vote"] or "none"),
    )


def _check(desk: Desk, twins: Sequence[Twin], vote: str) -> None:
    from pages.cache.inference import flow
    from sct.analysis.head_motion import following
    from sct.video.clip import view

    frames = view(desk.view.clip, desk.config.image_size)
    truth = flow(desk.view.clip, desk.view.made, desk.trace)
    measured = [following(t.result.trace, frames, truth) for t in twins]
    rows = ""
    for twin, found in zip(twins, measured, strict=True):
        for stage in range(1, desk.config.stages + 1):
            of = [r for r in found if r["stage"] == stage and r["correlation"] is not None]
            if of:
                best = max(of, key=lambda r: r["correlation"])
                sign = "◆" if best["grounded"] else "○"
                rows += (
                    f"| {twin.letter} {stage} | {sign} {best['head']} | "
                    f"**{_signed(best['correlation'])}** | {_signed(best['even'])} | "
                    f"{_card(twin, stage, best['head'])} |\n"
                )
    if not rows:
        st.info("Too little moves in this clip to measure anything: choose another one.")
    else:
        say(
            f"Best head of each stage, against {truth.name}: its $r$ in this clip, that of a map "
            "which spreads evenly, and its $r$ over many clips with the 95% interval.\n\n"
            "| model, stage | head | r here | even map | many clips |\n"
            f"|---|---|---|---|---|\n{rows}"
        )
        say(_chance(twins[1]))
    names = " and ".join(f"{t.letter} is **{plain(t.loaded.name)}**" for t in twins)
    right = {"A": "You said A, and it is the other way round", "B": "You said B, rightly"}
    say(
        f"{right.get(vote, 'You could not tell, so see for yourself')}: {names}. Heads of B marked "
        "◆ were taught, on clips whose motion is known, to look where the content came from. A "
        "learned the same task without that lesson: it answers about as well, and its maps do not "
        "show motion. **A map can look plausible, and an answer be right, with no link between "
        "them.** Ask of any map: was it checked, and against what?"
    )


def _signed(r: float) -> str:
    return f"{r:+.2f}".replace("-", "−")


def _head(twin: Twin, stage: int, head: int) -> dict[str, Any]:
    rows = twin.loaded.card.get("attention_follows_motion", {}).get("heads", [])
    return next((r for r in rows if (r["stage"], r["head"]) == (stage, head)), {})


def _card(twin: Twin, stage: int, head: int) -> str:
    row = _head(twin, stage, head)
    if "correlation_ci95" not in row:
        return "not measured"
    low, high = row["correlation_ci95"]
    return f"{_signed(row['correlation'])} ({_signed(low)} to {_signed(high)})"


def _chance(twin: Twin) -> str:
    rows = twin.loaded.card.get("attention_follows_motion", {}).get("heads", [])
    chances = sorted({row["chance"] for row in rows if "chance" in row})
    known = f", {chances[0]:.2f} to {chances[-1]:.2f} over many clips" if chances else ""
    return (
        "Beware of small numbers: an **even map**, which knows nothing, is not at 0 either"
        f"{known}, because patches at the rim of a chunk can only look inwards."
    )


def _symbols(desk: Desk) -> Sequence[Symbol]:
    stage = matched_stage(desk)
    if stage is None:
        return ()
    seen = desk.trace.shifted(stage)
    n, side = seen.grid**2, seen.matched.side
    field = f"{seen.frames - 1} frames × {seen.grid} × {seen.grid} × 2, for each head"
    maps = shape((side**2, side**2), "queries", "keys")
    return (
        Symbol("P_{ij}", "previous map of a head", f"{maps}, each chunk and frame"),
        Symbol("p_j", "place of patch $j$: row and column", f"{n} × 2"),
        Symbol(r"\delta_i", "where the map lies, from $i$", field),
        Symbol(r"\mu_i", "where the content really was, from $i$", field),
        Symbol("r", "Pearson’s correlation of both", "one number a head"),
    )


EXPLANATION = Lesson(
    key="explanation",
    title="Is attention an explanation?",
    asks="When may you believe a map, and how would you know?",
    goal="You can say why a convincing map is no evidence yet, and how to check one.",
    minutes=7,
    steps=_steps,
    formulas=r"""
$$
\delta_i = \sum_j P_{ij}\,(p_j - p_i)
$$

$$
r = \operatorname{corr}(\delta, \mu)
$$
""",
    symbols=_symbols,
    code=(
        Code("Where a map lies, beside its token.", "sct.model.readout:offsets"),
        Code("Which head follows motion in one clip.", "sct.analysis.head_motion:following"),
        Code("The correlation.", "sct.evaluation.motion_agreement:_pearson"),
    ),
    questions=(
        Question(
            "A model answers rightly, and its map lies on the moving object. What follows?",
            (
                Option(
                    "It answered because it looked there.",
                    "Not yet. Maps of the untaught twin fall on something, too, and its answers "
                    "are about as good. To know, change something and measure.",
                ),
                Option(
                    "Nothing yet: it is a guess that can be tested.",
                    "Compare the map with known motion over many clips, or switch the head off and "
                    "see what that does to the answer.",
                ),
                Option(
                    "The map was drawn after the fact and means nothing.",
                    "It is the real weighting of the pass. What it *means* for the answer is the "
                    "open question.",
                ),
            ),
            1,
        ),
        Question(
            "A head’s map has a correlation of 0.15 with true motion. Does it follow motion?",
            (
                Option(
                    "A little: anything above zero is something.",
                    "Compare with what knows nothing: an even map gets about as much, only because "
                    "rims look inwards. Zero is the wrong yardstick.",
                ),
                Option(
                    "Yes, if the clip has many patches, for then it is significant.",
                    "With many patches even a tiny effect is “significant”. An even map would be, "
                    "too.",
                ),
                Option(
                    "One cannot say without the number for a map that knows nothing.",
                    "Step 3 gives that number, and 0.15 does not beat it. Every measure needs a "
                    "baseline.",
                ),
            ),
            2,
        ),
    ),
)
