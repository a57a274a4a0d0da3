"""Videos that people have sent, read by processes that may do nothing else."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.cache.lru import LRUCache
from pages.widgets.session import still_wanted
from sct.errors import Busy, ClipError
from sct.serving.uploads import Upload
from sct.video import clip as here
from sct.video.clip import Clip
from sct.video.decoding import decode as decode_here
from sct.video.elsewhere import read_by
from sct.video.pictures import stills as stills_here
from sct.video.sources import Limits, open_source

if TYPE_CHECKING:
    from sct.serving.decoders import Decoders

_ANYWHERE = os.name == "posix"  # elsewhere no file can be handed to another process
_AGAIN_S = 60.0  # after which a refusal is looked into again: the machine may have been busy


@st.cache_resource(max_entries=1, show_spinner=False)
def _decoders() -> Decoders:
    from sct.serving.decoders import Decoders

    return Decoders()


@st.cache_resource(max_entries=1, show_spinner=False)
def _refused() -> LRUCache:
    """Return why files cannot be read, by file and by what was asked of it."""
    return LRUCache(1024)


@st.cache_resource(max_entries=1, show_spinner=False)
def warm() -> None:
    """Have a process begin, in the background, before somebody sends a file."""

    def begin() -> None:
        with suppress(Busy):
            pool.warm()

    if _ANYWHERE:
        pool = _decoders()
        threading.Thread(target=begin, daemon=True).start()


def read_clip(upload: Upload, frames: int, start: float, stride: float) -> Clip:
    """Read a clip as `sct.video.clip.read_clip` does; what cannot be read is tried but once.

    Raises ClipError, Busy.
    """
    return _read("read_clip", upload, frames=frames, start=start, stride=stride)


def read_moments(upload: Upload, moments: Sequence[float], **_: object) -> Clip:
    """Read a clip as `sct.video.clip.read_moments` does, under its own name. Raises as above."""
    return _read("read_moments", upload, moments=tuple(moments))


@dataclass(frozen=True)
class OfArchive:
    """Reads what is in an archive that somebody has sent, or in a folder of a run.

    It is given to `sct.video.elsewhere.read_by`.

    Attributes:
        owner: key of the archive or folder.
    """

    owner: str

    def decode(self, path: str, wanted: list[float], side: int) -> dict[str, Any]:
        """Decode a file, as `sct.video.decoding.decode` does."""
        if _ANYWHERE:
            return _decoders().decode(path, wanted, side, self.owner, still_wanted)
        with open_source(path, None, Limits.from_env()) as file:
            return decode_here(file, wanted, side)

    def stills(
        self, files: Iterable[tuple[str, bytes]], title: str, side: int
    ) -> tuple[Any, dict[str, Any]]:
        """Decode pictures of a folder, as `sct.video.pictures.stills` does."""
        if _ANYWHERE:
            return _decoders().stills(files, title[1:-1], side, self.owner, still_wanted)
        return stills_here(files, title, side, Limits.from_env())


def _read(reader: str, upload: Upload, **asked: object) -> Clip:
    from sct.serving.decoders import TooMuch

    asked_for = upload.key, reader, tuple(asked.values())
    for known in (upload.key, asked_for):
        said, until = _refused().get(known) or ("", 0.0)
        if time.monotonic() < until:
            raise ClipError(said)
    try:
        with upload.open() as source:
            if _ANYWHERE and not isinstance(source, Path):
                read = getattr(_decoders(), reader)
                return read(source, **asked, name=upload.name, owner=upload.key, check=still_wanted)
            with read_by(OfArchive(upload.key)):  # pictures of a run's folder, too
                clip = getattr(here, reader)(source, **asked, name=upload.name)
            return replace(clip, path=None)  # where it lies is nobody's business
    except ClipError as error:
        # One that takes too much does so whichever part of it is asked for, now and later.
        too_much = isinstance(error, TooMuch)
        until = math.inf if too_much else time.monotonic() + _AGAIN_S
        _refused().put(upload.key if too_much else asked_for, (str(error), until))
        raise
