"""The live pieces of the lessons: what is pinned, the message, and the component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from einops import rearrange

from pages.cache.clips import pictures, sprite
from pages.cache.inference import references
from pages.learn.context import Desk
from pages.state import url_values
from sct.analysis.chunk_attention import Within
from sct.model.trace import LSHTrace, ShiftedTrace
from sct.video.clip import view as pixels_of
from viz.components.lessons import mount
from viz.components.lessons.contents import (
    hashing_message,
    inside_message,
    patches_message,
    twins_message,
    view_of,
)
from viz.components.player.contents import attention_message, rotation_of
from viz.components.player.message import Sprite
from viz.components.player.message import sprite as encode
from viz.text.labels import of_heads

_GUESSED = "_lesson_guessed"


def one_frame(desk: Desk, least: int = 0) -> int:
    """A slider for the frame that a lesson looks at; the same frame in all lessons and pages."""
    last = len(desk.view.clip.frames) - 1
    frame = url_values.value("frame", "Frame", url_values.whole(0, last), min(3, last))
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
        on_change=lambda: url_values.put("frame", str(st.session_state[key])),
    )
    return frame


def picture(desk: Desk, frame: int) -> Sprite:
    """One frame, alone."""
    return encode(pictures(desk.view.clip)[frame : frame + 1])


def first_patch(grid: int) -> url_values.Patch:
    """The patch of the first grid that lessons 1 to 3 look at, the same in all of them."""
    start = url_values.Patch((grid // 3, 3 * grid // 4))
    return url_values.value("at", "Patch", url_values.patch(grid), start)


def patch_piece(desk: Desk, key: str, frame: int) -> None:
    grid = desk.config.grids[0]
    patch = first_patch(grid)

    def make() -> tuple[bytes, range]:
        pixels = pixels_of(desk.view.clip, desk.config.image_size)[frame]
        vectors = desk.trace.entered[1][0, frame]
        view = view_of(patch, url_values.edit(key))
        message = patches_message(picture(desk, frame), pixels, vectors, desk.config.chunk, view)
        return message, range(frame, frame + 1)

    of = (desk.view.clip.hash, desk.view.loaded.name, frame)
    mount(
        "patches",
        url_values.message(key, of, frame, make),
        key=key,
        on_view=lambda told: url_values.keep(key, told, {"patch": "at"}),
    )


def inside_piece(desk: Desk, key: str, frame: int, within: Within) -> url_values.Patch:
    """Lesson 2's: drag a query. `within` is of that frame; returns the pinned patch."""
    patch = first_patch(within.grid)
    head = url_values.value("chunk_head", "Head", url_values.whole(0, within.q.shape[2] - 1), 0)
    heat = url_values.value("heat", "Temperature", url_values.whole(-10, 10), 0)

    def make() -> tuple[bytes, range]:
        view = view_of(patch, url_values.edit(key), head=head, heat=heat)
        return inside_message(picture(desk, frame), within, view, {}), range(frame, frame + 1)

    of = (desk.view.clip.hash, desk.view.loaded.name, frame)
    mount(
        "inside",
        url_values.message(key, of, frame, make),
        key=key,
        on_view=lambda told: url_values.keep(
            key, told, {"patch": "at", "head": "chunk_head", "heat": "heat"}
        ),
    )
    return patch


def hashing_piece(desk: Desk, key: str, frame: int, seen: LSHTrace) -> tuple[url_values.Patch, int]:
    """Lesson 3's: turn the plane. `seen` is of stage 1; returns the pinned patch and head."""
    patch = first_patch(seen.grid)
    head = url_values.value("lsh_head", "Head", url_values.whole(0, seen.heads - 1), 0)
    turn = url_values.value("turn", "Turn", url_values.whole(0, 359), 0)
    rotation = rotation_of(desk.trace, 1)[:, :, 0]
    # Two directions, whose borders can be drawn; the model has more.
    few = 2 if rotation.shape[-1] > 2 else 0
    lines = url_values.value("lines", "Directions", url_values.whole(0, rotation.shape[-1]), few)

    def make() -> tuple[bytes, range]:
        view = view_of(patch, url_values.edit(key), head=head, turn=turn, lines=lines)
        qk = seen.qk[seen.clip, frame]
        shown = picture(desk, frame)
        return hashing_message(shown, qk, rotation, seen.bucket_size, view), range(frame, frame + 1)

    of = (desk.view.clip.hash, desk.view.loaded.name, frame)
    fields = {"patch": "at", "head": "lsh_head", "turn": "turn", "lines": "lines"}
    mount(
        "hashing",
        url_values.message(key, of, frame, make),
        key=key,
        on_view=lambda told: url_values.keep(key, told, fields),
    )
    return patch, head


