"""A view as files: PNG, MP4, GIF, CSV, NPZ and HTML, each drawn only when it is requested."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from pages.cache.inference import answers
from pages.cache.keys import Result
from pages.cache.scene import scene
from pages.state.view import View
from pages.widgets.figures import download
from pages.widgets.progress import Progress
from sct.video.clip import write_mp4
from sct.video.gif import write_gif
from viz.raster.encode import encode
from viz.views import Look, Rendering, Scene, render

FPS = 4.0
_LONGER = {  # these take a second or more: title, icon
    "mp4": ("MP4", "movie"),
    "gif": ("GIF", "movie"),
    "html": ("report", "description"),
}


def show(
    view: View, result: Result, name: str, look: Look, key: str, frame: int = 0, note: str = ""
) -> None:
    """Draw a row of buttons that hand a view over as files.

    Args:
        name: of the view. look: what it shows.
        frame: what the PNG shows, and the report at first; figure 4 is shown as a whole.
        key: of this row, unique on the page.
        note: what the files show, where that is not plain.
    """
    drawn = scene(view, result)

    def button(kind: str, data: Any, name: str = name, label: str = "") -> None:
        file_name = f"{_stem(drawn.name)}-{name}.{kind}"
        download(label or kind.upper(), data, file_name, f"{key}_{kind}")

    def later(make: Callable[[Rendering], bytes]) -> Callable[[], bytes]:
        return lambda: make(render(drawn, name, look))

    def build(kind: str, progress: Progress) -> bytes:
        if kind != "html":
            return _video(drawn, name, look, kind, progress)
        from viz.report import build as report

        given = view.loaded.card, view.synthetic, name, look, frame
        said = answers(view, result)
        return report(
            drawn, view.clip, result.probabilities, *given, progress=progress, answers=said
        )

    st.caption(f"Take it away{note}")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        button("png", later(lambda found: encode(found.still(frame), "png")))
        button("csv", later(lambda found: found.csv().encode()))
        button("npz", later(Rendering.npz))
        requested = [
            kind
            for kind, (title, icon) in _LONGER.items()
            if (kind != "html" or name != "attribution")  # a report has no player of it
            and st.button(f"Make {title}", key=f"{key}_{kind}_make", icon=f":material/{icon}:")
        ]
        subject = drawn.name, result.key, drawn.times, name, look
        built = _built(f"_made_{key}", subject, frame, build, requested)
        if built:
            kind, data = built
            label = f"{_LONGER[kind][0]}, {len(data) / 1e6:.1f} MB"
            button(kind, data, "report" if kind == "html" else name, label)


def _built(
    slot: str,
    subject: Any,
    frame: int,
    build: Callable[[str, Progress], bytes],
    requested: list[str],
) -> tuple[str, bytes] | None:
    """Build what was requested with a bar; return kind and data of the last file of this view."""
    if requested:
        kind, text = requested[0], f"Making the {_LONGER[requested[0]][0]} …"
        bar = st.progress(0.0, text, width=220)
        data = build(kind, lambda done, total: bar.progress(done / total, text))
        bar.empty()
        st.session_state[slot] = (subject, frame, kind, data)
    known, built_at, kind, data = st.session_state.get(slot, (None, 0, "", b""))
    # A report of another frame would begin at another one than is shown.
    if known != subject or (kind == "html" and built_at != frame):
        return None
    return kind, data


def _video(drawn: Scene, name: str, look: Look, kind: str, progress: Progress) -> bytes:
    frames = []
    for picture in render(drawn, name, look).pictures():
        frames.append(picture)
        progress(len(frames), len(drawn.times) + 1)
    return write_gif(frames, FPS) if kind == "gif" else write_mp4(np.stack(frames), fps=FPS)


def _stem(name: str) -> str:
    """Return a clip's name as the beginning of a file's."""
    stem = re.sub(r"\.\w{1,5}$", "", name)
    return re.sub(r"[^\w-]+", "-", stem).strip("-")[:60] or "clip"
