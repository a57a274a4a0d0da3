"""The data that the files of a view are drawn from."""

from __future__ import annotations

import streamlit as st

from pages.cache import attributions, verdicts
from pages.cache.inference import attention_rollout, flow
from pages.cache.keys import KEYS, Result
from pages.state.view import View
from viz.views import Scene


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs=KEYS)
def _scene(view: View, result: Result, clip_name: str) -> Scene:
    return Scene.of(
        view.clip,
        result.trace,
        view.loaded.name,
        rollout=lambda: attention_rollout(view.loaded, result),
        flow=flow(view.clip, view.synthetic, result.trace),
        attribute=lambda *question: attributions.attribution(view, *question),
        verdict=lambda *question: verdicts.verdict(view, *question),
    )


def scene(view: View, result: Result) -> Scene:
    """Return what the files of a view are drawn from."""
    # The name is drawn, too, and two people may have given one video two names.
    return _scene(view, result, view.clip.name)
