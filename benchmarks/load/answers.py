"""What a page says, read from the elements that the browser gets: answers, and what went wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

# Classes of HTML that holds answers: predictions, and tables of numbers.
_SAYS = ("sct-said", "sct-cells")
_PLAYER = "sct_player"
_ERROR = 1  # the kind of box that says that something failed


class _Text(HTMLParser):
    """Takes the words out of HTML, and leaves its style sheets."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style and (words := " ".join(data.split())):
            self.words.append(words)


def words(html: str) -> tuple[str, ...]:
    """Return the texts in HTML one after the other: labels, probabilities and what is said of them.

    Style sheets are left out.
    """
    parser = _Text()
    parser.feed(html)
    parser.close()
    return tuple(parser.words)


def said(elements: Mapping[tuple[int, ...], Any]) -> tuple[Any, ...]:
    """Return what a page answers: equal for two people who look at the same thing.

    Args:
        elements: Streamlit's elements by their place on the page.

    Returns:
        the words of each answer, and of each player a digest of the maps and pictures that it got.
    """
    found: list[Any] = []
    for place in sorted(elements):
        element = elements[place]
        kind = element.WhichOneof("type")
        if kind == "html" and any(name in element.html.body for name in _SAYS):
            found.append(words(element.html.body))
        elif kind == "bidi_component" and element.bidi_component.component_name == _PLAYER:
            data = element.bidi_component
            sent = getattr(data, data.WhichOneof("data") or "json")
            raw = sent.encode() if isinstance(sent, str) else bytes(sent)
            found.append((_PLAYER, hashlib.sha256(raw).hexdigest()[:16]))
    return tuple(found)


def wrong(elements: Mapping[tuple[int, ...], Any]) -> list[str]:
    """Return what a page says went wrong: exceptions, and boxes of errors."""
    found = []
    for element in elements.values():
        kind = element.WhichOneof("type")
        if kind == "exception":
            found.append(f"exception: {element.exception.type} {element.exception.message}"[:300])
        elif kind == "alert" and element.alert.format == _ERROR:
            found.append(f"box: {element.alert.body}"[:300])
    return found
