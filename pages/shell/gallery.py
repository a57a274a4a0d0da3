"""The samples in the sidebar: a gallery, the scene of one that is made, and what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.cache.thumbnails import FRAMES, WHERE
from pages.state import url_values, url_widgets, window

if TYPE_CHECKING:
    from sct.samples.catalogue import Sample

_SAMPLE, _SCENE, _KEY = "sample", "scene", "gallery"
_FORMER = "pan right"  # what links show that name a scene alone: once the first sample
_MOST = 999_999
_HELP = "Each number is another random scene of the same kind."
_ABOUT = {
    "made": "Made on the fly; the truth is known. {seen}",
    "fool": "Made to fool the model. {seen}",
    "real": "{seen}",
}


def choose() -> tuple[str, int]:
    """Draw the gallery, and return the name of the chosen sample and its scene."""
    from sct.samples.catalogue import SCENE, samples
    from viz.components import gallery

    known = samples()
    name = _chosen()
    data = gallery.gallery_data(tuple(known.values()), name, FRAMES, WHERE)
    gallery.mount(data, _KEY, lambda picked: _pick(known[picked]))
    if known[name].group == "real":
        url_widgets.write_address(_SCENE, "")
        return name, SCENE
    return name, _scene(SCENE)


def _pick(sample: Sample) -> None:
    url_values.set_value(_SAMPLE, sample.name)
    window.move("Sample", sample.start, sample.stride)
    window.no_crop()


def _chosen() -> str:
    from sct.samples.catalogue import FIRST, samples

    def read(text: str) -> str:
        if text not in samples():
            raise ValueError("no sample has that name")
        return text

    new = url_values.text_of(_SAMPLE) is None and _SAMPLE not in st.query_params
    if new and _SCENE in st.query_params:
        url_values.set_value(_SAMPLE, _FORMER)
    return url_values.value(_SAMPLE, "Sample", read, FIRST)


def _scene(first: int) -> int:
    def changed() -> None:
        url_values.set_value(_SCENE, st.session_state[_SCENE])

    # Not bound to the address, as a real clip must be able to take its scene out of there.
    found = url_values.value(_SCENE, "Scene", url_values.whole(0, _MOST), first)
    st.session_state[_SCENE] = found
    st.number_input("Scene", 0, _MOST, step=1, key=_SCENE, on_change=changed, help=_HELP)
    return found


def describe(name: str, card: dict[str, Any]) -> None:
    """Say what a sample is, and of a real one whom it is owed to.

    Args:
        card: of the model that looks at it, as it may have learned from the clip.
    """
    from sct.checkpoint.model_card import saw_footage
    from sct.samples.catalogue import samples

    sample = samples()[name]
    said = _ABOUT[sample.group].format(seen=sample.seen)
    if sample.for_training and saw_footage(card):
        said += " The model learned from this clip, among others."
    st.caption(said)
    if (credit := sample.credit) is not None:
        # No caption: its links are too pale to be read.
        st.markdown(
            f":small[From [{credit.project}]({credit.url}) by {credit.author}, "
            f"[{credit.licence}]({credit.licence_url}); {credit.changes}.]"
        )
