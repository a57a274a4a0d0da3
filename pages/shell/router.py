"""The pages of the app: their titles, icons and addresses."""

from __future__ import annotations

from typing import Any

import streamlit as st

# Folder, which is the address too, title and icon (a Material symbol). The first is the start page.
PAGES = (
    ("inspect", "Inspect", "theaters"),
    ("compare", "Compare", "compare"),
    ("attention", "Shifted attention", "my_location"),
    ("buckets", "LSH buckets", "category"),
    ("ablation", "Ablation", "tune"),
    ("attribution", "Attribution", "psychology_alt"),
    ("collection", "Collection", "grid_view"),
    ("motion_lab", "Motion lab", "science"),
    ("learn", "Learn", "school"),
    ("model", "Model", "account_tree"),
)


def route(shown: bool = True) -> Any:
    """Return the page that the address asks for, the first where it asks for none.

    Args:
        shown: draw the list of pages into the sidebar.
    """
    first = PAGES[0][0]
    return st.navigation(
        [
            st.Page(
                path(folder),
                title=title,
                icon=f":material/{icon}:",
                url_path=folder,
                default=folder == first,
            )
            for folder, title, icon in PAGES
        ],
        position="sidebar" if shown else "hidden",
    )


def path(folder: str) -> str:
    """Return where the page in `pages/<folder>/` is, seen from the script."""
    return f"../{folder}/page.py"
