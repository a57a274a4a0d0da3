"""The clips that a session has looked at last, each with its window: to go back to, to compare.

They are kept in the session alone. Uploads are held in memory, so together they are bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.state import collection_clip, lab_clip, url_values, window
from pages.state.view import Selection

if TYPE_CHECKING:
    from pages.state.view import View

CLIPS = 6
BYTES = 256_000_000  # of uploads
_TRAY = "_tray"
FILE = "_file"  # the upload that is shown
ROUND = "_upload_round"  # how often the field for uploads was emptied


@dataclass(frozen=True)
class Recent:
    """A clip that was looked at.

    Args:
        key: which one it is, whatever its window.
        name: any text. picture: a thumbnail, WebP.
        selection: as it was looked at last.
    """

    key: str
    name: str
    picture: bytes
    selection: Selection


def key_of(selection: Selection) -> str:
    """Return which clip is selected; of the Motion lab there is one, however it is changed."""
    if selection.from_file:
        return f"{selection.source.lower()}:{selection.file.key}"[: url_values.MOST]
    if selection.source == lab_clip.SOURCE:
        return "lab"
    return selection.sample if selection.real else f"{selection.sample}:{selection.seed}"


def name_of(selection: Selection) -> str:
    """Return what a clip is called; of an upload any text."""
    from sct.samples.catalogue import SCENE, samples

    if selection.from_file:
        return selection.file.name
    if selection.source == lab_clip.SOURCE:
        return "Motion lab"
    title, seed = samples()[selection.sample].title, selection.seed
    return title if selection.real or seed == SCENE else f"{title}, scene {seed}"


def recents() -> list[Recent]:
    """Return the clips, the last one first."""
    return list(st.session_state.setdefault(_TRAY, []))


def note(selection: Selection, view: View) -> None:
    """Note that a clip is looked at; what is too much then goes, longest unseen first."""
    key, known = key_of(selection), recents()
    own = next((one for one in known if one.key == key), None)
    if own is not None and own.selection == selection and known[0] is own:
        return
    kept = [Recent(key, name_of(selection), _picture(view), selection)]
    room = BYTES - _size(selection)
    for one in known:
        if one.key != key and len(kept) < CLIPS and _size(one.selection) <= room:
            room -= _size(one.selection)
            kept.append(one)
    st.session_state[_TRAY] = kept


def drop(key: str) -> None:
    """Take a clip out."""
    st.session_state[_TRAY] = [one for one in recents() if one.key != key]


def show(key: str) -> None:
    """Show a clip as it was looked at, from the run on that follows."""
    for one in recents():
        if one.key == key:
            select_again(one.selection)


def select_again(selection: Selection) -> None:
    """Select a clip with its window, before the run that shows it."""
    st.session_state["source"] = selection.source
    if selection.source == lab_clip.SOURCE:
        from sct.synthetic.spec import ClipSpec

        lab_clip.set_spec(ClipSpec.parse(selection.spec))
        return
    if selection.source == "Upload":
        if st.session_state.get(FILE) is not selection.file:
            st.session_state[FILE] = selection.file
            # The field would go on showing the name of another file.
            st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    elif selection.source == collection_clip.SOURCE:
        collection_clip.select(selection.file.run, selection.file.file)
    else:
        url_values.set_value("sample", selection.sample)
        url_values.set_value("scene", selection.seed)
    if selection.from_file or selection.real:
        window.move(selection.source, selection.start, selection.stride)
        url_values.set_value(window.CROP, selection.crop)


def _size(selection: Selection) -> int:
    return selection.file.size if selection.source == "Upload" else 0


def _picture(view: View) -> bytes:
    from sct.video.clip import view as seen
    from viz.components import tray

    pictures = seen(view.clip, tray.SIDE)
    return tray.thumbnail(pictures[len(pictures) // 2])
