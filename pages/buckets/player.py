"""The player of the LSH buckets page, the sizes of the buckets and the recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.cache.clips import sprite
from pages.cache.inference import lsh_recall
from pages.cache.keys import Result
from pages.shell import exports, headings
from pages.state import url_values
from pages.state.view import View
from pages.widgets.figures import chart, download
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


@dataclass(frozen=True)
class PlayerState:
    """The state of the player; a round of -1 stands for all rounds merged."""

    stage: int
    frame: int
    head: int
    round: int
    token: tuple[int, int]


def show(view: View, result: Result, seen: LSHTrace, stage: int) -> None:
    """Draw the player, the recall and what it costs.

    Args:
        seen: LSH attention of the result in `stage` (from 1).
    """
    state = _play(view, result, seen, stage)
    _share(result, seen, state)
    look = Look(stage, state.head, state.token, state.round)
    exports.show(view, result, "buckets", look, key="buckets_files", frame=state.frame)
    with st.expander(
        "What hashing keeps and what it costs",
        icon=":material/bar_chart:",
        expanded=seen.grid**2 <= PROMPT,
        on_change="rerun",
    ) as figures:
        if figures.open:  # what nobody looks at is not computed
            _figures(result, seen, state)


def _play(view: View, result: Result, seen: LSHTrace, stage: int) -> PlayerState:
    last = seen.frames - 1
    frame = url_values.value("frame", "Frame", url_values.whole(0, last), min(3, last))
    head = url_values.value("lsh_head", "Head", url_values.whole(0, seen.heads - 1), 0)
    round_ = url_values.value("round", "Hash round", url_values.whole(-1, seen.rounds - 1), 0)
    middle = url_values.Patch((seen.grid // 2, seen.grid // 2))
    token = url_values.value(f"token{stage}", "Patch", url_values.patch(seen.grid), middle)
    shown = {"mode": "buckets", "head": str(head), "look": "out", "round": round_}
    shown["pinned"] = f"token{stage}" in st.query_params
    start = url_values.view_of(PLAYER, frame, token, **shown)

    def make() -> tuple[bytes, range]:
        order = result.trace.order
        times = [view.clip.times[i] for i in order]
        turned, about = rotation_of(result.trace, stage), {"stage": stage}
        return buckets_message(seen, sprite(view.clip, order), times, turned, start, about)

    fields = {"frame": "frame", "head": "lsh_head", "round": "round", "patch": f"token{stage}"}
    url_values.mount(mount, PLAYER, (result.key, stage), frame, make, fields)
    return PlayerState(stage, frame, head, round_, tuple(token))


def _share(result: Result, seen: LSHTrace, state: PlayerState) -> None:
    """Draw the recall, that of even attention, and the cost as three numbers."""
    tokens, channels = seen.grid**2, seen.qk.shape[-1]
    rounds = max(seen.rounds, 1)
    found = lsh_recall(result, seen, state.stage, state.frame, state.head, rounds)
    used = lsh_cost(tokens, seen.heads, channels, seen.bucket_size, seen.rounds).total
    full = full_cost(tokens, seen.heads, channels).total
    with st.grid(3, min_column_width=190):
        st.metric(
            f"Recall in frame {state.frame}, head {state.head}",
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


def _figures(result: Result, seen: LSHTrace, state: PlayerState) -> None:
    if seen.n_buckets == 1:
        st.caption(
            f"All {seen.grid**2} patches of this stage fit into one piece, so there is one bucket "
            "and nothing is lost: this is full attention, once for each round."
        )
        return
    found = lsh_recall(result, seen, state.stage, state.frame, state.head, ROUNDS)
    ids = seen.buckets(state.frame, state.head, max(state.round, 0))
    cells = st.grid(2, min_column_width=330, gap="large")
    with cells.cell():
        _recall_chart(seen, found, state)
    with cells.cell():
        _cost_chart(seen)
    with cells.cell():
        picked = int(ids[state.token])
        st.header("Sizes of the buckets")
        chart(
            hashing.bucket_sizes(ids, seen.n_buckets, seen.bucket_size, picked),
            "bucket_sizes",
            f"Patches in each of {seen.n_buckets} buckets; bucket {picked} is the picked one",
        )
    with cells.cell():
        _how_to_read(seen, found, state, ids)


def _recall_chart(seen: LSHTrace, found: Recall, state: PlayerState) -> None:
    st.header("What the rounds keep")
    chart(
        hashing.recall(found.recall, found.pairs, seen.rounds),
        "recall",
        "Share of exact attention kept after 1 to 8 rounds: "
        + ", ".join(percent(v) for v in found.recall.tolist()),
    )
    many = "one round" if seen.rounds == 1 else f"{seen.rounds} rounds"
    st.caption(
        f"Of exact attention’s weight in frame {state.frame}, head {state.head}: the share on "
        "patches that at least one of so many rounds lets a patch see. The model hashes in "
        f"{many}, the large dot."
    )


def _how_to_read(seen: LSHTrace, found: Recall, state: PlayerState, ids: np.ndarray) -> None:
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
    name = f"lsh-stage-{state.stage}-frame-{state.frame}-head-{state.head}.csv"
    download("Recall and cost, CSV", lambda: _csv(seen, found), name, "recall_csv")


def _costs(seen: LSHTrace) -> tuple[list[Cost], int]:
    """Return the costs of 1 to `ROUNDS` rounds, and that of full attention."""
    shape = seen.grid**2, seen.heads, seen.qk.shape[-1]
    some = [lsh_cost(*shape, seen.bucket_size, r + 1) for r in range(ROUNDS)]
    return some, full_cost(*shape).total


def _cost_chart(seen: LSHTrace) -> None:
    st.header("What they cost")
    some, full = _costs(seen)
    chart(
        hashing.cost([c.hashing for c in some], [c.attending for c in some], full, seen.rounds),
        "cost",
        "Multiply-adds of 1 to 8 rounds: "
        + ", ".join(millions(c.total) for c in some)
        + f"; of full attention: {millions(full)}",
    )
    cheaper = sum(c.total < full for c in some)
    until = f"Up to {cheaper} rounds cost" if cheaper > 1 else "One round costs"
    st.caption(
        "Multiply-adds to hash and to attend, in one frame, all heads. "
        + (f"{until} less than full attention." if cheaper else "Full attention costs less here.")
    )


def _csv(seen: LSHTrace, found: Recall) -> bytes:
    some, full = _costs(seen)
    costs = [f"{part}_multiply_adds" for part in ("hash", "attend", "full")]
    rows = (
        (i + 1, found.recall[i], found.pairs[i], cost.hashing, cost.attending, full)
        for i, cost in enumerate(some)
    )
    return csv_of(["rounds", "recall", "pairs", *costs], rows).encode()


def definition(seen: LSHTrace) -> None:
    """Say exactly what is drawn."""
    headings.definition(
        "buckets",
        channels=seen.qk.shape[-1],
        bucket=seen.bucket_size,
        tokens=seen.grid**2,
        heads=seen.heads,
    )
