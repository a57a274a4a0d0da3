"""The tray of recent clips in the sidebar."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.state import tray
from pages.state.view import selected

_KEY = "tray"


def draw(slot: Any) -> None:
    """Fill the tray's place in the sidebar once there is a clip that is not the one shown."""
    clips, selection = tray.recents(), selected()
    empty = selection.from_file and selection.file is None
    shown = "" if empty else tray.key_of(selection)
    if all(one.key == shown for one in clips):
        return
    from viz.components import tray as component

    with slot:
        st.caption("Recent clips")
        component.mount(
            [(one.key, one.name, one.picture) for one in clips],
            shown,
            _KEY,
            tray.show,
            tray.drop,
        )
        if len(clips) > 1:
            st.page_link("../compare/page.py", label="Compare two", icon=":material/compare:")
