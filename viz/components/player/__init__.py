"""The attention player: a browser component that needs the server for nothing but new data."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# In the order of what needs what.
MODULES = (
    "message",
    "maps",
    "hashing",
    "motion",
    "draw",
    "dom",
    "mapsmode",
    "motionmode",
    "bucketsmode",
    "veiledmode",
    "steps",
    "pointing",
    "transport",
    "playing",
    "mounting",
    "layout",
    "player",
)
_IMPORT = re.compile(r"^import .*? from \"\.{1,2}/[\w/]+\.js\"\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default )", re.MULTILINE)


@lru_cache(maxsize=4)
def script(entry: Path = HERE / "streamlit.js") -> str:
    """All modules of the player as one, `entry` last; see `bundle`."""
    return bundle(*(HERE / f"{name}.js" for name in MODULES), entry)


def bundle(*paths: Path) -> str:
    """Modules as one, in this order: a page that takes a single text cannot import neighbours.

    Imports fall away and so do exports but the default one, so no two modules may use one name at
    the top.
    """
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)


@lru_cache(maxsize=1)
def style() -> str:
    return (HERE / "player.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    import streamlit as st

    return st.components.v2.component(
        "sct_player",
        html='<div class="sct-player"></div>\n<!-- filled by layout.js -->',
        css=style(),
        js=script(),
    )


def mount(message: bytes, key: str, on_view: Callable[[object], None] | None = None) -> None:
    """Put the player on the page.

    Args:
        message: of `viz.components.player.contents`.
        key: of the component in the session.
        on_view: called before the rerun that follows a change of the pinned view, with what the
            browser says: by contract {mode, frame, head, round, row, column, look, edit}, but it
            comes from outside and may be anything.
    """
    import streamlit as st

    def changed() -> None:
        if on_view:
            on_view(st.session_state[key].get("view"))

    _component()(data=message, key=key, on_view_change=changed)
