"""Lesson 2: attention inside a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.learn.components import inside_piece, one_frame
from pages.learn.content import Code, Lesson, Option, Question, Symbol
from pages.learn.context import Desk, say, shape, step

if TYPE_CHECKING:
    from torch import Tensor

    from sct.analysis.chunk_attention import Within

PIECE = "lesson_inside"


def _within(desk: Desk, frame: int) -> Within | None:
    """Chunk attention of the first block, in one frame; None where the model has none there."""
    from sct.analysis.chunk_attention import within_chunks

    try:
        frames = slice(frame, frame + 1)
        return within_chunks(desk.view.loaded.model, desk.trace, 1, 0, frames)
    except LookupError:
        return None


def _steps(desk: Desk) -> None:
    with step(
        1,
        "Drag a query",
        "Every patch of a chunk makes three lists of numbers from its token, by three matrices "
        "that training has set: a **query** (what am I looking for?), a **key** (what have I to "
        "offer?) and a **value** (what do I hand over?). The marked patch compares its query with "
        "all keys of its chunk, number by number: the better they agree, the higher the "
        "**score**. Softmax turns scores into **weights**, which are positive and sum to 1. The "
        "values, each times its weight, are added up: that is what the patch takes in.",
    ):
        frame = one_frame(desk)
        within = _within(desk, frame)
        if within is None:
            st.info("This model has no chunk attention in its first stage. Choose another model.")
            return
        patch = inside_piece(desk, PIECE, frame, within)
    scores = _row(within, patch)
    with step(
        2,
        "Turn the temperature",
        "Move the temperature τ above. Near 0 the strongest patch takes all; the higher it is, the "
        "more even the weights. The model’s own is 1: its √d already keeps the scores in bounds. "
        "The lines say over how many patches the weight of this query is spread: weight shared "
        "evenly by that many would be as spread out.",
    ):
        _spread(scores)
    with step(
        3,
        "Compare the heads",
        "Several heads do this side by side, each with its own channels. They need not look for "
        "the same thing. For this query:",
    ):
        _heads(within, patch, scores)


def _row(within: Within, patch: Sequence[int]) -> Tensor:
    """Scores of one query, of all heads: (head, key)."""
    side = within.side
    chunk = patch[0] // side * (within.grid // side) + patch[1] // side
    return within.scores()[0, chunk, :, patch[0] % side * side + patch[1] % side]


def _equal(weights: Tensor) -> Tensor:
    """As many patches as share the weight evenly at the same entropy."""
    return (-(weights * weights.clamp_min(1e-30).log()).sum(-1)).exp()


def _spread(scores: Tensor) -> None:
    from viz.plots.lessons import lines

    heats = [10 ** (i / 20) for i in range(-20, 21)]
    spread = [_equal((scores / t).softmax(-1)) for t in heats]
    series = [(f"head {h}", [float(s[h]) for s in spread]) for h in range(len(scores))]
    st.plotly_chart(
        lines(heats, series, "temperature τ", "patches", 1, "x", "the model"),
        key="lesson_spread",
        config={"displayModeBar": False},
        width=760,
        alt="Over how many patches the weight is spread, for temperatures 0.1 to 10; at 1: "
        + ", ".join(f"head {h} {float(s):.0f}" for h, s in enumerate(spread[20])),
    )


def _heads(within: Within, patch: Sequence[int], scores: Tensor) -> None:
    weights, side = scores.softmax(-1), within.side
    top, left = patch[0] // side * side, patch[1] // side * side
    rows = ""
    for head, each in enumerate(weights):
        best = int(each.argmax())
        where = f"row {top + best // side}, column {left + best % side}"
        spread = f"{float(_equal(each)):.1f} patches"
        rows += f"| {head} | {where} | {float(each[best]):.0%} | {spread} |\n"
    say(f"| head | strongest patch | its weight | spread over |\n|---|---|---|---|\n{rows}")


def _symbols(desk: Desk) -> Sequence[Symbol]:
    within = _within(desk, 0)
    if within is None:
        return ()
    chunks, heads, tokens, channels = within.q.shape[1:]
    frames = len(desk.trace.order)
    sizes = (frames, chunks, heads, tokens, channels)
    full = shape(sizes, "frames", "chunks", "heads", "tokens", "channels")
    square = f"{tokens} × {tokens} for each of {frames} × {chunks} × {heads} (frame, chunk, head)"
    return (
        Symbol("q_i, k_j, v_j", "query, key and value", full),
        Symbol("d", "channels of a head", f"{channels}"),
        Symbol("s_{ij}", "score of query $i$ and key $j$", square),
        Symbol(r"\tau", "temperature; the model has 1", "one number"),
        Symbol("a_{ij}", "weight, over $j$ they sum to 1", square),
        Symbol("o_i", "output of the head", full),
    )


INSIDE = Lesson(
    key="inside",
    title="Attention inside a chunk",
    asks="What are queries, keys and values, and what does softmax do with them?",
    goal="You can follow one patch from its scores to its output, and say what a temperature does.",
    minutes=6,
    steps=_steps,
    formulas=r"""
$$
s_{ij} = \frac{q_i \cdot k_j}{\sqrt d}
$$

$$
a_{ij} = \operatorname{softmax}_j\!\Big(\frac{s_{ij}}{\tau}\Big)
$$

$$
o_i = \sum_j a_{ij}\,v_j
$$
""",
    symbols=_symbols,
    code=(
        Code(
            "Queries, keys and values are one linear map of each token.",
            "sct.model.attention:SelfAttention.split",
        ),
        Code("Scores, softmax and the weighted sum.", "sct.model.attention:attend"),
        Code("The same maps, for questions asked later.", "sct.model.attention:SelfAttention.maps"),
    ),
    questions=(
        Question(
            "You turn the temperature far down, to almost 0. The output of the query becomes…",
            (
                Option(
                    "… the mean of all values.",
                    "That is what a *high* temperature gives: all weights alike.",
                ),
                Option(
                    "… the value of the patch with the highest score.",
                    "Differences between scores grow without bound, the largest takes all the "
                    "weight, and the bars above reach the dots.",
                ),
                Option(
                    "… zero, as all weights vanish.",
                    "Weights sum to 1 at every temperature, so they cannot all vanish.",
                ),
            ),
            1,
        ),
        Question(
            "Two patches have the same key but different values. What does a query give them?",
            (
                Option(
                    "The same weight, and each hands over its own value.",
                    "Weights come from queries and keys alone. What is handed over is the value: "
                    "a map of attention says *where from*, not *what*.",
                ),
                Option(
                    "More weight to the one with the larger value.",
                    "Values have no say in the weights; only keys do.",
                ),
                Option(
                    "Different weights, as they lie at different places.",
                    "Places do count, but only through the keys, into which positions were mixed. "
                    "Here the keys are the same.",
                ),
            ),
            0,
        ),
    ),
)
