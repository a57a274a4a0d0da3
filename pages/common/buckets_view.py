"""The three pictures of the LSH buckets page, the sizes of the buckets and the recall."""

from __future__ import annotations

import streamlit as st

from pages.common.compute import Result, pictures
from pages.common.picking import into, patch_field
from pages.common.session import View
from sct.trace import LSHTrace
from viz import charts, overlay
from viz.charts import percent
from viz.geometry import Token
from viz.panels import Key, Legend, Panel, mount, panels_data


def pick(seen: LSHTrace, stage: int) -> Token:
    middle = seen.grid // 2
    return patch_field(f"token{stage}", seen.grid, (middle, middle))


def show(
    view: View,
    result: Result,
    seen: LSHTrace,
    stage: int,
    head: int,
    round_: int,
    frame: int,
    token: Token,
) -> None:
    picture = pictures(view.clip)[result.trace.order[frame]]
    ids = seen.buckets(frame, head, round_)
    picked = int(ids[token])
    same = ids == picked
    weights = seen.attended(frame, token, head, round_)
    reached = weights > 0
    top = float(weights.max())
    row, col = token
    here = {"grid": seen.grid, "selected": token, "pick": True}
    shown = [
        Panel(
            picture=overlay.buckets(picture, ids, seen.n_buckets),
            alt=f"Frame {frame}, each patch in the colour of its bucket. Click to pick a patch.",
            title="Buckets: click a patch",
            note=f"Picked: row {row}, column {col}, bucket {picked}",
            values=ids,
            format="bucket",
            **here,
        ),
        Panel(
            picture=overlay.light(picture, same),
            alt=f"Frame {frame} with the {int(same.sum())} patches of bucket {picked} lit",
            title=f"Bucket {picked} lit",
            note=f"{int(same.sum())} of {ids.size} patches",
            values=ids,
            format="bucket",
            **here,
        ),
        Panel(
            picture=overlay.heat(picture, weights, top, reached=reached),
            alt=f"Frame {frame}: the picked patch attends to {int(reached.sum())} patches",
            title="Whom it attends to",
            note=f"{int(reached.sum())} patches; the others are out of reach",
            values=weights,
            **here,
        ),
    ]
    even = 1 / max(int(reached.sum()), 1)
    ticks = [{"at": 0.0, "text": "0"}, {"at": 1.0, "text": percent(top)}]
    if 0.12 < even / top < 0.8:
        ticks.insert(1, {"at": even / top, "text": f"{percent(even)}, evenly spread"})
    mount(
        panels_data(
            shown,
            Legend(
                "Weight of the picked patch’s attention (third picture)",
                overlay.heat_stops(),
                ticks,
            ),
            (Key("picked", "picked patch"),),
            least=230,
            most=440,
        ),
        key=f"buckets{stage}",
        on_pick=into(f"token{stage}"),
    )
    _numbers(seen, ids, head, frame, picked)


def _numbers(seen: LSHTrace, ids, head: int, frame: int, picked: int) -> None:
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
