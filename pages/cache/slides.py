"""Whole videos: pictures of them, and what a model answers all along."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from pages.state.view import Selection
from sct.errors import ClipError
from sct.samples.catalogue import samples
from sct.video.clip import read_moments, view

THUMBS = 12
_SIDE = 96  # pixels of a picture
_SHORT_S = 20.0  # a longer video is read by seeking to each picture


class Video(NamedTuple):
    """A video that can be read again.

    Attributes:
        key: which video it is. source: as `sct.read_clip` takes it. name: for messages.
        kind: "Upload" or "Sample".
    """

    key: str
    source: Any
    name: str | None
    kind: str


def video_of(selection: Selection) -> Video | None:
    """Return the video that a clip was taken from; None where it is made."""
    if selection.source == "Upload":
        file = selection.file
        return Video(file.file_id, file, file.name, "Upload")
    if selection.source == "Sample" and selection.real:
        return Video(selection.sample, samples()[selection.sample].file, None, "Sample")
    return None


@st.cache_resource(max_entries=16, show_spinner="Looking through the video …")
def thumbs(key: str, duration_s: float, _source: Any) -> tuple[np.ndarray, ...]:
    """Draw evenly spaced pictures of a video, uint8 (96, 96, 3); none where that fails."""
    moments = [duration_s * (i + 0.5) / THUMBS for i in range(THUMBS)]
    groups = [moments] if duration_s <= _SHORT_S else [[moment] for moment in moments]
    try:
        clips = [read_moments(_source, some) for some in groups]
    except ClipError:
        return ()
    return tuple(picture for clip in clips for picture in view(clip, _SIDE))
