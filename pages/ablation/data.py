"""The data of the analyses over many clips: made clips, the operator's folders, an own set."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.ablation import own_set
from pages.state import url_widgets
from pages.state.view import View
from pages.widgets.markdown import file_argument, plain
from sct.errors import DataError, SCTError
from sct.evaluation.open import made_data

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.options import EvaluationOptions

MADE, OWN = "made clips", "your own set"
_MOST_FOLDERS = 100


@dataclass(frozen=True)
class Data:
    """Clips with known answers.

    Args:
        clips: what they are called after their number, such as "made clips".
        key: what tells them from others.
        limit: the most that are taken.
        split: which of them.
        shell: what follows `--data`, fit for a shell.
        open: gives what the core takes as data, for as long as it is needed.
    """

    clips: str
    key: Hashable
    limit: int
    split: str
    shell: str
    open: Callable[[], AbstractContextManager[str | Dataset]]

    def options(self, view: View) -> EvaluationOptions:
        """Return how videos are read: as in the model's training."""
        from sct.datasets.options import as_trained_on

        return as_trained_on(view.loaded.card, {}, split=self.split)


def folders() -> dict[str, Path]:
    """Return the data that the operator lets everyone use: what lies in SCT_DATA, by name.

    A browser's user chooses among these names and can give no path. What a link inside leads out
    of the folder to is not offered.
    """
    root = os.environ.get("SCT_DATA", "")
    if not root:
        return {}
    found: dict[str, Path] = {}
    try:
        top = Path(root).resolve(strict=True)
        for entry in sorted(top.iterdir())[: 10 * _MOST_FOLDERS]:
            place = entry.resolve()
            usable = place.is_dir() or place.suffix.lower() == ".csv"
            if usable and place.is_relative_to(top) and not entry.name.startswith("."):
                found[entry.name] = place
    except (OSError, RuntimeError):
        return {}
    return dict(list(found.items())[:_MOST_FOLDERS])


def choose(view: View) -> Data | None:
    """Draw a choice of data and of how much of it; None until an own set is there that fits."""
    names = [MADE, OWN, *(name for name in folders() if name not in (MADE, OWN))]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = url_widgets.select("Clips", names, "data", MADE, width=220)
        limit = int(url_widgets.number("How many clips", 10, 2000, 100, 10, "clips", width=160))
    if name == OWN:
        own = own_set.choose(view)
        if own is None:
            return None
        limit, words = min(limit, own.known), shlex.quote(file_argument(own.name))
        return Data(f"clips of your set “{own.name}”", own.key, limit, own.split, words, own.open)
    if name == MADE:
        if view.clip.from_file:
            st.caption(
                "Made clips are drawn by the computer, so that their answers are known; "
                f"{plain(view.clip.name, 60)}, the clip on the screen, is none of them."
            )
        made = made_data(view.loaded.labels) or "motion"
        return Data(MADE, MADE, limit, "test", made, lambda: _as_it_is(made))
    words = f'"$SCT_DATA"/{shlex.quote(name)}'
    return Data(f"clips of “{name}”", name, limit, "test", words, lambda: _folder(name))


@contextmanager
def _as_it_is(made: str) -> Iterator[str]:
    yield made


@contextmanager
def _folder(name: str) -> Iterator[str]:
    """Yield where the operator's data lies; errors about it come without the server's paths."""
    place = folders().get(name)
    if place is None:
        raise DataError(f"{name} is no longer there.")
    try:
        yield str(place)
    except (SCTError, ValueError) as error:
        raise DataError(str(error).replace(str(place), name)) from None
