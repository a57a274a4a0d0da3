"""What of a video the model is given: the window in time, and the crop of its pictures."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import streamlit as st

from pages.state import url_values, url_widgets
from pages.widgets.markdown import plain
from sct.errors import ClipError
from sct.video.crop import Crop
from sct.video.sources import Limits
from sct.video.strides import LEAST_STRIDE_S, MAX_STRIDE_S

# Keys of start and stride, in the session and in the address, by the kind of clip.
KEYS = {
    "Upload": ("start", "stride"),
    "Sample": ("from", "every"),
    "Collection": ("at", "step"),
}
_FREE = ("Collection",)
FIRST = 0.0, 0.1  # of an upload: start and stride
_SOON = "_window_soon"
CROP, CENTRE, VIEWS = "crop", "centre", "views"


def fields(source: str, start: float, stride: float) -> tuple[float, float]:
    """Draw the fields, and return start and stride in seconds.

    Args:
        source: "Upload", "Sample" or "Collection".
        start, stride: what they are at first.
    """
    if soon := st.session_state.pop(_SOON, None):
        move(source, *soon)
    first, second = KEYS[source]
    for other in sorted({key for own in KEYS.values() for key in own} - {first, second}):
        if (asked := url_widgets.requested(other)) is not None:
            url_widgets.add_notice(
                f"{other}: “{plain(asked, 60)}” is of another kind of clip; this one's window is "
                f"`{first}` and `{second}`."
            )
            url_widgets.write_address(other, "")
    draw = _free if source in _FREE else url_widgets.number
    left, right = st.columns(2)
    with left:
        found = draw(
            "Start (s)", 0.0, _latest(), start, 0.1, first, help="Second of the first frame."
        )
    with right:
        bounds = LEAST_STRIDE_S, MAX_STRIDE_S
        every = draw(
            "Stride (s)", *bounds, stride, 0.05, second, help="Seconds from frame to frame."
        )
    return float(found), float(every)


def _latest() -> float:
    """Return the last second that a clip may have."""
    with suppress(ClipError):  # of a wrong limit, which is said where clips are read
        return 60 * Limits.from_env().minutes
    return 60 * Limits.minutes


def _free(
    label: str, low: float, high: float, default: float, step: float, key: str, **more: Any
) -> float:
    """Draw a field as `url_widgets.number` does, but for clips that another page opens.

    A field that is bound to the address would miss what was set before it was there.
    """

    def changed() -> None:
        url_values.set_value(key, st.session_state[field])

    field = f"{key} field"
    found = url_values.value(key, label, url_values.number(low, high), default)
    st.session_state[field] = found
    st.number_input(label, low, high, step=step, key=field, on_change=changed, **more)
    return found


def move(source: str, start: float, stride: float) -> None:
    """Set both before the run that shows them, as the callback of a widget does."""
    for key, seconds in zip(KEYS[source], (min(start, _latest()), stride), strict=True):
        if source in _FREE:
            url_values.set_value(key, round(seconds, 3))
        else:
            st.session_state[key] = round(seconds, 3)


def move_soon(start: float, stride: float) -> None:
    """Set both in the run after this one, whose fields are drawn already."""
    st.session_state[_SOON] = start, stride


def crop() -> str:
    """Return the crop that is asked for: the text of a `Crop`, or "views"."""
    return url_values.value(CROP, "Crop", _read, CENTRE)


def no_crop() -> None:
    """Take the crop back, for a clip that has none."""
    url_values.set_value(CROP, CENTRE)
    url_widgets.write_address(CROP, "")


def _read(text: str) -> str:
    return text if text == VIEWS else str(Crop.parse(text))
