"""An own labelled set: a .zip that a person uploads, unpacked only while something is measured.

The session keeps the archive as it was uploaded; nothing of it is unpacked between two runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.cache.decoding import OfArchive
from pages.state.view import View
from pages.widgets.markdown import plain, sentence
from pages.widgets.uploads import upload_field
from sct.errors import Busy, SCTError
from sct.serving.uploads import Upload
from sct.video.elsewhere import read_by
from sct.video.sources import clean_name

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset

_FILE = "_own_set"
_NAMED = 5


@dataclass(frozen=True)
class Content:
    """What is in an archive, by its lists and names: no video was opened.

    Args:
        counts: (label, clips) of each.
        split: which clips these are, "test" or "all".
        left_out: (name, reason) of what is no clip.
        problem: why the archive cannot be used, "" if it can.
    """

    counts: tuple[tuple[str, int], ...] = ()
    split: str = "all"
    left_out: tuple[tuple[str, str], ...] = ()
    problem: str = ""


@dataclass(frozen=True, eq=False)
class OwnSet:
    """An archive that fits the model.

    Args:
        name: fit to be shown. key: of the upload. split: see `Content`.
        known: how many of its clips have a label that the model knows.
        file: the upload.
    """

    name: str
    key: str
    split: str
    known: int
    file: Upload

    @contextmanager
    def open(self) -> Iterator[Dataset]:
        """Unpack it for as long as it is needed. Raises DataError."""
        from sct.datasets import archive

        with (
            read_by(OfArchive(self.key)),
            self.file.open() as file,
            archive.opened(file, self.name, split=self.split) as found,
        ):
            yield found.dataset


def choose(view: View) -> OwnSet | None:
    """Draw an upload and what is in it; None until there is one that fits the model."""
    file = _upload()
    if file is None:
        return None
    name, key = clean_name(file.name, "set.zip"), file.key
    content = _content(key, name, file)
    if content.problem:
        st.error(sentence(content.problem), icon=":material/error:")
        return None
    return _fitting(view, name, key, content, file)


def _upload() -> Upload | None:
    return upload_field(
        "A .zip of class folders, or of clips and a .csv list with the columns path and label",
        "own_set",
        _FILE,
        type=["zip"],
        help="A clip is a video, or a folder of numbered pictures. Splits called train, val and "
        "test are known: then the test is taken. The archive stays with this session; it is "
        "unpacked while something is measured, and removed right after.",
    )


@st.cache_data(max_entries=16, show_spinner="Looking into the archive …")
def _content(key: str, name: str, _file: Upload) -> Content:
    from sct.datasets import archive

    try:
        with read_by(OfArchive(key)), _file.open() as file, archive.opened(file, name) as found:
            dataset = found.dataset
            counts = tuple((label, n) for label, n in dataset.counts.items() if n)
            return Content(counts, found.split, dataset.left_out)
    except Busy:  # which is no matter of the archive
        raise
    except SCTError as error:
        return Content(problem=str(error))


def _fitting(view: View, name: str, key: str, content: Content, file: Upload) -> OwnSet | None:
    """Say how the labels of an archive fit the model's question, and return it if two do."""
    labels, counts = set(view.loaded.labels), dict(content.counts)
    strange = [label for label in counts if label not in labels]
    known = sum(n for label, n in counts.items() if label in labels)
    asked = f"the question {view.loaded.question}" if view.loaded.question else "the model"
    which = "clips for testing" if content.split == "test" else "clips"
    said = [f"**{plain(name)}**: {sum(counts.values())} {which} of {len(counts)} classes."]
    if strange:
        lost = sum(counts.values()) - known
        said.append(
            f"{plain(asked).capitalize()} does not know {len(strange)} of them, {_few(strange)}: "
            f"{lost} clip{' is' if lost == 1 else 's are'} left out."
        )
    if content.left_out:
        said.append(f"Not taken as clips: {len(content.left_out)}, {reasons(content.left_out)}.")
    st.markdown(" ".join(said))
    if len(counts) - len(strange) < 2:
        st.error(
            f"Two labels or more must be among those of {plain(asked)}, which are "
            f"{_few(view.loaded.labels, 12)}.",
            icon=":material/error:",
        )
        return None
    return OwnSet(name, key, content.split, known, file)


def _few(names: Sequence[str], most: int = _NAMED) -> str:
    some = [f"“{plain(name, 60)}”" for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(some) + more


def reasons(left_out: Sequence[tuple[str, str]]) -> str:
    """Return a few of (name, reason) as Markdown."""
    said = [f"“{plain(name, 60)}” ({plain(why, 120)})" for name, why in left_out[:_NAMED]]
    more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
    return ", ".join(said) + more
