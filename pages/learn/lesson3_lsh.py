"""Lesson 3: LSH attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.cache.predictions import answer, best
from pages.learn.components import hashing_piece, one_frame
from pages.learn.content import Code, Lesson, Option, Question, Symbol
from pages.learn.context import Desk, say, shape, step
from pages.widgets.markdown import plain

if TYPE_CHECKING:
    from sct.model.trace import LSHTrace

PIECE = "lesson_hashing"
ROUNDS = 8


def _steps(desk: Desk) -> None:
    seen = desk.trace.lsh(1)
    with step(
        1,
        "Turn the random plane",
        "Here each patch has one list of numbers that serves as query and as key: think of it as "
        "an arrow. Draw some directions at random. The one that a patch’s arrow points along the "
        "most, or the opposite of one, is its **bucket**: two directions make four. Arrows that "
        "are alike point the same way, so they mostly share a bucket, and no pair had to be "
        "compared. Drag the plane round: that is another draw. Watch a patch lose its bucket.",
    ):
        frame = one_frame(desk)
        patch, head = hashing_piece(desk, PIECE, frame, seen)
    with step(
        2,
        "Sort, cut, attend",
        "Buckets have all sizes, which is bad for fast hardware. So the patches are **sorted** by "
        "bucket, the row is **cut** into equal pieces, and each patch attends to its own piece and "
        "the one before. That is what is **saved**: all other pairs. As the model hashes it, "
        "unturned and with all its buckets, your patch goes this way:",
    ):
        _path(seen, frame, patch, head)
    with step(
        3,
        "Let the frame grow",
        "Full attention compares all with all: twice the patches, four times the cost. LSH "
        "attention compares each with two pieces, however many there are. (Hashing itself grows a "
        "little faster, as more pieces need more buckets.)",
    ):
        _growth(desk, seen)
    with step(
        4,
        "Hash again",
        "One draw may part two patches that belong together: what full attention would have "
        "given them is **lost**. Another round is another draw, and its price is paid again. "
        "**Recall** is the share of exact attention that some round keeps:",
    ):
        _rounds(desk, seen, frame, head)
        _exact(desk)


def _path(seen: LSHTrace, frame: int, patch: Sequence[int], head: int) -> None:
    ids, order = seen.buckets(frame, head), seen.order(frame, head).tolist()
    own = int(ids[tuple(patch)])
    place = order.index(patch[0] * seen.grid + patch[1])
    size = seen.bucket_size
    with st.grid(4, min_column_width=140):
        st.metric("Bucket", f"{own} of {seen.n_buckets}", help="Counted from 0.")
        st.metric("Patches in it", f"{int((ids == own).sum())}")
        st.metric("Place when sorted", f"{place} of {len(order)}", help="Counted from 0.")
        st.metric("Piece", f"{place // size} of {len(order) // size}", help="Counted from 0.")


def _growth(desk: Desk, seen: LSHTrace) -> None:
    from sct.analysis.lsh_recall import full_cost, hashed_cost
    from viz.plots.lessons import lines
    from viz.text.numbers import millions

    size, heads, channels = seen.bucket_size, seen.heads, seen.qk.shape[-1]
    tokens = [size * 4**i for i in range(6)]
    full = [full_cost(n, heads, channels).total for n in tokens]
    some = [hashed_cost(n, heads, channels, size, seen.rounds).total for n in tokens]
    here = seen.grid**2
    st.plotly_chart(
        lines(
            tokens,
            [("full attention", full), ("LSH attention", some)],
            "patches of a frame",
            "multiply-adds",
            here,
            "xy",
            "this frame",
        ),
        key="lesson_growth",
        config={"displayModeBar": False},
        width=760,
        alt=f"Multiply-adds for {tokens[0]} to {tokens[-1]} patches: full attention "
        f"{millions(full[0])} to {millions(full[-1])}, LSH {millions(some[0])} to "
        f"{millions(some[-1])}",
    )
    one, other = (
        full_cost(here, heads, channels).total,
        hashed_cost(here, heads, channels, size, seen.rounds).total,
    )
    say(
        f"In this frame of {here:,} patches LSH attention takes {millions(other)} multiply-adds "
        f"and full attention {millions(one)}, {one / other:.1f} times as many. At {tokens[-1]:,} "
        f"patches it would be {full[-1] / some[-1]:.0f} times as many."
    )


def _rounds(desk: Desk, seen: LSHTrace, frame: int, head: int) -> None:
    from pages.cache.inference import kept
    from viz.plots import base
    from viz.text import numbers

    found = kept(desk.view, desk.result, seen, 1, frame, head, ROUNDS)
    st.plotly_chart(
        base.recall(found.recall, found.pairs, seen.rounds),
        key="lesson_rounds",
        config={"displayModeBar": False},
        width=760,
        alt="Share of exact attention kept after 1 to 8 rounds: "
        + ", ".join(numbers.percent(v) for v in found.recall.tolist()),
    )
    say(
        "The dotted line is what would be kept of an attention that is spread evenly. Where recall "
        "stays near it, this head looks everywhere alike, and hashing has nothing to find."
    )


def _exact(desk: Desk) -> None:
    """Whether the answer misses what hashing loses."""
    (was, p), (now, q) = best(desk, answer(desk, "none")), best(desk, answer(desk, "lsh=full"))
    say(
        f"And the answer? Hashed, the model says **{plain(was)}**, {p:.1%} sure; with full "
        f"attention in place of every hash **{plain(now)}**, {q:.1%}. "
        + (
            "Here the loss does not change it."
            if was == now
            else "Here what is lost makes the difference."
        )
    )


def _symbols(desk: Desk) -> Sequence[Symbol]:
    seen = desk.trace.lsh(1)
    n, heads, channels = seen.grid**2, seen.heads, seen.qk.shape[-1]
    half = (seen.n_buckets + 1) // 2
    per = f"for each of {seen.frames} frames and {heads} heads"
    qk = shape(seen.qk[0], "frames", "tokens", "heads", "channels")
    reach = min(2 * seen.bucket_size, n)
    return (
        Symbol("x_i", "shared query and key of patch $i$", qk),
        Symbol(r"\lVert x_j\rVert", "length of $x_j$ as an arrow", "one number a patch and head"),
        Symbol("R", "random directions", f"{heads} heads × {channels} channels × {half}"),
        Symbol(
            "b_i",
            "bucket: the place of the largest in both rows",
            f"0 to {seen.n_buckets - 1}; {n} {per}",
        ),
        Symbol("N_i", "patches in sight of $i$: two pieces", f"{reach} of {n}"),
        Symbol("d", "channels of a head", f"{channels}"),
        Symbol("a_{ij}", "weight, over $j$ in $N_i$ they sum to 1", f"{n} × {reach} {per}"),
        Symbol("n, m", "patches, and patches of a piece", f"{n} and {seen.bucket_size}"),
    )


HASHING = Lesson(
    key="hashing",
    title="LSH attention",
    asks="How can a patch find its likes without comparing itself with all?",
    goal="You can follow a patch from its hash to its partners, and say what hashing saves and "
    "loses.",
    minutes=8,
    steps=_steps,
    formulas=r"""
