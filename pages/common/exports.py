"""A view as files: PNG, MP4, GIF, CSV, NPZ and HTML, each made only when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from pages.common.compute import Result, scene
from pages.common.session import View
from sct.media.gif import write_gif
from sct.video import write_mp4
from viz.encode import encode
from viz.views import Look, Scene, frames_of, numbers_of, save_numbers, still_of, table_of

FPS = 4.0
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
            ("png", lambda found: encode(still_of(drawn, name, look, found, frame), "png")),
            ("csv", lambda found: table_of(drawn, name, found).encode()),
            ("npz", lambda found: save_numbers(drawn, name, look, found)),
        ):
            _button(drawn, name, kind, _later(drawn, name, look, make), key)

        def report() -> bytes:
            from viz.report import build

            given = view.loaded.card, view.made, name, look, frame
            return build(drawn, view.clip, result.probabilities, *given)

        _button(drawn, "report", "html", report, key, "HTML report")
        asked = [
            kind
            for kind in ("mp4", "gif")
            if st.button(f"Make {kind.upper()}", key=f"{key}_{kind}_make", icon=":material/movie:")
        ]
        _made(drawn, name, look, key, asked[0] if asked else None)


def _later(
    scene: Scene, name: str, look: Look, make: Callable[[Any], bytes]
) -> Callable[[], bytes]:
    return lambda: make(numbers_of(scene, name, look))


def _button(scene: Scene, name: str, kind: str, data: Any, key: str, label: str = "") -> None:
    st.download_button(
        label or kind.upper(),
        data,
        file_name=f"{_stem(scene.name)}-{name}.{kind}",
        mime=_MIME[kind],
        key=f"{key}_{kind}",
        on_click="ignore",
        icon=":material/download:",
    )


def _made(scene: Scene, name: str, look: Look, key: str, asked: str | None) -> None:
    """Videos take a second or more: they are made with a bar, then kept for their button."""
    slot = f"_made_{key}"
    what = (scene.name, scene.model, scene.trace.ablation, scene.times, name, look)
    if asked:
        bar = st.progress(0.0, f"Drawing the {asked.upper()} …", width=220)
        found, frames = numbers_of(scene, name, look), []
        for picture in frames_of(scene, name, look, found):
            frames.append(picture)
            bar.progress(len(frames) / (len(scene.times) + 1), f"Drawing the {asked.upper()} …")
        data = write_gif(frames, FPS) if asked == "gif" else write_mp4(np.stack(frames), fps=FPS)
        bar.empty()
        st.session_state[slot] = (what, id(scene.trace), asked, data)
    kept = st.session_state.get(slot)
    if kept and kept[:2] == (what, id(scene.trace)):
        kind, data = kept[2:]
        _button(scene, name, kind, data, key, f"{kind.upper()}, {len(data) / 1e6:.1f} MB")


def _stem(name: str) -> str:
    """A clip's name as the beginning of a file's."""
    stem = re.sub(r"\.\w{1,5}$", "", name)
    return re.sub(r"[^\w-]+", "-", stem).strip("-")[:60] or "clip"
