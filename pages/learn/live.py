"""Widgets and demos for live parts of lessons, whose values stand in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from einops import rearrange

from pages.cache.clips import pictures
from pages.learn.lesson_page import LessonPage
from pages.state import url_values
from sct.video.clip import view as pixels_of
from viz.components.lessons import mount
from viz.components.player.message import Sprite
from viz.components.player.message import sprite as encode


class UrlValue(NamedTuple):
    """Describes a value in the address: its key, what it is called, how it is read, its default."""

    key: str
    label: str
    read: Callable[[str], Any]
    default: Any

    def get(self) -> Any:
        return url_values.value(*self)


def demo(
    kind: str,
    page: LessonPage,
    frame: int,
    values: dict[str, UrlValue],
    make: Callable[[dict[str, Any]], bytes | tuple[bytes, range]],
    of: object = None,
) -> dict[str, Any]:
    """Show a demo: a browser component that answers at once and keeps its view in the address.

    Args:
        kind: one of `viz.components.lessons.DEMOS`.
        frame: the frame that it looks at.
        values: what can be changed in the browser, by its name there; "patch" is row and column.
        make: makes its message of the view to begin with; with it the frames that the message
            holds, if they are more than `frame`.
        of: what the message shows besides clip, model and frame.

    Returns:
        the values as they stand in the address, by name.
    """
    key = f"lesson_{kind}"
    found = {name: value.get() for name, value in values.items()}

    def message() -> tuple[bytes, range]:
        row, column = found["patch"]
        view = {name: value for name, value in found.items() if name != "patch"}
        sent = make({"row": row, "column": column, "edit": url_values.edit_count(key), **view})
        return sent if isinstance(sent, tuple) else (sent, range(frame, frame + 1))

    shown = page.view.clip.hash, page.view.loaded.key, of
    names = {name: value.key for name, value in values.items()}
    mount(
        kind,
        url_values.cached_message(key, shown, frame, message),
        key=key,
        on_view=lambda told: url_values.store(key, told, names),
    )
    return found


def widget(
    draw: Callable[..., Any],
    label: str,
    *options: Any,
    name: str,
    value: UrlValue,
    shown: Callable[[Any], Any] = lambda found: found,
    then: Callable[[], None] = lambda: None,
    **more: Any,
) -> Any:
    """Draw a widget whose value stands in the address.

    Args:
        draw: a widget of Streamlit; it is given label, options and `more`.
        name: of the widget among those of the lessons.
        value: what it shows and changes.
        shown: what the widget calls a value. None of the widget is "none" in the address.
        then: called once the value was changed.

    Returns:
        the value as it stands in the address.
    """
    key, found = f"lesson_{name}", value.get()

    def changed() -> None:
        chosen = st.session_state[key]
        url_values.set_value(value.key, "none" if chosen is None else chosen)
        then()

    st.session_state[key] = shown(found)
    draw(label, *options, key=key, on_change=changed, **more)
    return found


def one_frame(page: LessonPage, least: int = 0) -> int:
    """Draw a slider for the frame that a lesson looks at, and return it.

    It is the same frame in all lessons and pages; here it is not below `least`.
    """
    last = len(page.view.clip.frames) - 1
    least = min(least, last)
    value = UrlValue("frame", "Frame", url_values.whole(0, last), min(3, last))
    if last == least:
        return max(value.get(), least)

    def shown(frame: int) -> int:
        return max(frame, least)

    options = {"name": "frame", "value": value, "shown": shown, "width": 420}
    return shown(widget(st.slider, "Frame", least, last, **options))


def picture(page: LessonPage, *frames: int) -> Sprite:
    """Return some frames of the clip as one picture file."""
    return encode(pictures(page.view.clip)[list(frames)])


def first_patch(page: LessonPage, frame: int, grid: int) -> UrlValue:
    """Return the patch of the first grid, which is the same in lessons 1 to 3."""
    return _patch("at", page, frame, grid)


def stage_patch(page: LessonPage, stage: int, frame: int, grid: int) -> UrlValue:
    """Return the patch of a stage's grid, which is the same in lessons 4 and 7."""
    return _patch(f"patch{stage}", page, frame, grid)


def _patch(key: str, page: LessonPage, frame: int, grid: int) -> UrlValue:
    """Return a patch that is at first the one of most contrast that is not at the rim."""
    pixels = pixels_of(page.view.clip, page.config.image_size)[frame].mean(-1)
    contrast = rearrange(pixels, "(h p) (w q) -> h w (p q)", h=grid, w=grid).std(-1)
    rim = 1 if grid > 2 else 0
    inner = contrast[rim : grid - rim, rim : grid - rim]
    row, column = np.unravel_index(int(inner.argmax()), inner.shape)
    start = url_values.Patch((int(row) + rim, int(column) + rim))
    return UrlValue(key, "Patch", url_values.patch(grid), start)


def matched_stage(page: LessonPage) -> int | None:
    """Return the stage whose shifted attention lessons show, None where the model has none.

    It is the first one with heads that were taught to follow motion, if there is one.
    """
    config = page.config
    if not config.shifted_blocks:
        return None
    taught = [i + 1 for i, heads in enumerate(config.grounded_heads) if heads]
    return (taught or [max(config.stages - 1, 1)])[0]
