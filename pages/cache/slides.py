"""Whole videos: pictures of them, and what a model answers all along."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from pages.cache.decoding import read_moments as read_upload
from pages.state.view import FILES, Selection
from sct.errors import Busy, ClipError
from sct.samples.catalogue import samples
from sct.video.clip import MAX_FRAMES, Clip, read_moments, view

THUMBS = 12
_SIDE = 96  # pixels of a picture
_SHORT_S = 20.0  # a longer video is read by seeking to each picture


class Video(NamedTuple):
    """A video that can be read again.

    Attributes:
        key: which video it is. name: for messages.
        source: an `Upload` or its like, or the path of a sample.
        kind: "Upload", "Collection" or "Sample".
    """

    key: str
    source: Any
    name: str | None
    kind: str

    @property
    def read(self) -> Callable[..., Clip]:
        """Return what reads moments of the source, as `sct.video.clip.read_moments` does."""
        return read_upload if self.kind in FILES else read_moments


def video_of(selection: Selection) -> Video | None:
    """Return the video that a clip was taken from; None where it is made."""
    if selection.from_file:
        file = selection.file
        return Video(file.key, file, file.name, selection.source)
    if selection.source == "Sample" and selection.real:
        return Video(selection.sample, samples()[selection.sample].file, None, "Sample")
    return None


@st.cache_data(max_entries=64, show_spinner="Looking for frames that differ …")
def _pace(
    key: str, duration_s: float, frames: int, stride: float, _video: Video
) -> tuple[float, float] | None:
    for every in (stride, duration_s / MAX_FRAMES):
        shown = _video.read(_video.source, [i * every for i in range(MAX_FRAMES)])
        times = sorted(set(shown.times))
        gaps = np.diff(times)
        if len(gaps) < frames:
            continue
        step = _up(np.quantile(gaps, 0.75))
        # What begins with a gap is left out.
        start = _up(next(t for t, gap in zip(times, gaps, strict=False) if gap <= 1.5 * step))
        found = _video.read(_video.source, [start + i * step for i in range(frames)])
        if found.distinct == frames:
            return start, step
    return None


@st.cache_resource(max_entries=16, show_spinner="Looking through the video …")
def _thumbs(key: str, duration_s: float, _video: Video) -> tuple[np.ndarray, ...]:
    moments = [duration_s * (i + 0.5) / THUMBS for i in range(THUMBS)]
    groups = [moments] if duration_s <= _SHORT_S else [[moment] for moment in moments]
    clips = [_video.read(_video.source, some) for some in groups]
    return tuple(picture for clip in clips for picture in view(clip, _SIDE))


def pace(video: Video, duration_s: float, frames: int, stride: float) -> tuple[float, float] | None:
    """Find a window whose frames are different pictures: start and stride in seconds.

    A camera may have stored a picture now and then, and nothing for a while after the first.

    Args:
        stride: that is too short, so that it shows pictures again.

    Returns:
        None where there is none, or it cannot be read.
    """
    try:
        return _pace(video.key, duration_s, frames, stride, video)
    except (ClipError, Busy):  # not kept: it may be the machine's
        return None


def thumbs(video: Video, duration_s: float) -> tuple[np.ndarray, ...]:
    """Draw evenly spaced pictures of a video, uint8 (96, 96, 3); none where that fails."""
    try:
        return _thumbs(video.key, duration_s, video)
    except (ClipError, Busy):
        return ()


def _up(second: float) -> float:
    """Round up to hundredths, as the fields of the sidebar show seconds."""
    return math.ceil(float(second) * 100 - 1e-6) / 100
