"""The live pieces of the lessons: what is pinned, the message, and the component."""

from __future__ import annotations

import streamlit as st

from pages.common import pinned
from pages.common.compute import pictures
from pages.common.lessons.desk import Desk
from sct.video import view as pixels_of
from viz.lessons import mount
from viz.lessons.contents import patches_message, view_of
from viz.player.message import Sprite
from viz.player.message import sprite as encode


def one_frame(desk: Desk, least: int = 0) -> int:
    """A slider for the frame that a lesson looks at; the same frame in all lessons and pages."""
    last = len(desk.view.clip.frames) - 1
    frame = pinned.value("frame", "Frame", pinned.whole(0, last), min(3, last))
    frame = max(frame, min(least, last))
    if last <= least:
        return frame
    key = "lesson_frame"
    st.session_state[key] = frame
    st.slider(
        "Frame",
        least,
        last,
        key=key,
        width=420,
        on_change=lambda: pinned.put("frame", str(st.session_state[key])),
    )
    return frame


def picture(desk: Desk, frame: int) -> Sprite:
    """One frame, alone."""
    return encode(pictures(desk.view.clip)[frame : frame + 1])


def first_patch(grid: int) -> pinned.Patch:
    """The patch of the first grid that lessons 1 to 3 look at, the same in all of them."""
    start = pinned.Patch((grid // 3, 3 * grid // 4))
    return pinned.value("at", "Patch", pinned.patch(grid), start)


def patch_piece(desk: Desk, key: str, frame: int) -> None:
    grid = desk.config.grids[0]
    patch = first_patch(grid)

    def make() -> tuple[bytes, range]:
        pixels = pixels_of(desk.view.clip, desk.config.image_size)[frame]
        vectors = desk.trace.entered[1][0, frame]
        view = view_of(patch, pinned.edit(key))
        message = patches_message(picture(desk, frame), pixels, vectors, desk.config.chunk, view)
        return message, range(frame, frame + 1)

    of = (desk.view.clip.hash, desk.view.loaded.name, frame)
    mount(
        "patches",
        pinned.message(key, of, frame, make),
        key=key,
        on_view=lambda told: pinned.keep(key, told, {"patch": "at"}),
    )
