"""The clip of the Motion lab: in the session, in the address, and in the sidebar of all pages."""

from __future__ import annotations

import streamlit as st

from pages.state import url_values
from pages.state.view import NothingToShow
from pages.widgets.markdown import plain

SOURCE = "Lab"
PAGE = "motion_lab"
_KEY = "lab"
_MOST = 1200  # characters; the longest path takes less
_LAST, _SEEN = "_page", "_lab_seen"


def enter(page: str) -> None:
    """Whoever comes to the lab sees its clip; another can be chosen again from there."""
    if page == PAGE and st.session_state.get(_LAST) != PAGE:
        st.session_state["source"] = SOURCE
    st.session_state[_LAST] = page


def shot():
    """The `ClipSpec` that the lab films, which then stands in the address."""
    from sct.synthetic.spec import ClipSpec

    return url_values.value(_KEY, "Clip of the Motion lab", ClipSpec.parse, ClipSpec(), _MOST)


def put(found) -> None:
    """Make a `ClipSpec` the clip of the lab."""
    url_values.put(_KEY, found)


def choose(page: str) -> str:
    """The sidebar's word on the clip; its text form."""
    found = shot()
    if page == PAGE:  # which says it itself, and changes it without the sidebar
        st.caption("Made with the controls of this page. The other pages can show it, too.")
    else:
        st.caption(f"Made in the Motion lab: {plain(found.title)}. The truth is known.")
        st.page_link("../motion_lab/page.py", label="Change this clip", icon=":material/science:")
    return str(found)


def require_clip() -> None:
    """On the lab's page: its clip, or a word on how to come back to it."""
    if st.session_state["_choice"].source == SOURCE:
        return
    st.info(
        "The sidebar shows another clip. The lab makes its own, and keeps it for you.",
        icon=":material/science:",
    )
    st.button("Back to the clip of the lab", on_click=_back, type="primary", key="lab_back")
    raise NothingToShow


def _back() -> None:
    st.session_state["source"] = SOURCE


def reveal(seen: bool) -> None:
    """Draw the whole page anew when what waits to be guessed has come or gone: what stands outside
    of a fragment would otherwise not know."""
    if st.session_state.setdefault(_SEEN, seen) != seen:
        st.session_state[_SEEN] = seen
        st.rerun()
