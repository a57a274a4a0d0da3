"""Animated WebP pictures, which FFmpeg does not decode: read by Pillow."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import TYPE_CHECKING

import av
import numpy as np

from sct.errors import ClipError
from sct.video.alpha import NOTE, flattened
from sct.video.frames import FrameFormat
from sct.video.sources import Source

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_ANIMATED = 2  # a flag of the header
_SHORTEST_MS, _USUAL_MS = 10, 100  # browsers show what is given no longer for so long
_MOST_PICTURES = 20_000
_SLACK_S = 1e-6  # a wanted second may be a sum of rounded ones


def is_webp(head: bytes) -> bool:
    """Say whether a file that begins so is a WebP picture."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def still(file: Source) -> ClipError:
    """Return why a still picture is no clip."""
    return ClipError(f"{file.title} is a still picture; a clip needs moving pictures.")


def sample_webp(file: Source, wanted: list[float], short_side: int) -> dict:
    """Do as `sct.video.decoding.decode` does of a WebP picture.

    Raises:
        ClipError: as there, and of a still picture.
    """
    from PIL import Image  # late: few clips need it

    file.seek(0)
    data = file.read()
    file.check()
    # What moves has a header that says so, and how large it is.
    if data[12:16] != b"VP8X" or not data[20] & _ANIMATED:
        raise still(file)
    width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    file.limits.check_size(file.title, width, height)
    with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
        if image.n_frames < 2:
            raise still(file)
        if image.n_frames > _MOST_PICTURES:
            raise ClipError(f"{file.title} consists of too many pieces to be decoded.")
        return _sampled(file, image, wanted, short_side)


def _sampled(file: Source, image: ImageFile, wanted: list[float], short_side: int) -> dict:
    taken: list[tuple[np.ndarray, float]] = []
    notes: list[str] = []
    form, count, at = None, image.n_frames, 0  # at: milliseconds
    for place in range(count):
        file.check()
        image.seek(place)
        image.load()
        begins, length = at / 1000, image.info.get("duration") or 0
        at += length if length > _SHORTEST_MS else _USUAL_MS
        ends = at / 1000
        file.limits.check_duration(file.title, ends)
        last = place == count - 1
        if last and wanted[0] > 0 and ends <= wanted[0] + _SLACK_S:
            raise ClipError(
                f"{file.title} lasts {ends:.3g} s, so a start at {wanted[0]:g} s lies beyond its "
                "end."
            )
        times = sum(w + _SLACK_S < ends or last for w in wanted[len(taken) :])
        if times:
            whole = np.ascontiguousarray(np.asarray(image.convert("RGBA")))
            picture, transparent = flattened(av.VideoFrame.from_ndarray(whole, "rgba"), None)
            notes += [NOTE] if transparent else []
            # Pixels are square.
            square = SimpleNamespace(sample_aspect_ratio=None)
            form = form or FrameFormat.of(picture, square, short_side)
            taken += [(form.frame(picture), begins)] * times
    width, height = form.upright
    return {
        "frames": np.stack([frame for frame, _ in taken]),
        "times": tuple(second for _, second in taken),
        "width": width,
        "height": height,
        "fps": count / ends,
        "duration_s": ends,
        "rotation": 0,
        "codec": "webp",
        "skipped": 0,
        "held": sum(ends <= w + _SLACK_S for w in wanted),
        "notes": tuple(dict.fromkeys(notes)),
    }
