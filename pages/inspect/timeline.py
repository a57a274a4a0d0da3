"""The timeline of the Inspect page: the whole video, the window in use, the answers all along."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.cache import slides
from pages.cache.jobs import Task, run_task
from pages.shell.exports import File
from pages.state import window
from pages.state.view import View, selected
from pages.widgets.figures import csv_bytes
from sct.evaluation.slide import Slide, as_json, as_rows, slide
from viz.components import timeline

if TYPE_CHECKING:
    from pages.cache.slides import Video
    from pages.widgets.progress import Progress
    from sct.video.clip import Clip

_EDIT, _BEGUN = "_timeline_edit", "_begun_where_frames_differ"
_AROUND_S = 12.0  # of a closer look, on either side of the window


def show(view: View) -> list[File]:
    """Draw the timeline of a clip that was taken from a video, and nothing of one that was made.

    Returns:
        the answers all along the video as files, once they were asked for.
    """
    video = slides.video_of(selected())
    clip = view.clip
    if video is None or clip.duration_s <= 0:
        return []
    drawn = st.container()
    slid = _slid(view, video)
    model = view.loaded.whole or view.loaded.model
    said = slid.answers(view.loaded.card, model.config) if slid else ()
    thumbs = slides.thumbs(video, clip.duration_s)
    edit = st.session_state.get(_EDIT, 0)
    frames = view.config.frames
    at = (clip.start, clip.stride)
    data = timeline.timeline_data(video.key, clip.duration_s, frames, at, thumbs, slid, said, edit)
    with drawn:
        timeline.mount(data, "timeline", partial(_moved, video))
    if slid is None:
        return []

    def as_text() -> bytes:
        return json.dumps(as_json(slid, said), indent=1, ensure_ascii=False).encode()

    def as_table() -> bytes:
        return csv_bytes(as_rows(slid, said))

    return [
        File("Answers along the video, CSV", "answers.csv", as_table),
        File("the same, JSON", "answers.json", as_text),
    ]


def differing(view: View) -> None:
    """Begin with frames that differ, and offer some where those of the clip show pictures again.

    An upload that is seen for the first time begins with them at once, if it has any.
    """
    video, clip = slides.video_of(selected()), view.clip
    if video is None:
        return
    begun = st.session_state.setdefault(_BEGUN, {})
    at = clip.start, clip.stride
    if begun.get(video.key) == at:
        _say_where(video, clip)
    if not clip.repeats:
        return
    given = clip.duration_s, len(clip.times), clip.stride
    found = slides.pace(video, *given)
    if found is not None and found != at:
        start, stride = found
        if video.kind == "Upload" and video.key not in begun and at == window.FIRST:
            begun[video.key] = found
            window.move_soon(*found)
            st.rerun()
        st.button(
            f"Take {len(clip.times)} that differ: from {start:g} s, every {stride:g} s",
            key="differing",
            icon=":material/timeline:",
            on_click=window.move,
            args=(video.kind, start, stride),
        )


def _say_where(video: Video, clip: Clip) -> None:
    """Say that an upload does not begin at its beginning, and why."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"Begun at {clip.start:g} s, a frame every {clip.stride:g} s: closer together, this "
            "video shows one picture several times.",
            width="stretch",
        )
        first = video.kind, *window.FIRST
        st.button("From the beginning", key="beginning", on_click=window.move, args=first)


def _moved(video: Video, told: object) -> None:
    try:
        start, stride, edit = timeline.window_of(told)
    except ValueError:
        return  # it comes from outside, and may be anything
    st.session_state[_EDIT] = edit
    window.move(video.kind, start, stride)


def _slid(view: View, video: Video) -> Slide | None:
    clip, ablation = view.clip, view.maps_ablation
    model = view.loaded.whole or view.loaded.model
    given = {"stride": clip.stride, "ablation": ablation, "crop": clip.crop, "read": video.read}

    def compute(progress: Progress, **where: float) -> Slide:
        return slide(
            model, video.source, clip.duration_s, name=video.name, **given, **where,
            progress=progress,
        )  # fmt: skip

    loaded = view.loaded  # whose answers are those to all questions
    subject = (
        *(video.key, loaded.name, loaded.version, loaded.device),
        *(str(ablation), str(clip.crop)),
    )
    about = f"windows with a stride of {clip.stride:g} s"
    task = Task("slide", subject, (clip.stride,), about, compute)
    coarse: Slide | None = run_task(task, label="Answer along the whole video")
    if coarse is None or coarse.step <= coarse.span:
        return coarse
    if abs(coarse.span - len(clip.times) * clip.stride) > 1e-6:
        return coarse  # of the stride before this one, still shown
    first = max(0.0, round(clip.start - _AROUND_S))
    last = min(clip.duration_s, first + 2 * _AROUND_S + coarse.span)
    closer = Task(
        "slide_closer",
        (*subject, clip.stride),
        (first,),
        f"a closer look from {first:g} s on",
        partial(compute, first=first, last=last),
    )
    fine: Slide | None = run_task(closer, label="Look closer around the window")
    return coarse.finer(fine) if fine else coarse
