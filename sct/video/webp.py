"""Animated WebP pictures, which FFmpeg does not decode: read by Pillow."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from types import SimpleNamespace
from typing import TYPE_CHECKING

import av
import numpy as np

from sct.errors import ClipError
from sct.video.alpha import NOTE, flattened
from sct.video.frames import FrameFormat, Keep
from sct.video.sources import Source
from sct.video.stills import orientation

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_ANIMATED, _SEE_THROUGH = 0x02, 0x10  # flags of the header
_SHORTEST_MS, _USUAL_MS = 10, 100  # browsers show what is given no longer for so long
_MOST_PICTURES, _MOST_PARTS = 20_000, 100_000
_SLACK_S = 1e-3  # times are rounded to milliseconds


def is_webp(head: bytes) -> bool:
    """Say whether a file that begins so is a WebP picture."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def sample_webp(
    file: Source, wanted: list[float], short_side: int, keep: Keep | None = None
) -> dict:
    """Do as `sct.video.decoding.decode` does of a WebP picture.

    Raises:
        ClipError: as there, and of a still picture.
    """
    from PIL import Image  # late: few clips need it
    from PIL.WebPImagePlugin import WebPImageFile  # `Image.open` prints warnings of large pictures

    file.seek(0)
    data = bytearray(file.read())
    file.check()
    # What moves has a header that says so, and how large it is.
    if data[12:16] != b"VP8X" or not data[20] & _ANIMATED:
        raise file.still()
    width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    file.limits.check_size(file.title, width, height)
    # Where no picture covers the canvas it is see-through, whatever the header says.
    data[20] |= _SEE_THROUGH
    try:
        image = WebPImageFile(io.BytesIO(data))
    except Image.DecompressionBombError:
        raise ClipError(f"{file.title} has too many pixels for an animated WebP.") from None
    with image:
        if image.n_frames < 2:
            raise file.still()
        if image.n_frames > _MOST_PICTURES:
            raise ClipError(f"{file.title} consists of too many pieces to be decoded.")
        ends = list(accumulate(_lengths(data, image.n_frames)))
        return _sampled(file, image, ends, wanted, short_side, keep)


def _lengths(data: bytearray, count: int) -> Iterator[int]:
    """Yield for how many milliseconds each picture is shown, as the headers of its parts say."""
    at = 12
    for _ in range(_MOST_PARTS):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"ANMF":
            length = int.from_bytes(data[at + 20 : at + 23], "little")
            yield length if length > _SHORTEST_MS else _USUAL_MS
            count -= 1
            if count == 0:
                return
        at += 8 + size + size % 2
    raise ValueError("fewer pictures than the decoder finds")


def _sampled(
    file: Source,
    image: ImageFile,
    ends_ms: list[int],
    wanted: list[float],
    short_side: int,
    keep: Keep | None,
) -> dict:
    begins, ends = (np.array(ms) / 1000 for ms in ([0, *ends_ms[:-1]], ends_ms))
    count, duration = len(ends), float(ends[-1])
    file.limits.check_duration(file.title, duration)
    if wanted[0] > 0 and duration <= wanted[0] + _SLACK_S:
        raise ClipError(
            f"{file.title} lasts {duration:.3g} s, so a start at {wanted[0]:g} s "
            "lies beyond its end."
        )
    taken: list[tuple[np.ndarray, float]] = []
    notes: list[str] = []
    form, square = None, SimpleNamespace(sample_aspect_ratio=None)  # its pixels are square
    places = (
        np.searchsorted(ends, np.array(wanted) + _SLACK_S, "right").clip(max=count - 1).tolist()
    )
    for place in range(places[-1] + 1):  # each is drawn upon the one before
        file.check()
        image.seek(place)
        image.load()
        if place in places:
            whole = np.ascontiguousarray(np.asarray(image.convert("RGBA")))
            picture, transparent = flattened(av.VideoFrame.from_ndarray(whole, "rgba"), None)
            notes += [NOTE] if transparent else []
            if form is None:
                form = FrameFormat.of(picture, square, short_side)
                turn = zip(("quarters", "mirrored"), orientation(image), strict=True)
                form = replace(form, **dict(turn))
            frame = form.frame(picture)
            frame = keep(frame) if keep else frame
            taken += [(frame, float(begins[place]))] * places.count(place)
    width, height = form.upright
    return {
        "frames": np.stack([frame for frame, _ in taken]),
        "times": tuple(second for _, second in taken),
        "width": width,
        "height": height,
        "fps": count / duration,
        "duration_s": duration,
        "rotation": 90 * form.quarters,
        "codec": "webp",
        "skipped": 0,
        "held": sum(duration <= w + _SLACK_S for w in wanted),
        "notes": tuple(dict.fromkeys(notes)),
    }
