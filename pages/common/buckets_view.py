"""The player of the LSH buckets page, the sizes of the buckets and the recall."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.common import pinned
from pages.common.compute import Result, sprite
from pages.common.session import View
from sct.lsh import rotations
from sct.trace import LSHTrace
from viz import charts
from viz.charts import percent
from viz.player import mount
from viz.player.contents import buckets_message

PLAYER = "buckets_player"


def show(view: View, result: Result, seen: LSHTrace, stage: int) -> None:
    frame = pinned.value(
        "frame", "Frame", pinned.whole(0, seen.frames - 1), min(3, seen.frames - 1)
    )
    head = pinned.value("lsh_head", "Head", pinned.whole(0, seen.heads - 1), 0)
    round_ = pinned.value("round", "Hash round", pinned.whole(-1, seen.rounds - 1), 0)
    middle = pinned.Patch((seen.grid // 2, seen.grid // 2))
    token = pinned.value(f"token{stage}", "Patch", pinned.patch(seen.grid), middle)
    start = {
        "mode": "buckets",
        "frame": frame,
        "head": str(head),
        "row": token[0],
        "column": token[1],
        "look": "out",
        "round": round_,
        "edit": pinned.edit(PLAYER),
    }

    def make() -> tuple[bytes, range]:
        order = result.trace.order
        times = [view.clip.times[i] for i in order]
        turned, about = _rotation(view, seen, stage), {"stage": stage}
        return buckets_message(seen, sprite(view.clip, order), times, turned, start, about)

    fields = {"frame": "frame", "head": "lsh_head", "round": "round", "patch": f"token{stage}"}
    of = (view.clip.hash, view.loaded.name, str(view.maps_ablation), stage)
    mount(
        pinned.message(PLAYER, of, frame, make),
        key=PLAYER,
        on_view=lambda told: pinned.keep(PLAYER, told, fields),
    )
    ids = seen.buckets(frame, head, max(round_, 0))
    _numbers(seen, ids, head, frame, int(ids[tuple(token)]))


def _rotation(view: View, seen: LSHTrace, stage: int):
    """What this stage was hashed by: (head, channel, round, half the buckets)."""
    asked = view.maps_ablation.seed
    seed = view.config.lsh_seed if asked is None else asked
    pieces = seen.grid**2 // seen.bucket_size
    return rotations(seed, stage, seen.rounds, seen.heads, seen.qk.shape[-1], pieces)


def _numbers(seen: LSHTrace, ids: np.ndarray, head: int, frame: int, picked: int) -> None:
    cells = st.grid(2, min_column_width=330, gap="large")
    with cells.cell():
        st.subheader("Sizes of the buckets")
        st.plotly_chart(
            charts.bucket_sizes(ids, seen.n_buckets, seen.bucket_size, picked),
            key="bucket_sizes",
            config={"displayModeBar": False},
            alt=f"Patches in each of {seen.n_buckets} buckets; bucket {picked} is the picked one",
        )
    with cells.cell():
        st.subheader("What hashing keeps")
        st.metric(
            f"Recall in frame {frame}, head {head}",
            percent(seen.recall(frame, head)),
            help="Share of exact attention’s weight that falls on patches which some hash round "
            "lets a patch see.",
        )
        if seen.n_buckets == 1:
            text = (
                f"All {ids.size} patches of this stage fit into one piece, so there is one bucket "
                "and nothing is lost: this is full attention."
            )
        else:
            text = (
                f"The sorted patches are cut into pieces of {seen.bucket_size}; each attends to "
                f"its own piece and the one before it, {2 * seen.bucket_size} of {ids.size} "
                "patches. A bucket larger than a piece is cut apart, a smaller one shares its "
                "piece with its neighbours."
            )
        rounds = "one round" if seen.rounds == 1 else f"{seen.rounds} rounds"
        st.caption(f"{text} This model hashes in {rounds}; recall counts all of them.")


def definition(seen: LSHTrace) -> None:
    """What exactly is drawn."""
    st.markdown(
        rf"""
Queries and keys share one projection $x$ of $d$ = {seen.qk.shape[-1]} channels a head; a key is
$x / \lVert x \rVert$. In each round a seeded random rotation $R$ gives every patch of a frame the
bucket

$$
b(x) = \operatorname{{argmax}}\,[\,xR\,;\,-xR\,] .
$$

The patches are sorted by (bucket, position) and the row is cut into pieces of {seen.bucket_size}. A
patch attends to its own piece and to the one before it, round the end, with weights
$\operatorname{{softmax}}(x_i \cdot x_j / \lVert x_j \rVert / \sqrt d)$ over those only. Several
rounds are merged by the share that each has of the sum of exponentials. The bars under *Hash* are
the projections that were compared, negative ones not drawn.

**Axes.** Rows count down and columns to the right, both from 0 at the top left; colours stand for
buckets and have no order.

**Source.** Kitaev, Kaiser and Levskaya, “Reformer: The Efficient Transformer”, ICLR 2020;
`sct/lsh.py`.
"""
    )
