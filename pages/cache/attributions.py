"""Attributions and their checks, each made once and shared by all sessions.

They take from a tenth of a second to a minute, and tell how far they are while they are made. What
Streamlit caches may not move a bar that was drawn outside of it, so they are kept here, on a shelf
that is bounded alike.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.cache.lru import Shelf

if TYPE_CHECKING:
    from pages.state.view import View
    from sct.attribution import Attribution, Check

Progress = Callable[[int, int], None]
SEED = 0


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf() -> Shelf:
    return Shelf(96)


def _key(view: View, what: str, *asked: Hashable) -> Hashable:
    of = view.clip.hash, view.loaded.name, str(view.maps_ablation), view.loaded.device
    return (what, *of, *asked, SEED)


def kept(view: View, method: str, target: int, against: int | None) -> Attribution | None:
    """The attribution if it was made before."""
    return _shelf().get(_key(view, "map", method, target, against))


def attribution(
    view: View, method: str, target: int, against: int | None, progress: Progress | None = None
) -> Attribution:
    """Raises ValueError, OutOfMemory, and whatever `progress` raises to end it."""
    found = kept(view, method, target, against)
    if found is None:
        from sct.attribution import attribute

        found = attribute(
            view.loaded.model, _frames(view), method, target, against,
            ablation=view.maps_ablation, seed=SEED, progress=progress,
        )  # fmt: skip
        found.values.flags.writeable = found.frames.flags.writeable = False
        _shelf().put(_key(view, "map", method, target, against), found)
    return found


def checked(view: View, method: str, target: int, against: int | None) -> Check | None:
    """The check of an attribution if it was made before."""
    return _shelf().get(_key(view, "check", method, target, against))


def check(view: View, found: Attribution, progress: Progress | None = None) -> Check:
    """Raises as `attribution` does."""
    made = checked(view, found.method, found.target, found.against)
    if made is None:
        from sct.attribution import check as run

        frames = _frames(view)
        known = _references(view, frames, found, progress)
        made = run(view.loaded.model, frames, found, known=known, seed=SEED, progress=progress)
        _shelf().put(_key(view, "check", found.method, found.target, found.against), made)
    return made


def _references(view: View, frames: Any, found: Attribution, progress: Progress | None) -> Any:
    """What all methods are set beside, once for a question."""
    key = _key(view, "references", found.target, found.against)
    known = _shelf().get(key)
    if known is None:
        from sct.attribution import references

        known = references(
            view.loaded.model, frames, found.target, found.against,
            ablation=view.maps_ablation, seed=SEED, progress=progress,
        )  # fmt: skip
        _shelf().put(key, known)
    return known


def _frames(view: View) -> Any:
    from sct.video.clip import preprocess

    return preprocess(view.clip, view.config.image_size).to(view.loaded.device)
