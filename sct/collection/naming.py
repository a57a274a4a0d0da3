"""Names of files as text that any table holds, and back to the files."""

from __future__ import annotations

import os
from pathlib import Path

_ESCAPE = "\\x"


def as_text(name: str) -> str:
    """Return a name or path as text: bytes that are none are written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def as_path(text: str) -> str:
    """Return the path whose text this is, as far as there is one.

    Escapes may stand for bytes, or be part of a name: a name that is there as it stands is meant.
    """
    if _ESCAPE not in text:
        return text
    place = ""
    for part in Path(text).parts:
        here = os.path.join(place, part)
        if _ESCAPE in part and not os.path.lexists(here):
            here = os.path.join(place, _named(place or os.curdir, part))
        place = here
    return place


def _named(folder: str, text: str) -> str:
    """Return the name in a folder that is written so, or the text itself where there is none."""
    try:
        with os.scandir(folder) as entries:
            return next((one.name for one in entries if as_text(one.name) == text), text)
    except (OSError, ValueError):
        return text
