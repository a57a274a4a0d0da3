"""The words that the app uses, each explained once, and where to see what it means."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import streamlit as st


@dataclass(frozen=True)
class Term:
    """A word, what it means (Markdown), and the address within the app where it can be seen."""

    word: str
    meaning: str
    see: str = ""


_FILE = Path(__file__).with_name("glossary.toml")
TERMS = tuple(Term(**term) for term in tomllib.loads(_FILE.read_text(encoding="utf-8"))["term"])


def button() -> None:
    """Draw a small button that opens all words; they are drawn when it is open."""
    with st.popover(
        "Words",
        type="tertiary",
        icon=":material/menu_book:",
        help="What the words on these pages mean",
        key="glossary",
        on_change="rerun",
    ) as opened:
        if opened.open:
            show()


def show() -> None:
    """Draw all words."""
    lines = []
    for term in TERMS:
        # A new tab: the view that is open stays as it is, uploads and all.
        see = f' <a href="{term.see}" target="_blank" title="See it">↗</a>' if term.see else ""
        lines.append(f"<dt>{term.word}{see}</dt><dd>{term.meaning}</dd>")
    st.html(
        "<style>.sct-words dt{font-weight:600;margin-top:.55rem}.sct-words dd{margin:0;opacity:.85}"
        ".sct-words{max-width:30rem;margin:0!important;padding:0!important}"
        ".sct-words a{color:inherit}</style>"
        f'<dl class="sct-words">{"".join(lines)}</dl>'
    )
