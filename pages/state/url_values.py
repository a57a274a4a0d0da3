"""URL state of the browser's components: what a player shows, in the session and in the address.

Every value is stored as the text that an address would hold, and read through one check, whether it
came from a link or from a component; neither is to be trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from pages.state import url_widgets
from pages.widgets.markdown import plain

_VALUES, _SENT, _ANSWERING = "_url_values", "_sent", "_answering"
MOST = 64  # characters of a text that are read
T = TypeVar("T")


def _texts() -> dict[str, str]:
    return st.session_state.setdefault(_VALUES, {})


def value(key: str, label: str, read: Callable[[str], T], default: T, most: int = MOST) -> T:
    """Return the value of `key`, and put it into the address unless it is the default.

    Args:
        label: what a person calls it.
        read: makes a value of a text; raises ValueError. `str` of the value is its text.
        most: characters of a text that are read.
    """
    wanted = url_widgets.requested(key)
    text = _texts().get(key) if wanted is None else wanted
    found = default
    if text is not None:
        try:
            found = read(text[:most])
        except ValueError as error:
            if wanted is not None:
                shown = f"“{plain(default, 60)}”" if str(default) else "all"
                url_widgets.add_notice(
                    f"{label}: “{plain(wanted, 60)}” cannot be had here ({plain(error, 200)}), "
                    f"{shown} is shown."
                )
    set_value(key, found)
    url_widgets.write_address(key, "" if found == default else str(found))
    return found


def set_value(key: str, value: object) -> None:
    """Set a value before the run that shows it, as a widget's callback does."""
    _texts()[key] = str(value)


def forget_defaults(*keys: str) -> None:
    """Forget values that nobody has chosen, as they are not in the address: defaults may change."""
    for key in keys:
        if key not in st.query_params:
            _texts().pop(key, None)


def text_of(key: str) -> str | None:
    """Return the text of a value, as an address has it."""
    return _texts().get(key)


def known(key: str) -> bool:
    """Return whether a value was set in this session, or is asked for by the address."""
    return key in _texts() or key in st.query_params


def whole(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number from `least` to `most`."""

    def read(text: str) -> int:
        digits = text.strip()
        if not (digits.lstrip("-").isascii() and digits.lstrip("-").isdigit()):
            raise ValueError(f"a whole number from {least} to {most} is needed")
        number = int(digits)
        if not least <= number <= most:
            raise ValueError(f"it goes from {least} to {most}")
        return number

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """Read a number from `least` to `most`."""

    def read(text: str) -> float:
        found = float(text)
        if not least <= found <= most:
            raise ValueError(f"it goes from {least:g} to {most:g}")
        return found

    return read


def one_of(*names: str) -> Callable[[str], str]:
    """Read one of some names."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"it is one of {', '.join(names)}")
        return text

    return read


class Patch(tuple):
    """A pair (row, column) whose text is "row,column"."""

    def __str__(self) -> str:
        return f"{self[0]},{self[1]}"


def patch(grid: int) -> Callable[[str], Patch]:
    """Read a patch of a grid of `grid` x `grid` patches."""
    from viz.raster.geometry import parse_token

    return lambda text: Patch(parse_token(text, grid))


def store(player: str, told: object, fields: dict[str, str]) -> None:
    """Store what a player tells of its view.

    Args:
        player: key of the component.
        told: a dict of names and values, or nonsense, which is ignored.
        fields: names in `told` and the keys of their values; "patch" stands for row and column.
    """
    if not isinstance(told, dict):
        return
    texts = {name: _text(told.get(name)) for name in (*fields, "row", "column", "edit")}
    if texts["row"] and texts["column"]:
        texts["patch"] = f"{texts['row']},{texts['column']}"
    for name, key in fields.items():
        if texts.get(name):
            set_value(key, texts[name])
    set_value(f"edit {player}", texts["edit"] or "0")
    st.session_state[_ANSWERING] = player


def mount(
    component: Callable[..., None],
    player: str,
    subject: Any,
    frame: int,
    make: Callable[[], tuple[bytes, range]],
    fields: dict[str, str],
) -> None:
    """Put a player on the page whose view stands in the address.

    Args:
        component: its `mount`. player: its key.
        subject, frame, make: as for `cached_message`. fields: as for `store`.
    """
    component(
        cached_message(player, subject, frame, make),
        key=player,
        on_change=lambda told: store(player, told, fields),
    )


def view_of(player: str, frame: int, patch: tuple[int, int], **more: Any) -> dict[str, Any]:
    """Return what a player shows at first; `more` is what it has besides frame and patch.

    With `pinned` among it, as for a link to a patch, the patch stays while others are pointed at.
    """
    row, column = patch
    return {"frame": frame, "row": row, "column": column, "edit": edit_count(player), **more}


def edit_count(player: str) -> int:
    """Return how many changes a player has made; it is sent back, to tell what is newer."""
    try:
        return whole(0, 10**9)(text_of(f"edit {player}") or "0")
    except ValueError:
        return 0


def cached_message(
    player: str, subject: Any, frame: int, make: Callable[[], tuple[bytes, range]]
) -> bytes:
    """Return a player's message: the one it has, if it only told of a change and has all it needs.

    Args:
        subject: what the message is about; anything that can be compared.
        frame: the frame that is shown.
        make: makes a message, and says which frames it holds.
    """
    sent = st.session_state.setdefault(_SENT, {})
    answering = st.session_state.pop(_ANSWERING, None) == player
    known = sent.get(player)
    if not (answering and known and known[0] == subject and frame in known[2]):
        sent[player] = known = (subject, *make())
    return known[1]


def _text(value: object) -> str:
    """Return a name or a whole number as text, and "" for anything else."""
    if isinstance(value, str):
        return value[:64]
    # The browser has one kind of number.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value:
        return str(int(value)) if abs(value) < 1e9 and value == int(value) else ""
    return ""
