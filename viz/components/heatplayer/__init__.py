"""The heat player: a browser component that plays one or two heat maps over a clip, in step."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from viz.components import player

HERE = Path(__file__).parent
# In the order of what needs what; the first are those of viz/player.
_SHARED = ("message", "draw", "dom", "pointing", "transport", "playing", "mounting")
_OWN = ("numbers", "lanes", "heatlayout", "heatplayer")


@lru_cache(maxsize=1)
def script() -> str:
    """All modules as one; see `viz.components.player.bundle`."""
    shared = (player.HERE / f"{name}.js" for name in _SHARED)
    return player.bundle(*shared, *(HERE / f"{name}.js" for name in (*_OWN, "streamlit")))


@lru_cache(maxsize=1)
def style() -> str:
    return player.style() + (HERE / "heatplayer.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    import streamlit as st

    return st.components.v2.component(
        "sct_heat_player",
        html='<div class="sct-player heatplayer"></div>\n<!-- filled by heatlayout.js -->',
        css=style(),
        js=script(),
    )


def mount(message: bytes, key: str, on_view: Callable[[object], None] | None = None) -> None:
    """Put the player on the page.

    Args:
        message: of `viz.components.heatplayer.contents`.
        key: of the component in the session.
        on_view: called before the rerun that follows a change of the pinned view, with what the
            browser says: by contract {frame, row, column, edit}, but it may be anything.
    """
    import streamlit as st

    def changed() -> None:
        if on_view:
            on_view(st.session_state[key].get("view"))

    _component()(data=message, key=key, on_view_change=changed)
