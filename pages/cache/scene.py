"""What a view of a clip is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.cache import attributions, verdicts
from viz.views import Scene

if TYPE_CHECKING:
    from pages.state.view import View
from pages.cache.inference import Result, flow, rolled


@st.cache_resource(max_entries=8, show_spinner=False)
def _scene(
    clip_hash: str,
    clip_name: str,
    name: str,
    ablation: str,
    device: str,
    _of: View,
    _result: Result,
):
    return Scene.of(
        _of.clip,
        _result.trace,
        name,
        rollout=lambda: rolled(_of.loaded, _of.clip, _result),
        flow=flow(_of.clip, _of.made, _result.trace),
        attribute=lambda *asked: attributions.attribution(_of, *asked),
        verdict=lambda *asked: verdicts.verdict(_of, *asked),
    )


def scene(of: View, result: Result) -> Scene:
    """What the files of a view are drawn from; the same for every page that asks."""
    # The name is drawn, too, and two people may have given one video two names.
    key = of.clip.hash, of.clip.name, of.loaded.name, str(result.trace.ablation), of.loaded.device
    return _scene(*key, of, result)
