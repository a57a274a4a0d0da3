"""The player of the LSH buckets page, the sizes of the buckets and the recall."""

from __future__ import annotations

import streamlit as st

from pages.cache.clips import sprite
from pages.cache.inference import Result, kept
from pages.shell import exports
from pages.state import url_values
from pages.state.view import View
from sct.analysis.lsh_recall import Cost, Recall, full_cost, lsh_cost
from sct.model.trace import LSHTrace
from viz.components.player import mount
from viz.components.player.contents import buckets_message, rotation_of
from viz.plots import hashing
from viz.text.numbers import millions, percent
from viz.views import Look, csv_of

PLAYER = "buckets_player"
ROUNDS = 8  # of the charts
PROMPT = 1000  # tokens of a frame up to which recall takes no time that a person would notice


def show(view: View, result: Result, seen: LSHTrace, stage: int) -> None:
    frame = url_values.value(
        "frame", "Frame", url_values.whole(0, seen.frames - 1), min(3, seen.frames - 1)
    )
    head = url_values.value("lsh_head", "Head", url_values.whole(0, seen.heads - 1), 0)
    round_ = url_values.value("round", "Hash round", url_values.whole(-1, seen.rounds - 1), 0)
    middle = url_values.Patch((seen.grid // 2, seen.grid // 2))
    token = url_values.value(f"token{stage}", "Patch", url_values.patch(seen.grid), middle)
    start = {
        "mode": "buckets",
        "frame": frame,
        "head": str(head),
        "row": token[0],
        "column": token[1],
        "look": "out",
        "round": round_,
        "edit": url_values.edit(PLAYER),
    }

    def make() -> tuple[bytes, range]:
        order = result.trace.order
        times = [view.clip.times[i] for i in order]
        turned, about = rotation_of(result.trace, stage), {"stage": stage}
        return buckets_message(seen, sprite(view.clip, order), times, turned, start, about)

    fields = {"frame": "frame", "head": "lsh_head", "round": "round", "patch": f"token{stage}"}
    of = (view.clip.hash, view.loaded.name, str(view.maps_ablation), stage)
    mount(
        url_values.message(PLAYER, of, frame, make),
        key=PLAYER,
        on_change=lambda told: url_values.keep(PLAYER, told, fields),
    )
    _share(view, result, seen, stage, frame, head)
    look = Look(stage, head, tuple(token), round_)
    exports.show(view, result, "buckets", look, key="buckets_files", frame=frame)
    with st.expander(
        "What hashing keeps and what it costs",
        icon=":material/bar_chart:",
        expanded=seen.grid**2 <= PROMPT,
        on_change="rerun",
    ) as figures:
        if figures.open:  # what nobody looks at is not computed
            _figures(view, result, seen, stage, (frame, head, round_), tuple(token))


def _share(view: View, result: Result, seen: LSHTrace, stage: int, frame: int, head: int) -> None:
    """In three numbers: what is kept, what that is worth, what it costs."""
    tokens, channels = seen.grid**2, seen.qk.shape[-1]
    found = kept(view, result, seen, stage, frame, head, max(seen.rounds, 1))
    used = lsh_cost(tokens, seen.heads, channels, seen.bucket_size, seen.rounds).total
    full = full_cost(tokens, seen.heads, channels).total
    with st.grid(3, min_column_width=190):
        st.metric(
            f"Recall in frame {frame}, head {head}",
            percent(float(found.recall[-1])),
            help="Share of exact attention’s weight that falls on patches which some hash round "
            "lets a patch see.",
        )
        st.metric(
            "If attention were even",
            percent(float(found.pairs[-1])),
            help="Share of all pairs of patches that some hash round lets see each other. Recall "
            "above it is what hashing found; at it, hashing does no better than chance.",
        )
        st.metric(
            "Cost beside full attention",
            f"{used / full:.0%}",
            help=f"Multiply-adds of one frame, all heads: {millions(used)} to hash and attend, "
            f"{millions(full)} for every patch to attend to every patch.",
        )


def _figures(
    view: View,
    result: Result,
    seen: LSHTrace,
    stage: int,
    pin: tuple[int, int, int],
    token: tuple[int, int],
) -> None:
    frame, head, round_ = pin
    if seen.n_buckets == 1:
        st.caption(
            f"All {seen.grid**2} patches of this stage fit into one piece, so there is one bucket "
            "and nothing is lost: this is full attention, once for each round."
        )
        return
    found = kept(view, result, seen, stage, frame, head, ROUNDS)
    ids = seen.buckets(frame, head, max(round_, 0))
    picked = int(ids[tuple(token)])
    bare = {"displayModeBar": False}
    cells = st.grid(2, min_column_width=330, gap="large")
    with cells.cell():
        st.header("What the rounds keep")
        st.plotly_chart(
            hashing.recall(found.recall, found.pairs, seen.rounds),
            key="recall",
            config=bare,
            alt="Share of exact attention kept after 1 to 8 rounds: "
            + ", ".join(percent(v) for v in found.recall.tolist()),
        )
        st.caption(
            f"Of exact attention’s weight in frame {frame}, head {head}: the share on patches that "
            f"at least one of so many rounds lets a patch see. The model hashes in {_many(seen)}, "
            "the large dot."
        )
    with cells.cell():
        st.header("What they cost")
        _cost_chart(seen, bare)
    with cells.cell():
        st.header("Sizes of the buckets")
        st.plotly_chart(
            hashing.bucket_sizes(ids, seen.n_buckets, seen.bucket_size, picked),
            key="bucket_sizes",
            config=bare,
            alt=f"Patches in each of {seen.n_buckets} buckets; bucket {picked} is the picked one",
        )
    with cells.cell():
        st.header("How to read it")
        st.markdown(
            f"The sorted patches are cut into pieces of {seen.bucket_size}; each attends to its "
            f"own piece and the one before it, {2 * seen.bucket_size} of {ids.size} patches. A "
            "bucket larger than a piece is cut apart, a smaller one shares its piece with its "
            "neighbours.\n\nMore rounds see more pairs and so keep more, at a cost that grows "
            "with each; larger buckets do the same. Change them above and watch: where recall "
            "stays near the dotted line, this head’s attention is so even that *any* choice of "
            "patches would do as well."
        )
        st.download_button(
            "Recall and cost, CSV",
            lambda: _table(seen, found),
            file_name=f"lsh-stage-{stage}-frame-{frame}-head-{head}.csv",
            mime="text/csv",
            key="recall_csv",
            on_click="ignore",
            icon=":material/download:",
        )


def _costs(seen: LSHTrace) -> tuple[list[Cost], int]:
    """Of 1 to `ROUNDS` rounds, and of full attention."""
    shape = seen.grid**2, seen.heads, seen.qk.shape[-1]
    some = [lsh_cost(*shape, seen.bucket_size, r + 1) for r in range(ROUNDS)]
    return some, full_cost(*shape).total


def _cost_chart(seen: LSHTrace, bare: dict[str, bool]) -> None:
    some, full = _costs(seen)
    st.plotly_chart(
        hashing.cost([c.hashing for c in some], [c.attending for c in some], full, seen.rounds),
        key="cost",
        config=bare,
        alt="Multiply-adds of 1 to 8 rounds: "
        + ", ".join(millions(c.total) for c in some)
        + f"; of full attention: {millions(full)}",
    )
    cheaper = sum(c.total < full for c in some)
    until = f"Up to {cheaper} rounds cost" if cheaper > 1 else "One round costs"
    st.caption(
        "Multiply-adds to hash and to attend, in one frame, all heads. "
        + (f"{until} less than full attention." if cheaper else "Full attention costs less here.")
    )


def _many(seen: LSHTrace) -> str:
    return "one round" if seen.rounds == 1 else f"{seen.rounds} rounds"


def _table(seen: LSHTrace, found: Recall) -> bytes:
    some, full = _costs(seen)
    costs = [f"{part}_multiply_adds" for part in ("hash", "attend", "full")]
    rows = (
        (i + 1, found.recall[i], found.pairs[i], cost.hashing, cost.attending, full)
        for i, cost in enumerate(some)
    )
    return csv_of(["rounds", "recall", "pairs", *costs], rows).encode()


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
rounds are merged by the share that each has of the sum of exponentials.

**Recall** is the share of exact attention’s weight,
$A = \operatorname{{softmax}}(x_i \cdot x_j / \lVert x_j \rVert / \sqrt d)$ over all
$n$ = {seen.grid**2} patches, that falls on pairs $(i, j)$ which at least one round lets see each
other, mean over the patches $i$ of the frame. *If attention were even* is the share of such pairs
among all $n^2$. Further rounds hash the same $x$; in later stages a model that really hashed more
often would have come by other $x$.

**Cost** is multiply-adds for one frame and all $h$ = {seen.heads} heads. Full attention:
$2 h n^2 d$ for $QK^\top$ and $AV$. LSH with pieces of $m$ = {seen.bucket_size}, a round:
$h n d\, n / 2m$ to rotate and $2 h n\, 2m\, d$ to attend. Projections are the same for both, and
sorting multiplies nothing; neither counts.

**Axes.** Rows count down and columns to the right, both from 0 at the top left, as do places in the
sorted row, pieces, buckets and rounds; colours stand for buckets and have no order. In *Rotate*,
*Argmax* and the bars, blue is above zero and orange below.

**Source.** Kitaev, Kaiser and Levskaya, “Reformer: The Efficient Transformer”, ICLR 2020;
`sct/model/lsh.py`, `sct/model/hashing.py`, `sct/analysis/lsh_recall.py`.
"""
    )
