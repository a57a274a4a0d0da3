"""The clip of the Motion lab: in the session, in the address, and in the sidebar of all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.state import url_values
from pages.state.view import NothingToShow, selected
from pages.widgets.markdown import plain

if TYPE_CHECKING:
    from sct.synthetic.spec import ClipSpec

SOURCE = "Lab"
PAGE = "motion_lab"
_KEY = "lab"
_MOST = 1200  # characters; the longest path takes less
_LAST, _SEEN = "_page", "_lab_seen"


def enter(page: str) -> None:
    """Show the lab's clip to whoever comes to the lab; another can be chosen again from there."""
    if page == PAGE and st.session_state.get(_LAST) != PAGE:
        show()
    st.session_state[_LAST] = page


def show() -> None:
    """Make the lab's clip the one that all pages show."""
    st.session_state["source"] = SOURCE


def spec() -> ClipSpec:
    """Return the clip, and put it into the address."""
    from sct.synthetic.spec import ClipSpec

    return url_values.value(_KEY, "Clip of the Motion lab", ClipSpec.parse, ClipSpec(), _MOST)


def set_spec(spec: ClipSpec) -> None:
    """Set the clip before the run that shows it."""
    url_values.set_value(_KEY, spec)


def describe(page: str) -> str:
    """Say in the sidebar of a page which clip it is, and return its text form."""
    found = spec()
    if page == PAGE:  # which says it itself, and changes it without the sidebar
        st.caption("Made with the controls of this page. The other pages can show it, too.")
    else:
        st.caption(f"Made in the Motion lab: {plain(found.title)}. The truth is known.")
        st.page_link("../motion_lab/page.py", label="Change this clip", icon=":material/science:")
    return str(found)


def require_clip() -> None:
    """End the lab's page with a way back if another clip is selected."""
    if selected().source == SOURCE:
        return
    st.info(
        "The sidebar shows another clip. The lab makes its own, and keeps it for you.",
        icon=":material/science:",
    )
    st.button("Back to the clip of the lab", on_click=show, type="primary", key="lab_back")
    raise NothingToShow


def reveal(seen: bool) -> None:
    """Draw the whole page anew if a clip that waits to be guessed has come or gone.

    What stands outside of a fragment would otherwise not know.
    """
    if st.session_state.setdefault(_SEEN, seen) != seen:
        st.session_state[_SEEN] = seen
        st.rerun()
