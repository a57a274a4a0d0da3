"""Numbers below the attention player: where heads point, which follow motion, all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.cache.clips import pictures
from pages.cache.inference import flow
from pages.cache.keys import Result
from pages.state.view import View
from pages.widgets import tables
from pages.widgets.figures import chart
from sct.analysis.head_motion import rank_heads
from sct.analysis.offsets import offset_statistics
from sct.model.trace import ShiftedTrace
from sct.video.clip import view as seen_by_model
from viz.plots import head_statistics
from viz.raster.encode import data_uri, encode
from viz.text.labels import mark
from viz.views import motion

_STILL = "Nothing changes from one frame to the next, so there is no motion to speak of."


def show(view: View, result: Result, seen: ShiftedTrace, stage: int) -> None:
    """Draw all numbers of the clip, and those of one stage.

    Args:
        seen: shifted attention of the result in `stage` (from 1).
    """
    order = list(result.trace.order)
    frames = seen_by_model(view.clip, view.config.image_size)[order]
    st.header("Where the heads of this stage point")
    _compasses(seen, stage)
    before = np.array([seen.key_frame(t) for t in range(seen.frames)])
    changes = motion.changed(frames, before, seen.grid)
    truth = flow(view.clip, view.synthetic, result.trace)
    moving = bool(changes.any())
    rows = rank_heads(result.trace, frames, truth)
    cells = st.grid(2, min_column_width=330, gap="large")
    with cells.cell():
        st.header("Which way things move")
        _rose(seen, "grounded" if seen.grounded else "mean", changes, truth)
    with cells.cell():
        st.header("Which head follows motion")
        _ranking(rows, truth, moving)
    st.header("All frames, all stages")
    _overview(view, result, frames, order)
    st.header("All heads, all stages")
    _table(result, rows, moving)


def _compasses(seen: ShiftedTrace, stage: int) -> None:
    found = offset_statistics(seen)
    if found is None:
        st.caption("No frame has another before it, so there is nowhere to point.")
        return
    with st.grid(min(len(found), 6), min_column_width=128, gap="small"):
        for head, each in enumerate(found):
            with st.container(gap="small"):
                kind = mark(head, seen.grounded)
                st.markdown(f"**{kind} head {head}**")
                st.image(
                    encode(head_statistics.compass(each.offsets, 224)),
                    width="stretch",
                    alt=f"Offsets that head {head} of stage {stage} looks at",
                )
                st.caption(
                    f"{each.moves:.0%} moves, {each.distance:.1f} px away; "
                    f"entropy {each.entropy:.2f}"
                )
    st.caption(
        "The ring is a patch’s own place; light beside it is attention on the frame before that "
        "lies there, lighter the more (root scale). *Moves* is the share that lies elsewhere than "
        "on the own place; entropy is 0 for one patch and 1 for all alike."
    )


def _rose(seen: ShiftedTrace, head: Any, changes: np.ndarray, truth: Any) -> None:
    if not changes.any():
        st.caption(_STILL)
        return
    read = np.stack([-seen.displacement(t, head) for t in range(seen.frames)])
    known = truth.of(seen.grid, 1)
    real = -known.displacement[0].cpu().numpy() * seen.patch_pixels
    sure = known.valid[0].cpu().numpy() & (np.linalg.norm(real, axis=-1) >= 0.25)
    own = np.array([seen.key_frame(t) == t for t in range(seen.frames)])[:, None, None]
    shares = {
        "as attention reads it": head_statistics.directions(read, changes & ~own),
        truth.name: head_statistics.directions(real, sure & ~own),
    }
    chart(
        head_statistics.rose(shares),
        "rose",
        "Share of motion in each of sixteen directions, as attention reads it and as it is",
    )
    st.caption("Patches whose pixels change, weighted by how far they move.")


def _ranking(rows: list[dict], truth: Any, changes: bool) -> None:
    rows = [r for r in rows if r["correlation"] is not None]
    if not rows or not changes:
        st.caption(
            _STILL
            if not changes
            else "Too few patches move by a quarter of a patch for a correlation to mean anything."
        )
        return
    chart(
        head_statistics.ranking(rows),
        "ranking",
        f"Heads by correlation with {truth.name}, best: stage {rows[0]['stage']}, "
        f"head {rows[0]['head']}, {rows[0]['correlation']:+.2f}",
    )
    estimate = "" if truth.exact else " This flow is itself an estimate."
    st.caption(
        f"Pearson’s r of each head’s displacement and {truth.name} in this clip, over the textured "
        f"patches whose source is in sight. ◆ grounded, ○ free.{estimate} One clip says little: "
        "the model’s card has the figures over many."
    )


def _overview(view: View, result: Result, frames: np.ndarray, order: list[int]) -> None:
    lengths = {}
    for stage in result.trace.shifted_seen:
        seen = result.trace.shifted(stage)
        head = "grounded" if seen.grounded else "mean"
        moved = np.stack([seen.displacement(t, head) for t in range(seen.frames)])
        before = np.array([seen.key_frame(t) for t in range(seen.frames)])
        # A patch that did not change has not moved, whatever its map says.
        length = np.linalg.norm(moved, axis=-1) * motion.changed(frames, before, seen.grid)
        length[before == np.arange(seen.frames)] = 0
        lengths[stage] = length
    taught = [s for s in lengths if result.trace.shifted(s).grounded]
    sheet = data_uri(head_statistics.overview(pictures(view.clip, 224)[order], lengths, taught))
    # On a narrow screen it scrolls: frames of a few pixels would show nothing.
    st.html(
        '<div style="overflow-x:auto" tabindex="0" role="group" aria-label="All frames and stages">'
        f'<img src="{sheet}" style="width:100%;min-width:{len(order) * 84}px;border-radius:.4rem" '
        'alt="Each frame under the length of motion that each stage reads in it"></div>'
    )
    st.caption(
        "The lighter a patch, the farther it moved since the frame before as that stage reads it, "
        "on one scale. ◆ stages are read by their grounded heads. ○ stages have none: nothing "
        "taught their maps to follow motion, and what they say of it is a habit of their own."
    )


def _table(result: Result, rows: list[dict], moving: bool) -> None:
    """Draw for each head how far it looks, how sharply, and how it follows motion."""
    figures = {}
    for stage, blocks in result.trace.shifted_seen.items():
        for block, seen in enumerate(blocks):
            for head, each in enumerate(offset_statistics(seen) or ()):
                figures[stage, block, head] = each
    if not figures:
        st.caption("No frame has another before it, so no head looks back.")
        return
    table: dict[str, list] = {name: [] for name in _COLUMNS}
    for row in sorted(rows, key=lambda r: (r["stage"], r["block"], r["head"])):
        each = figures.get((row["stage"], row["block"], row["head"]))
        if each is None:  # this stage looks at its own frame twice
            continue
        kind = "◆ grounded" if row["grounded"] else "○ free"
        follows = row["correlation"] if moving else None
        values = (row["stage"], row["block"], row["head"], kind, row["offset"])
        values += (each.moves, each.distance, each.entropy, follows)
        for column, value in zip(table.values(), values, strict=True):
            column.append(value)
    if len(set(table["block"])) < 2:
        del table["block"]
    tables.show(table, _COLUMNS, "content" if len(table["head"]) <= 16 else 400)


_COLUMNS: dict[str, tuple[str, str, str]] = {
    "stage": ("Stage", "%d", "Counted from 1."),
    "block": ("Block", "%d", "Counted from 0."),
    "head": ("Head", "%d", "Counted from 0."),
    "kind": ("Kind", "", ""),
    "offset": ("Looks back", "%d", "Frames from query to key."),
    "moves": ("Moves", "percent", "Share of attention that lies elsewhere than on the own place."),
    "distance": ("Distance (px)", "%.1f", "Mean distance of attention from the own place."),
    "entropy": ("Entropy", "%.2f", "0 looks at one patch, 1 at all alike."),
    "follows": ("Follows motion (r)", "%+.2f", "Pearson’s r with the motion of this clip."),
}
