"""The live parts of lesson 1: patches and chunks."""

from __future__ import annotations

import streamlit as st

from pages.learn.desk import Desk, shape
from pages.learn.live import demo, first_patch, one_frame, picture
from sct.video.clip import view as pixels_of
from viz.components.lessons.contents import patches_message


def show(desk: Desk) -> None:
    desk.step(1)
    _patches(desk, one_frame(desk))
    desk.step(2)
    _pairs(desk)
    desk.step(3, chunk=desk.config.chunk)
    _stages(desk)


def _patches(desk: Desk, frame: int) -> None:
    config = desk.config

    def make(view: dict) -> bytes:
        pixels = pixels_of(desk.view.clip, config.image_size)[frame]
        tokens = desk.trace.entered[1][0, frame]
        return patches_message(picture(desk, frame), pixels, tokens, config.chunk, view)

    demo("patches", desk, frame, {"patch": first_patch(config.grids[0])}, make)


def _pairs(desk: Desk) -> None:
    size, chunk, own = desk.config.image_size, desk.config.chunk, desk.config.patch
    sides = [p for p in (1, 2, 4, 8, 16, 32) if size % (p * chunk) == 0]
    side = st.select_slider(desk.text("side"), sides[::-1], own, key="lesson_patch", width=420)
    n, near = (size // side) ** 2, chunk * chunk
    pairs = {"patches": f"{n:,}", "pairs": f"{n * n:,}", "pairs_within": f"{n * near:,}"}
    desk.metrics(170, pairs, near=near)
    desk.say(
        "own_side" if side == own else "more_pairs" if side < own else "fewer_pairs",
        "chunks_save" if n > near else "one_chunk",
        own=own,
        times=max(own / side, side / own) ** 4,
        ratio=n // near,
    )


def _stages(desk: Desk) -> None:
    config, rows = desk.config, []
    for stage, grid in enumerate(config.grids, 1):
        side = config.image_size // grid
        chunks = (grid // config.chunk) ** 2
        rows.append((stage, f"{grid} × {grid}", f"{side} px", chunks, f"{config.chunk * side} px"))
    desk.table("stages", rows)


def facts(desk: Desk) -> dict[str, object]:
    config = desk.config
    return {
        "patch": config.patch,
        "numbers": 3 * config.patch**2,
        "width": config.widths[0],
        "chunk": config.chunk,
        "places": config.chunk**2,
        "tokens": shape(desk.trace.entered[1][0], "frames", "rows", "columns", "channels"),
        "n": config.grids[0] ** 2,
    }
