"""The diagram component: the model as boxes drawn from its config, each a switch if one wants."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from viz.components.diagram.contents import diagram_data, switched

__all__ = ["diagram_data", "mount", "script", "style", "switched"]

_HERE = Path(__file__).parent


def script() -> str:
    return (_HERE / "diagram.js").read_text(encoding="utf-8")


def style() -> str:
    return (_HERE / "diagram.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    import streamlit as st

    return st.components.v2.component(
        "sct_diagram",
        html='<div class="sct-diagram"></div>\n<!-- filled by diagram.js -->',
        css=style(),
        js=script(),
    )


def mount(
    data: dict[str, Any], key: str, on_switch: Callable[[object], None] | None = None
) -> None:
    """Put the diagram on the page.

    Args:
        data: of `diagram_data`.
        key: of the component in the session.
        on_switch: called before the rerun that follows a switch, with what the browser says: by
            contract {modes: {key of a box: mode}, edit}, but it comes from outside and may be
            anything; `switched` reads it.
    """
    import streamlit as st

    def changed() -> None:
        if on_switch:
            on_switch(st.session_state[key].get("switched"))

    _component()(data=data, key=key, on_switched_change=changed)
