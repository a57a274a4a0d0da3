"""Reading a folder of numbered pictures as one clip, as data sets keep the frames of videos."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from sct.errors import ClipError
from sct.validation import Range
from sct.video.alpha import NOTE as TRANSPARENT
from sct.video.alpha import flattened
from sct.video.elsewhere import Elsewhere, reader
from sct.video.endings import is_picture, may_be_still
from sct.video.frames import FrameFormat, Keep
from sct.video.picture_names import numbered_pictures, spacing_note
from sct.video.sources import Limits, Source, any_error_as, clean_name, open_source, quoted
from sct.video.stills import decoded, is_still

FPS = 25.0  # of pictures whose rate nobody says
RATES = Range(0, 1000, open_least=True)
_MOST_NAMES = 200_000  # in one folder
_SLACK_S = 1e-6  # a wanted second may be a sum of rounded ones


# -- which pictures are a clip ---------------------------------------------------------------------


def sequence_in(folder: str | os.PathLike, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the files in a folder that are the pictures of a clip, in their order.

    They are `numbered_pictures`, or else stills of a format that may move, such as 0001.webp.

    Raises:
        ClipError: as `numbered_pictures` does.
    """
    names = list(names)
    if found := numbered_pictures(names):
        return found
    found = numbered_pictures(names, may_be_still)
    return found if found and is_still(os.path.join(folder, found[0])) else ()


# -- reading ---------------------------------------------------------------------------------------


@dataclass
class Pictures:
    """A folder of numbered pictures within limits; the counterpart of `Source` for files.

    Attributes:
        name, title, path: as of a `Source`.
        files: names of the pictures, in order; picture i is shown from second i / `fps` on.
        notes: what was assumed.
    """

    name: str
    title: str
    path: str
    files: tuple[str, ...]
    fps: float
    notes: tuple[str, ...]
    limits: Limits

    @property
    def duration(self) -> float:
        return len(self.files) / self.fps

    def sample(self, wanted: list[float], short_side: int, keep: Keep | None = None) -> dict:
        """Do as `sct.video.decoding.decode` does of a file. Only wanted pictures are opened."""
        if wanted[0] > 0 and self.duration <= wanted[0] + _SLACK_S:
            raise ClipError(
                f"{self.title} lasts {self.duration:.3g} s, so a start at {wanted[0]:g} s "
                "lies beyond its end."
            )
        last = len(self.files) - 1
        places = [min(last, int((second + _SLACK_S) * self.fps)) for second in wanted]
        reader = _Reader(self, short_side)
        frames = {}
        for place in sorted(set(places)):
            frame = reader.read(place)
            frames[place] = keep(frame) if keep else frame
        width, height = reader.upright
        return {
            "frames": np.stack([frames[place] for place in places]),
            "times": tuple(place / self.fps for place in places),
            "width": width,
            "height": height,
            "fps": self.fps,
            "duration_s": self.duration,
            "rotation": reader.rotation,
            "codec": reader.codec,
            "skipped": 0,
            "held": sum(self.duration <= second + _SLACK_S for second in wanted),
            "notes": (*self.notes, *dict.fromkeys(reader.notes)),
        }


