"""The live parts of lesson 2: attention inside a chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.learn.lesson_page import LessonPage, shape
from pages.learn.live import UrlValue, demo, first_patch, one_frame, picture
from pages.state.url_values import Patch, whole
from viz.components.lessons.contents import inside_message

if TYPE_CHECKING:
    from torch import Tensor

    from sct.analysis.chunk_attention import ChunkQKV


def show(page: LessonPage) -> None:
    with page.step(1):
        frame = one_frame(page)
        within = _within(page, frame)
        patch = within and _inside(page, frame, within)
    if within is None:
        st.info(page.text("no_chunk_attention"))
        return
    scores = _scores(within, patch)
    with page.step(2):
        _spread(page, scores)
    with page.step(3):
        _heads(page, within.side, patch, scores)


def _within(page: LessonPage, frame: int) -> ChunkQKV | None:
    """Return chunk attention of the first block in one frame; None where the model has none."""
    from sct.analysis.chunk_attention import chunk_qkv

    try:
        frames = slice(frame, frame + 1)
        return chunk_qkv(page.view.loaded.model, page.trace, 1, 0, frames)
    except LookupError:
        return None


def _inside(page: LessonPage, frame: int, within: ChunkQKV) -> Patch:
    """Let a query be dragged; return its patch."""
    values = {
        "patch": first_patch(page, frame, within.grid),
        "head": UrlValue("chunk_head", "Head", whole(0, within.q.shape[2] - 1), 0),
        "heat": UrlValue("heat", "Temperature", whole(-10, 10), 0),
    }
    make = lambda view: inside_message(picture(page, frame), within, view)  # noqa: E731
    return demo("inside", page, frame, values, make)["patch"]


def _scores(within: ChunkQKV, patch: Patch) -> Tensor:
    """Return the scores of one query: (head, key)."""
    side = within.side
    chunk = patch[0] // side * (within.grid // side) + patch[1] // side
    return within.scores()[0, chunk, :, patch[0] % side * side + patch[1] % side]


def _equal(weights: Tensor) -> Tensor:
    """Return how many patches that share the weight evenly have the same entropy."""
    return (-(weights * weights.clamp_min(1e-30).log()).sum(-1)).exp()


def _spread(page: LessonPage, scores: Tensor) -> None:
    from viz.plots.lessons import lines

    heats = [10 ** (i / 20) for i in range(-20, 21)]
    spread = [_equal((scores / t).softmax(-1)) for t in heats]
    series = [(f"head {h}", [float(s[h]) for s in spread]) for h in range(len(scores))]
    figure = lines(heats, series, "temperature τ", "patches", 1, "x", "the model")
    heads = ", ".join(f"head {h} {float(s):.0f}" for h, s in enumerate(spread[20]))
    page.chart(figure, "spread", page.text("spread", heads=heads))


def _heads(page: LessonPage, side: int, patch: Patch, scores: Tensor) -> None:
    top, left = patch[0] // side * side, patch[1] // side * side
    rows = []
    for head, weights in enumerate(scores.softmax(-1)):
        best = int(weights.argmax())
        place = f"row {top + best // side}, column {left + best % side}"
        rows.append((head, place, f"{weights[best]:.0%}", f"{_equal(weights):.1f} patches"))
    page.table("heads", rows)


def facts(page: LessonPage) -> dict[str, object] | None:
    within = _within(page, 0)
    if within is None:
        return None
    chunks, heads, tokens, channels = within.q.shape[1:]
    frames = len(page.trace.order)
    sizes = (frames, chunks, heads, tokens, channels)
    return {
        "full": shape(sizes, "frames", "chunks", "heads", "tokens", "channels"),
        "channels": channels,
        "tokens": tokens,
        "frames": frames,
        "chunks": chunks,
        "heads": heads,
    }
