"""The tray of recent clips in the sidebar."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.state import tray
from pages.state.view import selected

_KEY = "tray"


def draw(slot: Any) -> None:
    """Fill the tray's place in the sidebar once there are two clips; until then it stays empty."""
    clips, selection = tray.recents(), selected()
    if len(clips) < 2:
        return
    empty = selection.from_file and selection.file is None
    from viz.components import tray as component

    with slot:
        st.caption("Recent clips")
        component.mount(
            [(one.key, one.name, one.picture) for one in clips],
            "" if empty else tray.key_of(selection),
            _KEY,
            tray.show,
            tray.drop,
        )
        st.page_link("../compare/page.py", label="Compare two", icon=":material/compare:")
