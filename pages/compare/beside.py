"""The clip beside that of the sidebar: which one it is, and the settings that both share."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.shell.current import load as load_view
from pages.state import tray, url_values, url_widgets, window
from pages.state.view import NothingToShow, Selection, View
from pages.widgets.markdown import plain
from sct.samples.catalogue import SCENE, samples

_KEY, _WIDGET, _CHOSEN = "beside", "_beside", "_beside_chosen"
_SCENES = 999_999


def choose(left: Selection) -> Selection:
    """Draw the choice of the other clip, recent ones first, and return it with its settings."""
    own = tray.key_of(left)
    known = {one.key: one.selection for one in tray.recents()}
    for name in samples():
        sample = _sample(left, name, SCENE)
        known.setdefault(tray.key_of(sample), sample)
    known.pop(own, None)

    def read(text: str) -> str:
        name, _, scene = text.partition(":")
        if text not in known and name in samples() and scene:
            made = _sample(left, name, url_values.whole(0, _SCENES)(scene))
            known[tray.key_of(made)] = made
        if text not in known or text == own:
            raise ValueError("it is no other recent clip or sample")
        return text

    first = next(iter(known))
    if url_values.text_of(_KEY) is None and _KEY in st.query_params:
        st.session_state[_CHOSEN] = True
    if not st.session_state.get(_CHOSEN) or url_values.text_of(_KEY) == own:
        url_values.set_value(_KEY, first)  # the clip that was looked at before this one
    found = url_values.value(_KEY, "Clip beside it", read, first)
    # Even the first one stands in a link, as for somebody else another is the first.
    url_widgets.write_address(_KEY, found if known[found].source == "Sample" else "")
    names = {key: tray.name_of(one) for key, one in known.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.session_state[_WIDGET] = found
        st.selectbox(
            "Beside the clip of the sidebar",
            list(known),
            key=_WIDGET,
            format_func=lambda key: names[key],
            on_change=lambda: _set(st.session_state[_WIDGET]),
            help="Clips that you have looked at come first. A link carries samples, no uploads.",
            width=320,
        )
        st.button(
            "Change places",
            key="change_places",
            icon=":material/swap_horiz:",
            on_click=_swap,
            args=(known[found], own),
        )
    return _alike(known[found], left)


def _sample(left: Selection, name: str, scene: int) -> Selection:
    """Return a sample as it is shown at first."""
    sample, own = samples()[name], {"source": "Sample", "file": None, "spec": ""}
    at = {"start": sample.start, "stride": sample.stride, "crop": window.CENTRE}
    return replace(left, **own, **at, sample=name, seed=scene, real=sample.group == "real")


def _set(key: str) -> None:
    st.session_state[_CHOSEN] = True
    url_values.set_value(_KEY, key)


def _swap(other: Selection, own: str) -> None:
    tray.select_again(other)
    _set(own)


def _alike(other: Selection, left: Selection) -> Selection:
    """Return the other clip with the settings of the left one, but for where it starts."""
    settings = {
        name: getattr(left, name) for name in ("model", "question", "ablation", "everywhere")
    }
    video, both = _is_video(other), _is_video(other) and _is_video(left)
    if both:
        settings |= {"stride": left.stride, "crop": left.crop}
        st.caption(
            f"Both are sampled every {left.stride:g} s with the crop of the left one; each starts "
            f"where it was looked at, at {left.start:g} s and {other.start:g} s."
        )
    elif video or _is_video(left):
        one = other if video else left
        st.caption(
            f"The video is sampled every {one.stride:g} s from {one.start:g} s on; the other clip "
            "is made, and has no window."
        )
    return replace(other, **settings)


def _is_video(selection: Selection) -> bool:
    return selection.from_file or selection.real


def load(selection: Selection) -> View | None:
    """Load the other clip; if that cannot be, say why and return None."""
    try:
        return load_view(selection)
    except NothingToShow:
        st.caption(f"This is about {plain(tray.name_of(selection), 80)}.")
        return None
