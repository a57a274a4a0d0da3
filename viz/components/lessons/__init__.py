"""Demos of the lessons: browser components that answer while a patch is being dragged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from viz.components import player
from viz.components.component import Component

HERE = Path(__file__).parent
DEMOS = ("patches", "inside", "hashing", "shifted", "twins")


def _component(name: str, state: str) -> Component:
    files = (HERE / f"{name}.js", player.STYLE, HERE / "lessons.css")
    return Component(f"sct_lesson_{name}", *files, state=state, root="sct-player")


COMPONENTS = {name: _component(name, "view") for name in DEMOS}
CARDS = _component("cards", "open")


def mount(
    name: str, message: bytes, key: str, on_view: Callable[[object], None] | None = None
) -> None:
    """Put a demo on the page.

    Args:
        name: one of `DEMOS`.
        message: of `viz.components.lessons.contents`.
        key: of the component in the session.
        on_view: called before the rerun that follows a change, with what the browser says, which
            comes from outside and may be anything.
    """
    COMPONENTS[name].mount(message, key, on_view)


def mount_cards(
    cards: Sequence[dict[str, Any]], key: str, on_open: Callable[[object], None]
) -> None:
    """Show the lessons as cards; `on_open` is given the key of the one that was clicked."""
    CARDS.mount({"cards": list(cards)}, key, on_open)