class _Reader:
    """Reads pictures of one folder, which must be alike."""

    def __init__(self, folder: Pictures, short_side: int):
        self.folder, self.short_side = folder, short_side
        self.upright: tuple[int, int] = (0, 0)
        self.rotation, self.codec = 0, ""
        self.notes: list[str] = []
        self._left = int(folder.limits.megabytes * (1 << 20))
        self._deadline = time.monotonic() + folder.limits.decode_s
        self._first = ""

    def read(self, place: int) -> np.ndarray:
        """Read a picture as a frame, uint8 (h, w, 3). Raises ClipError that names it."""
        name = self.folder.files[place]
        title = f"The picture {quoted(name)} of {self.folder.title}"
        unreadable = f"{title} could not be read: it is damaged, cut off or of another kind."
        with any_error_as(lambda: ClipError(unreadable)):
            data = self._bytes(os.path.join(self.folder.path, name), title)
            still = decoded(data, name, title, self.folder.limits)
            # Pixels of pictures are square, whatever density a file names for printing.
            stream = SimpleNamespace(sample_aspect_ratio=None)
            form = FrameFormat.of(still.picture, stream, self.short_side)
            form = replace(form, quarters=still.quarters, mirrored=still.mirrored)
            picture, transparent = flattened(still.picture, form.matrix, still.codec)
            self.notes += [*form.notes, *([TRANSPARENT] if transparent else [])]
            frame = form.frame(picture)
        if not self._first:
            self._first, self.upright, self.codec = name, form.upright, still.codec
            self.rotation = still.rotation
        if form.upright != self.upright:
            sizes = ["{} x {}".format(*size) for size in (self.upright, form.upright)]
            raise ClipError(
                f"The pictures of {self.folder.title} differ in size: {quoted(self._first)} has "
                f"{sizes[0]} pixels and {quoted(name)} {sizes[1]}; a clip has one size."
            )
        return frame

    def _bytes(self, path: str, title: str) -> bytes:
        if time.monotonic() > self._deadline:
            raise ClipError(
                f"Reading the pictures of {self.folder.title} took longer than "
                f"{self.folder.limits.decode_s:g} s (SCT_MAX_DECODE_S)."
            )
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ClipError(f"{title} is not a file.")
        with open(path, "rb") as file:
            data = file.read(self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise self.folder.limits.too_big(self.folder.title, "has too large pictures")
        return data


# -- opening ---------------------------------------------------------------------------------------


@contextmanager
def open_clip(
    source: object, name: str | None, limits: Limits, fps: float | None = None
) -> Iterator[Source | Pictures | Elsewhere]:
    """Open a clip: a file as `open_source` does, or the path of a folder of numbered pictures.

    Within `sct.video.elsewhere.read_by` another process reads a file that is named by its path.

    Args:
        source, name, limits: as of `open_source`.
        fps: pictures a second of a folder; 25 if None. A file has its own.

    Raises:
        ClipError: it cannot be opened, or has a rate of its own.
    """
    if isinstance(source, (str, os.PathLike)) and _is_folder(path := os.fsdecode(source)):
        yield open_pictures(path, name, limits, fps)
        return
    with open_source(source, name, limits) as file:
        if fps is not None:
            raise ClipError(
                f"{file.title} is a file, which says itself how fast it plays; "
                "a rate (fps) is for a folder of pictures."
            )
        yield Elsewhere(file.title, file.path, read) if (read := reader()) and file.path else file


def open_pictures(path: str, name: str | None, limits: Limits, fps: float | None) -> Pictures:
    """Open a folder of numbered pictures; see `open_clip`. None is read yet."""
    rate = FPS if fps is None else fps
    if rate not in RATES:
        raise ClipError(f"fps must be a number {RATES}, not {clean_name(repr(fps))}.")
    shown = name or os.path.basename(os.path.abspath(path)) or path
    title = quoted(shown)
    names = _names_in(path, title)
    try:
        files = sequence_in(path, names)
    except ClipError as error:
        raise ClipError(f"The folder {title} {error}.") from None
    if not files:
        few = sum(map(is_picture, names)) == 1
        raise ClipError(
            f"The folder {title} holds "
            + ("a single picture, which does not move" if few else "no numbered pictures")
            + "; a clip is two or more such as img_00001.jpg, img_00002.jpg."
        )
    notes = [] if fps is not None else [f"Folder of pictures: {FPS:g} a second are assumed."]
    if spacing := spacing_note(files):
        notes.append(spacing)
    if aside := sum(map(is_picture, names)) - len(files):
        notes.append(f"Other pictures in the folder are left aside ({aside:,}).")
    found = Pictures(title[1:-1], title, path, files, float(rate), tuple(notes), limits)
    limits.check_duration(title, found.duration)
    return found


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:  # a NUL in it
        return False


def _names_in(path: str, title: str) -> list[str]:
    names = []
    try:
        with os.scandir(path) as found:
            for entry in found:
                names.append(entry.name)
                if len(names) > _MOST_NAMES:
                    raise ClipError(f"The folder {title} holds more than {_MOST_NAMES:,} files.")
    except OSError as error:
        raise ClipError(f"The folder {title} could not be read: {error.strerror}.") from error
    return names
