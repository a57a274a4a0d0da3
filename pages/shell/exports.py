"""A view as files: a menu of PNG, MP4, GIF, CSV, NPZ and HTML, each drawn only when requested."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from pages.cache.inference import answers, forward
from pages.cache.keys import Result
from pages.cache.scene import scene
from pages.state.view import View
from pages.widgets.figures import download
from pages.widgets.progress import Progress
from sct.model.ablation import Ablation
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


class File(NamedTuple):
    """A file that a page offers beside those of its view; `data` is called on a click."""

    label: str
    name: str
    data: Callable[[], bytes]


def show(
    view: View,
    result: Result,
    name: str,
    look: Look,
    key: str,
    frame: int = 0,
    note: str = "",
    more: Sequence[File] = (),
) -> None:
    """Draw a menu that hands a view over as files.

    Args:
        name: of the view. look: what it shows.
        frame: what the PNG shows, and the report at first; figure 4 is shown as a whole.
        key: of this menu, unique on the page.
        note: what the files show, where that is not plain.
        more: further files of the page.
    """
    drawn = scene(view, result)
    subject = drawn.name, result.key, view.several, drawn.times, name, look
    made = _kept(f"_made_{key}", subject)

    def button(kind: str, data: Any, label: str = "") -> None:
        what = "report" if kind == "html" else name
        file_name = f"{_stem(drawn.name)}-{what}.{kind}"
        download(label or kind.upper(), data, file_name, f"{key}_{kind}")

    again_of = partial(_scene_again, view, result.key[2])  # the session is to hold no trace

    def later(make: Callable[[Rendering], bytes]) -> Callable[[], bytes]:
        return lambda: make(render(again_of(), name, look))

    def build(kind: str, progress: Progress) -> bytes:
        if kind != "html":
            return _video(drawn, name, look, kind, progress)
        from viz.report import build as report

        given = view.loaded.card, view.synthetic, name, look, frame
        said = answers(view, result)
        return report(
            drawn, view.clip, result.probabilities, *given, progress=progress, answers=said
        )

    with st.popover("Export", icon=":material/download:", key=f"{key}_menu"):
        st.caption(f"As files{note or ': what is shown'}")
        with st.container(horizontal=True, gap="small"):
            button("png", later(lambda found: encode(found.still(frame), "png")))
            button("csv", later(lambda found: found.csv().encode()))
            button("npz", later(Rendering.npz))
        for kind, (title, icon) in _LONGER.items():
            if kind == "html" and name == "attribution":
                continue  # a report has no player of it
            with st.container(horizontal=True, gap="small"):
                # A report of another frame would begin at another one than is shown.
                at = (kind, frame) if kind == "html" else (kind, 0)
                again = at in made
                if st.button(
                    f"Make {title}{' again' if again else ''}",
                    key=f"{key}_{kind}_make",
                    icon=f":material/{icon}:",
                ):
                    made[at] = _with_bar(title, partial(build, kind))
                if at in made:
                    button(kind, made[at], f"{title}, {len(made[at]) / 1e6:.1f} MB")
        if more:
            with st.container(horizontal=True, gap="small"):
                for file in more:
                    download(file.label, file.data, file.name, f"{key}_{file.name}")


def _scene_again(view: View, ablation: str) -> Scene:
    """Return what files of a view are drawn from, computed anew if nobody has it any more."""
    return scene(view, forward(view.loaded, view.clip, Ablation.parse(ablation)))


def _kept(slot: str, subject: Any) -> dict[tuple[str, int], bytes]:
    """Return the files that were made of this view; those of the one before are dropped."""
    known, made = st.session_state.get(slot, (None, {}))
    if known != subject:
        made = {}
        st.session_state[slot] = (subject, made)
    return made


def _with_bar(title: str, build: Callable[[Progress], bytes]) -> bytes:
    text = f"Making the {title} …"
    bar = st.progress(0.0, text, width=220)
    data = build(lambda done, total: bar.progress(done / total, text))
    bar.empty()
    return data


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
