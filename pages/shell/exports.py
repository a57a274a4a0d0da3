"""A view as files: PNG, MP4, GIF, CSV, NPZ and HTML, each made only when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from pages.cache.inference import Result
from pages.cache.scene import scene
from pages.state.view import View
from sct.video.clip import write_mp4
from sct.video.gif import write_gif
from viz.raster.encode import encode
from viz.views import Look, Rendering, Scene, render

FPS = 4.0
_LONGER = {  # made when asked: title, icon
    "mp4": ("MP4", "movie"),
    "gif": ("GIF", "movie"),
    "html": ("report", "description"),
}
_MIME = {
    "png": "image/png",
    "mp4": "video/mp4",
    "gif": "image/gif",
    "csv": "text/csv",
    "npz": "application/zip",
    "html": "text/html",
}


def show(
    view: View, result: Result, name: str, look: Look, key: str, frame: int = 0, note: str = ""
) -> None:
    """A row of buttons that hand the view `name` over as files.

    Args:
        frame: what the PNG shows, and the report at first; figure 4 is shown as a whole.
        key: of this row, unique on the page.
        note: what the files show, where that is not plain.
    """
    drawn = scene(view, result)
    st.caption(f"Take it away{note}")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for kind, make in (
            ("png", lambda found: encode(found.still(frame), "png")),
            ("csv", lambda found: found.csv().encode()),
            ("npz", Rendering.npz),
        ):
            _button(drawn, name, kind, _later(drawn, name, look, make), key)

        asked = [
            kind
            for kind, (title, icon) in _LONGER.items()
            if (kind != "html" or name != "attribution")  # a report has no player of it
            and st.button(f"Make {title}", key=f"{key}_{kind}_make", icon=f":material/{icon}:")
        ]

        def report(told: Callable[[int, int], None]) -> bytes:
            from viz.report import build

            given = view.loaded.card, view.made, name, look, frame
            return build(drawn, view.clip, result.probabilities, *given, progress=told)

        _made(drawn, name, look, key, frame, report, asked[0] if asked else None)


def _later(
    drawn: Scene, name: str, look: Look, make: Callable[[Rendering], bytes]
) -> Callable[[], bytes]:
    return lambda: make(render(drawn, name, look))


def _button(drawn: Scene, name: str, kind: str, data: Any, key: str, label: str = "") -> None:
    st.download_button(
        label or kind.upper(),
        data,
        file_name=f"{_stem(drawn.name)}-{name}.{kind}",
        mime=_MIME[kind],
        key=f"{key}_{kind}",
        on_click="ignore",
        icon=":material/download:",
    )


def _made(
    drawn: Scene,
    name: str,
    look: Look,
    key: str,
    frame: int,
    report: Callable[[Callable[[int, int], None]], bytes],
    asked: str | None,
) -> None:
    """What may take a second or more is made with a bar, then kept for its button."""
    slot = f"_made_{key}"
    what = (drawn.name, drawn.model, str(drawn.trace.ablation), drawn.times, name, look)
    if asked:
        title = _LONGER[asked][0]
        bar = st.progress(0.0, f"Making the {title} …", width=220)

        def told(done: int, total: int) -> None:
            bar.progress(done / total, f"Making the {title} …")

        data = report(told) if asked == "html" else _video(drawn, name, look, asked, told)
        bar.empty()
        st.session_state[slot] = (what, id(drawn.trace), frame, asked, data)
    kept = st.session_state.get(slot)
    if kept and kept[:2] == (what, id(drawn.trace)):
        made_at, kind, data = kept[2:]
        if kind == "html" and made_at != frame:  # it would begin at another frame than is shown
            return
        view = "report" if kind == "html" else name
        label = f"{_LONGER[kind][0]}, {len(data) / 1e6:.1f} MB"
        _button(drawn, view, kind, data, key, label)


def _video(
    drawn: Scene, name: str, look: Look, kind: str, told: Callable[[int, int], None]
) -> bytes:
    frames = []
    for picture in render(drawn, name, look).pictures():
        frames.append(picture)
        told(len(frames), len(drawn.times) + 1)
    return write_gif(frames, FPS) if kind == "gif" else write_mp4(np.stack(frames), fps=FPS)


def _stem(name: str) -> str:
    """A clip's name as the beginning of a file's."""
    stem = re.sub(r"\.\w{1,5}$", "", name)
    return re.sub(r"[^\w-]+", "-", stem).strip("-")[:60] or "clip"
