"""Components of Streamlit that run in the browser: declared from their files, put on a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

_IMPORT = re.compile(r'^import .*? from "(\.{1,2}/[\w/]+\.js)"\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default )", re.MULTILINE)


class Component:
    """Joins the files of one component and declares it to Streamlit when it is first mounted.

    Args:
        name: by which Streamlit knows the component.
        script: the JavaScript module whose default export draws the component; see `bundle`.
        styles: CSS files, in the order in which they apply.
        state: what the browser calls the value that it sends back; None if it sends nothing.
        root: CSS classes of the element that the script fills; the name with dashes if None.
    """

    def __init__(
        self, name: str, script: Path, *styles: Path, state: str | None, root: str | None = None
    ):
        self.name, self.state = name, state
        self.root = root or name.replace("_", "-")
        self._script, self._styles = script, styles

    @cached_property
    def script(self) -> str:
        return bundle(self._script)

    @cached_property
    def style(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in self._styles)

    @cached_property
    def _declared(self) -> Callable[..., Any]:
        import streamlit as st

        # Streamlit takes a text of one line for a path.
        html = f'<div class="{self.root}"></div>\n<!-- filled by the script -->'
        return st.components.v2.component(self.name, html=html, css=self.style, js=self.script)

    def mount(self, data: Any, key: str, on_change: Callable[[object], None] | None = None) -> None:
        """Puts the component on the page.

        Args:
            data: what the script draws: bytes of a message, or what JSON can hold.
            key: of the component in the session.
            on_change: called before the rerun that follows a change in the browser, with the value
                that it sent, which may be anything.
        """
        import streamlit as st

        def changed() -> None:
            if on_change:
                on_change(st.session_state[key].get(self.state))

        told = {f"on_{self.state}_change": changed} if self.state else {}
        self._declared(data=data, key=key, **told)


def bundle(script: Path) -> str:
    """Joins a JavaScript module and all that it imports into one text, each file once.

    A page that takes a single text cannot import neighbours. Imports fall away and so do exports
    but the default one, so no two of the modules may use one name at the top.
    """
    texts: dict[Path, str] = {}

    def add(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        for name in _IMPORT.findall(text):
            if (other := (path.parent / name).resolve()) not in texts:
                add(other)
        texts[path] = _EXPORT.sub("", _IMPORT.sub("", text))

    add(script.resolve())
    return "\n".join(texts.values())
