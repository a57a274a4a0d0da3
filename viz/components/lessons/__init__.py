"""Live pieces of the lessons: browser components that answer while a patch is being dragged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from viz.components import player

HERE = Path(__file__).parent
_PLAYER = tuple(player.HERE / f"{name}.js" for name in ("message", "maps", "draw", "dom"))
_SHARED = tuple(HERE / f"{name}.js" for name in ("board", "piece", "turned"))
PIECES = ("patches", "inside", "hashing", "shifted", "twins")


def script(name: str) -> str:
    """All modules of one piece as one text."""
    own = (HERE / f"{name}.js",)
    return player.bundle(*(own if name == "cards" else (*_PLAYER, *_SHARED, *own)))


@lru_cache(maxsize=1)
def style() -> str:
    return player.style() + (HERE / "lessons.css").read_text(encoding="utf-8")


@lru_cache(maxsize=16)
def _component(name: str) -> Callable[..., Any]:
    import streamlit as st

    return st.components.v2.component(
        f"sct_lesson_{name}",
        html='<div class="sct-player"></div>\n<!-- filled by its script -->',
        css=style(),
        js=script(name),
    )


def mount(
    name: str, message: bytes, key: str, on_view: Callable[[object], None] | None = None
) -> None:
    """Put a piece on the page.

    Args:
        name: one of `PIECES`.
        message: of `viz.components.lessons.contents`.
        key: of the component in the session.
        on_view: called before the rerun that follows a change, with what the browser says, which
            comes from outside and may be anything.
    """
    import streamlit as st

    def changed() -> None:
        if on_view:
            on_view(st.session_state[key].get("view"))

    _component(name)(data=message, key=key, on_view_change=changed)


def mount_cards(
    cards: Sequence[dict[str, Any]], key: str, on_open: Callable[[object], None]
) -> None:
    """The lessons as cards; `on_open` is given the key of the one that was clicked."""
    import streamlit as st

    def opened() -> None:
        on_open(st.session_state[key].get("open"))

    _component("cards")(data={"cards": list(cards)}, key=key, on_open_change=opened)
