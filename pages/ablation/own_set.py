"""An own labelled set: a .zip that a person uploads, unpacked only while something is measured.

The session keeps the archive as it was uploaded; nothing of it lies on the disk between two runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.state.view import View
from pages.widgets.markdown import plain, sentence
from sct.errors import SCTError
from sct.video.sources import Limits, clean_name

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset

_FILE, _HASH = "_own_set", "_own_set_hash"
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
        name: fit to be shown. key: the hash of its bytes. split: see `Content`.
        known: how many of its clips have a label that the model knows.
        file: the upload.
    """

    name: str
    key: str
    split: str
    known: int
    file: Any

    @contextmanager
    def open(self) -> Iterator[Dataset]:
        """Unpack it for as long as it is needed. Raises DataError."""
        from sct.datasets import archive

        with archive.opened(self.file, self.name, split=self.split) as found:
            yield found.dataset


def choose(view: View) -> OwnSet | None:
    """Draw an upload and what is in it; None until there is one that fits the model."""
    file = _upload()
    if file is None:
        return None
    name, key = clean_name(file.name, "set.zip"), _hash(file)
    content = _content(key, name, file)
    if content.problem:
        st.error(sentence(content.problem), icon=":material/error:")
        return None
    return _fitting(view, name, key, content, file)


def _upload() -> Any:
    def keep() -> None:
        st.session_state[_FILE] = st.session_state["own_set"]

    fresh = st.file_uploader(
        "A .zip of class folders, or of clips and a .csv list with the columns path and label",
        type=["zip"],
        key="own_set",
        on_change=keep,
        max_upload_size=_most_mb(),
        help="A clip is a video, or a folder of numbered pictures. Splits called train, val and "
        "test are known: then the test is taken. The archive stays in the memory of this session; "
        "it is unpacked while something is measured, and removed right after.",
    )
    file = fresh or st.session_state.get(_FILE)
    if file is not None and fresh is None:
        st.caption(f"Still here: {plain(file.name, 60)}")
    return file


def _most_mb() -> int:
    try:
        return max(1, int(Limits.from_env().megabytes))
    except SCTError:
        return int(Limits.megabytes)


def _hash(file: Any) -> str:
    """Return the hash of an upload, computed once."""
    known, found = st.session_state.get(_HASH, ("", ""))
    if known != file.file_id:
        found = hashlib.sha256(file.getbuffer()).hexdigest()
        st.session_state[_HASH] = file.file_id, found
    return found


@st.cache_data(max_entries=16, show_spinner="Looking into the archive …")
def _content(key: str, name: str, _file: Any) -> Content:
    from sct.datasets import archive

    try:
        with archive.opened(_file, name) as found:
            dataset = found.dataset
            counts = tuple((label, n) for label, n in dataset.counts.items() if n)
            return Content(counts, found.split, dataset.left_out)
    except SCTError as error:
        return Content(problem=str(error))


def _fitting(view: View, name: str, key: str, content: Content, file: Any) -> OwnSet | None:
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
