"""Browser components of the lessons: demos that answer while a patch is being dragged, the cards
of the first screen, and what a teacher needs before a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from viz.components import player
from viz.components.component import Component

HERE = Path(__file__).parent
DEMOS = ("patches", "inside", "hashing", "shifted", "twins")


def _component(name: str, state: str) -> Component:
    files = (HERE / f"{name}.js", player.STYLE, HERE / "lessons.css", HERE / "presenter.css")
    return Component(f"sct_lesson_{name}", *files, state=state, root="sct-player")


COMPONENTS = {name: _component(name, "view") for name in DEMOS}
CARDS = _component("cards", "open")
PRESENTER, BALLOT = _component("presenter", "go"), _component("ballot", "count")


def mount(
    name: str, message: bytes, key: str, on_view: Callable[[object], None] | None = None
) -> None:
    """Put a demo on the page.

    Args:
        name: one of `DEMOS`.
        message: of `viz.components.lessons.contents`.
        key: of the component in the session.
        on_view: called before the rerun that follows a change, with what the browser says, which
            comes from outside and may be anything.
    """
    COMPONENTS[name].mount(message, key, on_view)


def mount_cards(
    cards: Sequence[dict[str, Any]], counted: str, key: str, on_open: Callable[[object], None]
) -> None:
    """Show the lessons as cards; `on_open` is given the key of the one that was clicked.

    `counted` is what is said of the questions: so many of two are "right", or "answered".
    """
    CARDS.mount({"cards": list(cards), "counted": counted}, key, on_open)


def mount_presenter(
    presenting: bool,
    at: int,
    of: int,
    anchor: str,
    key: str,
    on_go: Callable[[object], None],
) -> None:
    """Let the panels of a lesson be turned by keys and buttons, or scroll to one of its headings.

    Args:
        presenting: whether there are panels to be turned.
        at, of: the panel that is shown, from 1, and how many there are.
        anchor: of a lesson that is not presented, the heading to begin at; "" for its top.
        on_go: given the panel that is asked for, or "leave"; from outside, may be anything.
    """
    data = {"presenting": presenting, "at": at, "of": of, "anchor": anchor}
    PRESENTER.mount(data, key, on_go)


def mount_ballot(
    question: str,
    options: Sequence[str],
    counts: Sequence[int],
    right: int | None,
    edit: int,
    key: str,
    on_count: Callable[[object], None],
) -> None:
    """Count a show of hands.

    Args:
        question, options: as they stand, without Markdown.
        counts: hands of each option. edit: how many changes led to them.
        right: the option that is coloured, if it may be known.
        on_count: given {"counts", "edit"}; from outside, may be anything.
    """
    data = {"question": question, "options": list(options), "counts": list(counts)}
    BALLOT.mount({**data, "right": right, "edit": edit}, key, on_count)
