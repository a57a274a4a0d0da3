"""Attributions and their checks, each computed once and shared by all sessions."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.cache.keys import view_key
from pages.cache.lru import LRUCache

if TYPE_CHECKING:
    from pages.state.view import View
    from sct.attribution import Attribution, Check

Progress = Callable[[int, int], None]
SEED = 0


@st.cache_resource(max_entries=1, show_spinner=False)
def _cache() -> LRUCache:
    return LRUCache(96)


def _key(view: View, kind: str, *question: Hashable) -> Hashable:
    return kind, view_key(view), question, SEED


def cached_attribution(
    view: View, method: str, target: int, against: int | None
) -> Attribution | None:
    """Return an attribution if it was computed before."""
    return _cache().get(_key(view, "map", method, target, against))


def cached_check(view: View, method: str, target: int, against: int | None) -> Check | None:
    """Return the check of an attribution if it was computed before."""
    return _cache().get(_key(view, "check", method, target, against))


def attribution(
    view: View, method: str, target: int, against: int | None, progress: Progress | None = None
) -> Attribution:
    """Attribute an answer to the patches of the clip.

    Args:
        method: key of a method.
        target: place of the class that is asked about; `against`: of the one it is compared with.
        progress: is told how many steps of how many are done.

    Raises ValueError, OutOfMemory, and whatever `progress` raises to end the computation.
    """
    found = cached_attribution(view, method, target, against)
    if found is None:
        from sct.attribution import attribute

        found = attribute(
            view.loaded.model, _frames(view), method, target, against,
            ablation=view.maps_ablation, seed=SEED, progress=progress,
        )  # fmt: skip
        found.values.flags.writeable = found.frames.flags.writeable = False
        _cache().put(_key(view, "map", method, target, against), found)
    return found


def check(view: View, found: Attribution, progress: Progress | None = None) -> Check:
    """Run the checks of an attribution. Raises as `attribution` does."""
    checked = cached_check(view, found.method, found.target, found.against)
    if checked is None:
        from sct.attribution import check as run

        frames = _frames(view)
        known = _references(view, frames, found, progress)
        checked = run(view.loaded.model, frames, found, known=known, seed=SEED, progress=progress)
        _cache().put(_key(view, "check", found.method, found.target, found.against), checked)
    return checked


def _references(view: View, frames: Any, found: Attribution, progress: Progress | None) -> Any:
    """Return what all methods are compared with, computed once for a class."""
    key = _key(view, "references", found.target, found.against)
    known = _cache().get(key)
    if known is None:
        from sct.attribution import references

        known = references(
            view.loaded.model, frames, found.target, found.against,
            ablation=view.maps_ablation, seed=SEED, progress=progress,
        )  # fmt: skip
        _cache().put(key, known)
    return known


def _frames(view: View) -> Any:
    from sct.video.clip import preprocess

    return preprocess(view.clip, view.config.image_size).to(view.loaded.device)
