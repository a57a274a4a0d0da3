"""The view that a person pinned in the player: in the session, and in the address of the page.

Everything is kept as the text that an address would hold, and read through one check, whether it
came from a link or from the browser's component; neither is to be trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from pages.state import url_widgets
from pages.widgets.markdown import plain

_PINNED, _SENT, _ANSWER = "_pinned", "_sent", "_answer"
T = TypeVar("T")


def value(key: str, label: str, read: Callable[[str], T], default: T, most: int = 64) -> T:
    """What is pinned under `key`, which then stands in the address unless it is the default.

    Args:
        label: what a person calls it.
        read: makes a value of a text; raises ValueError. `str` of the value is its text.
        most: characters of a text that are read.
    """
    held = st.session_state.setdefault(_PINNED, {})
    wanted = url_widgets.asked(key)
    text = held.get(key) if wanted is None else wanted
    found = default
    if text is not None:
        try:
            found = read(text[:most])
        except ValueError as error:
            if wanted is not None:
                url_widgets.notice(
                    f"{label}: “{plain(wanted, 60)}” cannot be had here ({plain(error, 200)}), "
                    f"“{plain(default, 60)}” is shown."
                )
    held[key] = str(found)
    if found == default:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != str(found):
        st.query_params[key] = str(found)
    return found


def put(key: str, found: object) -> None:
    """Pin a value before the run that shows it, as a widget's callback does; see `value`."""
    st.session_state.setdefault(_PINNED, {})[key] = str(found)


def text(key: str) -> str | None:
    """What is pinned under `key`, as an address has it."""
    return st.session_state.setdefault(_PINNED, {}).get(key)


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number from `least` to `most`."""

    def read(text: str) -> int:
        digits = text.strip()
        if not (digits.lstrip("-").isascii() and digits.lstrip("-").isdigit()):
            raise ValueError(f"a whole number from {least} to {most} is needed")
        number = int(digits)
        if not least <= number <= most:
            raise ValueError(f"it goes from {least} to {most}")
        return number

    return read


def one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"it is one of {', '.join(names)}")
        return text

    return read


class Patch(tuple):
    """(row, column), whose text is "row,column"."""

    def __str__(self) -> str:
        return f"{self[0]},{self[1]}"


def patch(grid: int) -> Callable[[str], Patch]:
    from viz.raster.geometry import parse_token

    return lambda text: Patch(parse_token(text, grid))


def keep(player: str, view: object, fields: dict[str, str]) -> None:
    """Take over what the player says. `fields`: its names -> keys; "patch": row and column."""
    if not isinstance(view, dict):
        return
    held = st.session_state.setdefault(_PINNED, {})
    texts = {name: _text(view.get(name)) for name in (*fields, "row", "column", "edit")}
    if texts["row"] and texts["column"]:
        texts["patch"] = f"{texts['row']},{texts['column']}"
    for name, key in fields.items():
        if texts.get(name):
            held[key] = texts[name]
    held[f"edit {player}"] = texts["edit"] or "0"
    st.session_state[_ANSWER] = player


def edit(player: str) -> int:
    """How many changes this player has made; it goes back to it, so that it knows what is newer."""
    try:
        return whole(0, 10**9)(st.session_state.get(_PINNED, {}).get(f"edit {player}", "0"))
    except ValueError:
        return 0


def message(player: str, of: Any, frame: int, make: Callable[[], tuple[bytes, range]]) -> bytes:
    """The player's message: the very one it has, if it only told of a change and has all it needs.

    Args:
        of: what the message is of; anything that can be compared.
        frame: the frame that is pinned.
        make: makes a message, and says which frames it holds.
    """
    sent = st.session_state.setdefault(_SENT, {})
    answering = st.session_state.pop(_ANSWER, None) == player
    known = sent.get(player)
    if not (answering and known and known[0] == of and frame in known[2]):
        sent[player] = known = (of, *make())
    return known[1]


def _text(value: object) -> str:
    """A name or a whole number as text; anything else as none."""
    if isinstance(value, str):
        return value[:64]
    # The browser has one kind of number.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value:
        return str(int(value)) if abs(value) < 1e9 and value == int(value) else ""
    return ""
