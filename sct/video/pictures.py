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
from sct.video.elsewhere import Elsewhere, Reader, reader
from sct.video.endings import is_picture, may_be_still
from sct.video.frames import FrameFormat, Keep
from sct.video.moving import is_still
from sct.video.picture_names import numbered_pictures, spacing_note
from sct.video.sources import Limits, Source, any_error_as, clean_name, open_source, quoted
from sct.video.stills import decoded

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
        reader: what reads them in this process's place; None where it does itself.
    """

    name: str
    title: str
    path: str
    files: tuple[str, ...]
    fps: float
    notes: tuple[str, ...]
    limits: Limits
    reader: Reader | None = None

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
        asked = sorted(set(places))
        files = self._opened(asked)
        if self.reader:
            found, facts = self.reader.stills(files, self.title, short_side)
            found = [keep(frame) for frame in found] if keep else found
        else:
            found, facts = stills(files, self.title, short_side, self.limits, keep)
        at = dict(zip(asked, found, strict=True))
        return {
            **facts,
            "frames": np.stack([at[place] for place in places]),
            "times": tuple(place / self.fps for place in places),
            "fps": self.fps,
            "duration_s": self.duration,
            "skipped": 0,
            "held": sum(self.duration <= second + _SLACK_S for second in wanted),
            "notes": (*self.notes, *facts["notes"]),
        }

    def _opened(self, places: Iterable[int]) -> Iterator[tuple[str, bytes]]:
        """Yield the names and bytes of pictures. Raises ClipError that names one."""
        left = int(self.limits.megabytes * (1 << 20))
        deadline = time.monotonic() + self.limits.decode_s
        for name in (self.files[place] for place in places):
            if time.monotonic() > deadline:
                raise ClipError(
                    f"Reading the pictures of {self.title} took longer than "
                    f"{self.limits.decode_s:g} s (SCT_MAX_DECODE_S)."
                )
            with _readable(name, self.title) as title:
                path = os.path.join(self.path, name)
                if not stat.S_ISREG(os.stat(path).st_mode):
                    raise ClipError(f"{title} is not a file.")
                with open(path, "rb") as file:
                    data = file.read(left + 1)
            left -= len(data)
            if left < 0:
                raise self.limits.too_big(self.title, "has too large pictures")
            yield name, data


def stills(
    files: Iterable[tuple[str, bytes]],
    folder: str,
    short_side: int,
    limits: Limits,
    keep: Keep | None = None,
) -> tuple[list[np.ndarray], dict]:
    """Decode pictures that are alike into frames.

    Args:
        files: name and bytes of each. folder: in which they are, in quotes.

    Returns:
        frames, uint8 (h, w, 3) each; and the fields of `decode` that they tell: width, height,
        rotation, codec and notes.

    Raises:
        ClipError: one cannot be read, or has another size than the first; it names that one.
    """
    frames, notes = [], {}
    first = size = None
    for name, data in files:
        with _readable(name, folder) as title:
            still = decoded(data, name, title, limits)
            # Pixels of pictures are square, whatever density a file names for printing.
            form = FrameFormat.of(
                still.picture, SimpleNamespace(sample_aspect_ratio=None), short_side
            )
            form = replace(form, quarters=still.quarters, mirrored=still.mirrored)
            picture, transparent = flattened(still.picture, form.matrix, still.codec)
            notes |= dict.fromkeys([*form.notes, *([TRANSPARENT] if transparent else [])])
            frame = form.frame(picture)
        if first is None:
            first, size, kept = name, form.upright, (still.rotation, still.codec)
        if form.upright != size:
            sizes = ["{} x {}".format(*each) for each in (size, form.upright)]
            raise ClipError(
                f"The pictures of {folder} differ in size: {quoted(first)} has "
                f"{sizes[0]} pixels and {quoted(name)} {sizes[1]}; a clip has one size."
            )
        frames.append(keep(frame) if keep else frame)
    facts = {**dict(zip(("width", "height"), size, strict=True)), "notes": tuple(notes)}
    return frames, {**facts, **dict(zip(("rotation", "codec"), kept, strict=True))}


@contextmanager
def _readable(name: str, folder: str) -> Iterator[str]:
    """Give how a message names a picture; any error inside says that it could not be read."""
    title = f"The picture {quoted(name)} of {folder}"
    told = f"{title} could not be read: it is damaged, cut off or of another kind."
    with any_error_as(lambda: ClipError(told)):
        yield title


# -- opening ---------------------------------------------------------------------------------------


@contextmanager
def open_clip(
    source: object, name: str | None, limits: Limits, fps: float | None = None
) -> Iterator[Source | Pictures | Elsewhere]:
    """Open a clip: a file as `open_source` does, or the path of a folder of numbered pictures.

    Within `sct.video.elsewhere.read_by` another process reads what is named by its path.

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
    found = Pictures(title[1:-1], title, path, files, float(rate), tuple(notes), limits, reader())
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