$$
b_i = \operatorname{argmax}\,[\,x_i R\,;\,-x_i R\,]
$$

$$
a_{ij} = \operatorname{softmax}_{j \in N_i}
\Big(\frac{x_i \cdot x_j}{\lVert x_j\rVert\,\sqrt d}\Big)
$$

$$
\text{pairs in full} = n^2
$$

$$
\text{pairs of LSH} = 2\,n\,m
$$
""",
    symbols=_symbols,
    code=(
        Code("The bucket of every token, and the order.", "sct.model.hashing:hash_tokens"),
        Code(
            "Sort, cut, attend: the definition, one line a step.",
            "sct.model.lsh:reference_attention",
        ),
        Code("The random directions come from a seed.", "sct.model.hashing:rotations"),
    ),
    questions=(
        Question(
            "You turn the plane and the buckets change, yet the clip is the same. What does that "
            "say?",
            (
                Option(
                    "The model is broken: its output must not depend on chance.",
                    "It does depend on the draw, a little. To keep it repeatable the draw comes "
                    "from a seed: the same clip and seed give the same buckets.",
                ),
                Option(
                    "A bucket is a random guess at who is alike, and may part good partners.",
                    "Alike patches *mostly* share a bucket. What one draw parts, another round may "
                    "bring together.",
                ),
                Option(
                    "Buckets are the objects of the picture.",
                    "A bucket gathers patches whose numbers point the same way. It may look like "
                    "an object, but nothing made it one.",
                ),
            ),
            1,
        ),
        Question(
            "A frame gets four times as many patches; pieces stay as large as they are. The pairs "
            "that LSH attention compares become…",
            (
                Option(
                    "… as many as before.",
                    "Each patch still looks at two pieces, but there are four times as many "
                    "patches that do.",
                ),
                Option(
                    "… sixteen times as many.",
                    "That is full attention: all with all.",
                ),
                Option(
                    "… four times as many.",
                    "Each patch looks at two pieces, as before, and there are four times as many "
                    "patches: $2nm$ grows like $n$.",
                ),
            ),
            2,
        ),
    ),
)
