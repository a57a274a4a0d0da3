"""The live parts of lesson 1: patches and chunks."""

from __future__ import annotations

import streamlit as st

from pages.learn.lesson_page import LessonPage, shape
from pages.learn.live import demo, first_patch, one_frame, picture
from sct.video.clip import view as pixels_of
from viz.components.lessons.contents import patches_message


def show(page: LessonPage) -> None:
    with page.step(1):
        _patches(page, one_frame(page))
    with page.step(2):
        _pairs(page)
    with page.step(3, chunk=page.config.chunk):
        _stages(page)


def _patches(page: LessonPage, frame: int) -> None:
    config = page.config

    def make(view: dict) -> bytes:
        pixels = pixels_of(page.view.clip, config.image_size)[frame]
        tokens = page.trace.entered[1][0, frame]
        return patches_message(picture(page, frame), pixels, tokens, config.chunk, view)

    demo("patches", page, frame, {"patch": first_patch(page, frame, config.grids[0])}, make)


def _pairs(page: LessonPage) -> None:
    size, chunk, own = page.config.image_size, page.config.chunk, page.config.patch
    sides = [p for p in (1, 2, 4, 8, 16, 32) if size % (p * chunk) == 0]
    side = st.select_slider(page.text("side"), sides[::-1], own, key="lesson_patch", width=420)
    n, near = (size // side) ** 2, chunk * chunk
    pairs = {"patches": f"{n:,}", "pairs": f"{n * n:,}", "pairs_within": f"{n * near:,}"}
    page.metrics(170, pairs, near=near)
    page.say(
        "own_side" if side == own else "more_pairs" if side < own else "fewer_pairs",
        "chunks_save" if n > near else "one_chunk",
        own=own,
        times=max(own / side, side / own) ** 4,
        ratio=n // near,
    )


def _stages(page: LessonPage) -> None:
    config, rows = page.config, []
    for stage, grid in enumerate(config.grids, 1):
        side = config.image_size // grid
        chunks = (grid // config.chunk) ** 2
        rows.append((stage, f"{grid} × {grid}", f"{side} px", chunks, f"{config.chunk * side} px"))
    page.table("stages", rows)


def facts(page: LessonPage) -> dict[str, object]:
    config = page.config
    return {
        "patch": config.patch,
        "numbers": 3 * config.patch**2,
        "width": config.widths[0],
        "chunk": config.chunk,
        "places": config.chunk**2,
        "tokens": shape(page.trace.entered[1][0], "frames", "rows", "columns", "channels"),
        "n": config.grids[0] ** 2,
    }
