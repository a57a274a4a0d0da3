"""The player of the Shifted attention page, and the numbers of its pinned view."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.cache.clips import SIDE, sprite
from pages.cache.inference import Result, references
from pages.shell import exports
from pages.state import url_values
from pages.state.view import View
from sct.analysis.ground_truth import Reference
from sct.model.trace import ShiftedTrace
from viz.components.player import mount
from viz.components.player.contents import attention_message, lags
from viz.raster import arrows
from viz.text.labels import of_heads
from viz.views import Look

PLAYER = "attention_player"


@dataclass(frozen=True)
class Pinned:
    """What is pinned in the player, and what really moved for each offset of its stage."""

    mode: str
    frame: int
    head: str
    patch: tuple[int, int]
    look: str
    known: list[Reference]


def show(view: View, result: Result, seen: ShiftedTrace, stage: int) -> None:
    found = play(view, result, seen, stage)
    _numbers(seen, found.known, found.frame, found.head)
    named = int(found.head) if found.head.isdigit() else found.head
    looks = found.mode == "maps" and found.look == "in"
    exports.show(
        view,
        result,
        "motion" if found.mode == "motion" else "attention",
        Look(stage, named, tuple(found.patch)),
        key="attention_files",
        frame=found.frame,
        note=" · where the pinned patch looks" if looks else "",
    )


def play(
    view: View,
    result: Result,
    seen: ShiftedTrace,
    stage: int,
    *,
    key: str = PLAYER,
    mode_key: str = "mode",
    modes: tuple[str, ...] = ("maps", "motion"),
    side: int = SIDE,
    veiled: bool = False,
) -> Pinned:
    """The player alone.

    Args:
        key: of the component. mode_key: of its mode, the first of `modes` unless pinned.
        side: pixels of a picture that is sent.
        veiled: show nothing but the clip.
    """
    mode = url_values.value(mode_key, "Mode", url_values.one_of(*modes), modes[0])
    frame = url_values.value(
        "frame", "Frame", url_values.whole(0, seen.frames - 1), min(3, seen.frames - 1)
    )
    ids = (*(["grounded"] if len(seen.grounded) > 1 else []), "mean", "max")
    ids += tuple(str(h) for h in range(seen.heads))
    head = url_values.value("head", "Head", url_values.one_of(*ids), ids[0])
    patch = url_values.value(
        f"patch{stage}", "Patch", url_values.patch(seen.grid), url_values.Patch(_middle(seen))
    )
    look = url_values.value("look", "Direction", url_values.one_of("out", "in"), "out")

    if mode == "motion" and head == "max":
        head = ids[0]  # a largest weight has no place, so no arrow

    known = references(view, result, seen, stage)
    start = {
        "mode": mode,
        "frame": frame,
        "head": head,
        "row": patch[0],
        "column": patch[1],
        "look": look,
        "round": 0,
        "edit": url_values.edit(key),
    }

    def make() -> tuple[bytes, range]:
        order = result.trace.order
        times = [view.clip.times[i] for i in order]
        frames = sprite(view.clip, order, side)
        about = {**of_heads(seen, view.loaded.card, stage), "stage": stage, "veiled": veiled}
        return attention_message(seen, frames, times, known, start, about)

    of = (view.clip.hash, view.loaded.name, str(view.maps_ablation), stage, veiled)
    fields = {"mode": mode_key, "frame": "frame", "head": "head", "look": "look"}
    mount(
        url_values.message(key, of, frame, make),
        key=key,
        on_change=lambda told: url_values.keep(key, told, {**fields, "patch": f"patch{stage}"}),
    )
    return Pinned(mode, frame, head, patch, look, known)


def _middle(seen: ShiftedTrace) -> tuple[int, int]:
    """The middle of the window nearest to the picture's own."""
    side = seen.matched.side
    middle = (seen.grid // side // 2) * side + side // 2
    return middle, middle


def _numbers(seen: ShiftedTrace, known: list[Reference], frame: int, head: str) -> None:
    """How the arrows of the pinned frame and heads agree with what really moved."""
    heads: int | str = int(head) if head.isdigit() else "mean" if head == "max" else head
    first = heads if isinstance(heads, int) else seen.grounded[0] if heads == "grounded" else 0
    group = lags(seen).index(seen.matched.key_frames[first])
    reference = known[group]
    if reference.kind[frame] == "none":
        return
    against = "the truth" if reference.kind[frame] == "truth" else "OpenCV’s optical flow"
    agrees = None
    if not reference.still[frame]:
        moved = arrows.motion(seen.displacement(frame, heads))
        agrees = arrows.agreement(moved, reference.motion[frame], reference.known[frame])
    if agrees is None:
        st.caption(
            f"Frame {frame}: nothing whose source is in sight moves by half a pixel or more, so "
            "there is no direction to compare."
        )
        return
    with st.grid(4, min_column_width=150):
        st.metric(
            "Mean angular error",
            f"{agrees.angle:.0f}°",
            help=f"Mean angle between attention’s arrows and {against}, in the pinned frame and "
            "for the pinned head; arrows that know nothing would be 90° off.",
        )
        st.metric(
            "Direction agrees",
            f"{agrees.direction:+.2f}".replace("-", "−"),
            help="Mean cosine of that angle: +1 the same way, 0 unrelated, −1 opposite.",
        )
        st.metric(
            "Length read",
            f"{agrees.length:.2f} of it",
            help="Factor between the arrows and real motion, by least squares. What "
            "leaves the chunk has no partner to look at, so fast motion is read short.",
        )
        st.metric(
            "Compared on",
            f"{agrees.tokens} of {seen.grid**2} patches",
            help="Those that moved by half a pixel or more and whose source is in sight of their "
            "chunk, was not covered, and can be told.",
        )


def definition(seen: ShiftedTrace) -> None:
    """What exactly is drawn."""
    merged = (
        "Both maps share one softmax, so together they sum to 1."
        if seen.matched.merge == "joint"
        else "Each map has a softmax of its own and sums to 1; the model averages both outputs."
    )
    st.markdown(
        rf"""
For a patch with query $q_t$ in frame $t$, and the keys $k$ of its window of
{seen.matched.side} × {seen.matched.side} patches, the two maps of a head are

$$
A_\text{{previous}} = \operatorname{{softmax}}\!\big(q_t\,k_{{t-s}}^\top / \sqrt{{d}}\big),\qquad
A_\text{{current}} = \operatorname{{softmax}}\!\big(q_t\,k_t^\top / \sqrt{{d}}\big),
$$

with $d$ = {seen.matched.q.shape[-1]} channels a head and $s$ the frame offset. {merged} Both weight
the values of frame $t$ (figure 2 of the paper). Pointing at the left picture shows the column of
$A_\text{{previous}}$: how much each patch of frame $t$ looks there.

**Motion.** An arrow is minus the displacement
$\sum_j A_\text{{previous}}(j)\,(p_j - p)$, the mean place $p_j$ of the map minus the patch’s own
place $p$, in pixels of the {seen.grid * seen.patch_pixels} × {seen.grid * seen.patch_pixels} view;
its middle lies on the patch. The expected displacement under-reads the true one, because content
that leaves the chunk has no partner; a map that spreads evenly points away from the middle of its
chunk, whatever moves. The angular error is the mean angle between arrow and real motion over
patches that moved by half a pixel or more, whose source lies in their chunk and can be told.
Real motion of a made clip is known; of an upload it is estimated by OpenCV’s dense inverse search
(DIS) flow.

**All heads in numbers.** With $A$ = $A_\text{{previous}}$, means over all patches and over the
frames that have one before them: *where a head points* is the share of attention at each offset
$p_j - p$; *moves* is $1 - A(p)$, what does not stay on the own place; *distance* is
$\sum_j A(j)\,\lVert p_j - p \rVert$ in pixels; *entropy* is $-\sum_j A(j) \ln A(j)$ over
$\ln {seen.matched.side**2}$, that of an even map. *Which way things move* bins the arrows of
patches whose pixels change by direction, each weighted by its length. *Follows motion* is Pearson’s
$r$ between displacement and real motion, rows and columns together, over textured patches whose
source is in sight.

**Axes.** Rows count down and columns to the right, both from 0 at the top left. The colour scale is
perceptually uniform and starts at 0; its end stays fixed while you explore this stage.

**Source.** Zha et al., “Shifted Chunk Transformer for Spatio-Temporal Representational Learning”,
NeurIPS 2021, section 3 and figure 2; `sct/model/shifted.py`, `sct/model/trace.py`,
`sct/analysis/offsets.py`, `sct/analysis/head_motion.py`.
"""
    )
