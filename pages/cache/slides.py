"""Whole videos: pictures of them, and what a model answers all along."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from pages.state.view import Selection
from sct.errors import ClipError
from sct.samples.catalogue import samples
from sct.video.clip import MAX_FRAMES, read_moments, view

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


@st.cache_data(max_entries=64, show_spinner="Looking for frames that differ …")
def pace(
    key: str, duration_s: float, frames: int, stride: float, _source: Any
) -> tuple[float, float] | None:
    """Find a window whose frames are different pictures: start and stride in seconds.

    A camera may have stored a picture now and then, and nothing for a while after the first.

    Args:
        stride: that is too short, so that it shows pictures again.

    Returns:
        None where there is none, or it cannot be read.
    """
    for every in (stride, duration_s / MAX_FRAMES):
        try:
            shown = read_moments(_source, [i * every for i in range(MAX_FRAMES)])
            times = sorted(set(shown.times))
            gaps = np.diff(times)
            if len(gaps) < frames:
                continue
            step = _up(np.quantile(gaps, 0.75))
            # What begins with a gap is left out.
            start = _up(next(t for t, gap in zip(times, gaps, strict=False) if gap <= 1.5 * step))
            found = read_moments(_source, [start + i * step for i in range(frames)])
        except ClipError:
            return None
        if found.distinct == frames:
            return start, step
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


def _up(second: float) -> float:
    """Round up to hundredths, as the fields of the sidebar show seconds."""
    return math.ceil(float(second) * 100 - 1e-6) / 100