def lively(desk: Desk, frame: int, grid: int) -> url_values.Patch:
    """The patch of most contrast, from which to start; none at the rim, if there are others."""
    pixels = pixels_of(desk.view.clip, desk.config.image_size)[frame].mean(-1)
    contrast = rearrange(pixels, "(h p) (w q) -> h w (p q)", h=grid, w=grid).std(-1)
    rim = 1 if grid > 2 else 0
    inner = contrast[rim : grid - rim, rim : grid - rim]
    row, column = np.unravel_index(int(inner.argmax()), inner.shape)
    return url_values.Patch((int(row) + rim, int(column) + rim))


def matched_stage(desk: Desk) -> int | None:
    """The stage whose shifted attention lessons show: one that was taught to follow motion, if any.

    None where the model has no shifted attention.
    """
    config = desk.config
    if not config.shifted_blocks:
        return None
    taught = [i + 1 for i, heads in enumerate(config.grounded_heads) if heads]
    return (taught or [max(config.stages - 1, 1)])[0]


@dataclass(frozen=True)
class Guess:
    """What is asked in lesson 4: frame, patch, a choice of heads, and whether all was uncovered."""

    frame: int
    patch: url_values.Patch
    head: str
    looked: bool


def guess_piece(desk: Desk, key: str, stage: int) -> Guess:
    """Lesson 4's: guess, then look."""
    seen, view = desk.trace.shifted(stage), desk.view
    last = seen.frames - 1
    frame = max(
        url_values.value("frame", "Frame", url_values.whole(0, last), min(3, last)), min(1, last)
    )
    ids = ("grounded", "mean") if seen.grounded else ("mean",)
    ids += tuple(str(h) for h in range(seen.heads))
    head = url_values.value("learn_head", "Head", url_values.one_of(*ids), ids[0])
    start = lively(desk, frame, seen.grid)
    patch = url_values.value(f"patch{stage}", "Patch", url_values.patch(seen.grid), start)
    here = (view.clip.hash, view.loaded.name)
    if st.session_state.setdefault(_GUESSED, here) != here:  # another clip is another question
        st.session_state[_GUESSED] = here
        url_values.put("guess4", -1)
        url_values.put("look", 0)
    guess = url_values.value("guess4", "Guess", url_values.whole(-1, seen.grid**2 - 1), -1)
    looked = url_values.value("look", "Look", url_values.whole(0, 1), 0)

    def make() -> tuple[bytes, range]:
        order = desk.trace.order
        known = references(view, desk.result, seen, stage)
        about = of_heads(seen, view.loaded.card, stage)
        more = {"frame": frame, "head": head, "guess": guess, "look": looked}
        shown = view_of(patch, url_values.edit(key), **more)
        times = [view.clip.times[i] for i in order]
        return attention_message(seen, sprite(view.clip, order), times, known, shown, about)

    of = (view.clip.hash, view.loaded.name, stage)
    mount(
        "shifted",
        url_values.message(key, of, frame, make),
        key=key,
        on_view=lambda told: url_values.keep(
            key,
            told,
            {"frame": "frame", "head": "learn_head", "patch": f"patch{stage}"}
            | {"guess": "guess4", "look": "look"},
        ),
    )
    return Guess(frame, patch, head, bool(looked))


def twins_piece(desk: Desk, key: str, frame: int, stage: int, seen: Sequence[ShiftedTrace]) -> None:
    """Lesson 7's: one query, two models. `seen` is of both, of `stage`."""
    one = seen[0]
    start = lively(desk, frame, one.grid)
    patch = url_values.value(f"patch{stage}", "Patch", url_values.patch(one.grid), start)
    head = url_values.value("twin_head", "Head", url_values.whole(0, one.heads), one.heads)

    def make() -> tuple[bytes, range]:
        both = pictures(desk.view.clip)[[one.key_frame(frame), frame]]
        view = view_of(patch, url_values.edit(key), head=head)
        return twins_message(encode(both), seen, frame, view), range(frame, frame + 1)

    mount(
        "twins",
        url_values.message(key, (desk.view.clip.hash, stage, frame), frame, make),
        key=key,
        on_view=lambda told: url_values.keep(
            key, told, {"patch": f"patch{stage}", "head": "twin_head"}
        ),
    )
