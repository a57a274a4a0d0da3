"""The player of shifted attention, for the pages that show one."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.cache.clips import SIDE, sprite
from pages.cache.inference import own_correlations, references
from pages.cache.keys import Result
from pages.state import url_values
from pages.state.view import View
from sct.analysis.ground_truth import Reference
from sct.model.trace import ShiftedTrace
from viz.components.player import mount
from viz.components.player.contents import attention_message
from viz.text.labels import of_heads


@dataclass(frozen=True)
class PlayerState:
    """The state of the player, and what really moved for each offset of its stage."""

    mode: str
    frame: int
    head: str
    patch: tuple[int, int]
    look: str
    known: list[Reference]


def play(
    view: View,
    result: Result,
    seen: ShiftedTrace,
    stage: int,
    *,
    key: str,
    mode_key: str = "mode",
    modes: tuple[str, ...] = ("maps", "motion"),
    side: int = SIDE,
    veiled: bool = False,
    step: str = "",
    called: str = "",
) -> PlayerState:
    """Draw the player and return what it shows.

    Args:
        seen: shifted attention of the result in `stage` (from 1).
        key: of the component. mode_key: of its mode in the address, at first the first of `modes`.
        side: pixels of a picture that is sent.
        veiled: show nothing but the clip.
        step: players of one step show the same patch, frame, head and mode; `called` tells them
            apart for those who cannot see them.
    """
    mode = url_values.value(mode_key, "Mode", url_values.one_of(*modes), modes[0])
    last = seen.frames - 1
    frame = url_values.value("frame", "Frame", url_values.whole(0, last), min(3, last))
    ids = (*(["grounded"] if len(seen.grounded) > 1 else []), "mean", "max")
    ids += tuple(str(h) for h in range(seen.heads))
    head = url_values.value("head", "Head", url_values.one_of(*ids), ids[0])
    grid = url_values.patch(seen.grid)
    patch = url_values.value(f"patch{stage}", "Patch", grid, url_values.Patch(_middle(seen)))
    look = url_values.value("look", "Direction", url_values.one_of("out", "in"), "out")

    if mode == "motion" and head == "max":
        head = ids[0]  # a largest weight has no place, so no arrow

    known = references(view, result, seen, stage)
    shown = {"mode": mode, "head": head, "look": look, "round": 0}
    shown["pinned"] = f"patch{stage}" in st.query_params
    start = url_values.view_of(key, frame, patch, **shown)

    def make() -> tuple[bytes, range]:
        order = result.trace.order
        times = [view.clip.times[i] for i in order]
        frames = sprite(view.clip, order, side)
        own = None if veiled else own_correlations(view, result, stage)
        about = {**of_heads(seen, view.loaded.card, stage, own), "stage": stage, "veiled": veiled}
        about |= {"step": step, "called": called}
        return attention_message(seen, frames, times, known, start, about)

    fields = {"mode": mode_key, "frame": "frame", "head": "head", "look": "look"}
    fields["patch"] = f"patch{stage}"
    url_values.mount(mount, key, (result.key, stage, veiled), frame, make, fields)
    return PlayerState(mode, frame, head, patch, look, known)


def _middle(seen: ShiftedTrace) -> tuple[int, int]:
    """Return the middle of the window nearest to the picture's own."""
    side = seen.matched.side
    middle = (seen.grid // side // 2) * side + side // 2
    return middle, middle
