"""Which pages there are, and a way around Streamlit's own idea of a folder named `pages`."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.shell import theme

_STARTED, _TICKET = "_started", "_ticket"


def _pages() -> list[Any]:
    # An address is the name of its file: see `route`.
    return [
        st.Page("pages/inspect/page.py", title="Inspect", icon=":material/theaters:", default=True),
        st.Page(
            "pages/attention/page.py",
            title="Shifted attention",
            icon=":material/my_location:",
            url_path="attention",
        ),
        st.Page(
            "pages/buckets/page.py",
            title="LSH buckets",
            icon=":material/category:",
            url_path="buckets",
        ),
        st.Page(
            "pages/ablation/page.py", title="Ablation", icon=":material/tune:", url_path="ablation"
        ),
        st.Page(
            "pages/attribution/page.py",
            title="Attribution",
            icon=":material/psychology_alt:",
            url_path="attribution",
        ),
        st.Page(
            "pages/motion_lab/page.py",
            title="Motion lab",
            icon=":material/science:",
            url_path="motion_lab",
        ),
        st.Page("pages/learn/page.py", title="Learn", icon=":material/school:", url_path="learn"),
        st.Page(
            "pages/model/page.py", title="Model", icon=":material/account_tree:", url_path="model"
        ),
    ]


def route() -> Any:
    """The page that the address asks for.

    Until `st.navigation` was called once in a server's life, Streamlit takes a folder named `pages`
    for one of its old kind: it finds pages by their file names and runs them, app.py too, as pages
    of their own. So each session starts over once, after which the address means the same on a
    server's first visit as on every other.
    """
    page = st.navigation(_pages())
    if _STARTED not in st.session_state:
        st.session_state[_STARTED] = True
        st.rerun()
    st.session_state[_TICKET] = True
    return page


def require_route() -> None:
    """Start over if this page was run without app.py, which gives it a ticket for each run."""
    if not st.session_state.pop(_TICKET, False):
        st.session_state.pop(_STARTED, None)
        # Without it the browser would ask a font server for the page's icon.
        st.set_page_config(page_icon=theme.ICON)
        route()
