"""Decoding of one still picture, the frame of a folder of pictures: by FFmpeg or by Pillow.

FFmpeg reads most of them in their own precision. Pillow, with libtiff behind it, reads what FFmpeg
shows in one colour or in wrong ones, such as a TIFF compressed as JPEG is, and the pictures of
formats that may move.
"""

from __future__ import annotations

import ctypes
import io
import logging
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

import av
import numpy as np

from sct.errors import ClipError
from sct.video.endings import ending_of
from sct.video.sources import Limits

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFile import ImageFile

# What is damaged is said in the error's sentence; Pillow's own words on it stay off stderr.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())

_CODECS = (
    *((b"\xff\xd8\xff", "mjpeg"), (b"\x89PNG", "png"), (b"BM", "bmp"), (b"P7", "pam")),
    *((b"P1", "pbm"), (b"P4", "pbm"), (b"P2", "pgm"), (b"P5", "pgm")),
    *((b"P3", "ppm"), (b"P6", "ppm")),
)
# Pillow's readers, named here so that `Image.open` need not print warnings of large pictures.
_BY_PILLOW = (
    *((start, "tiff", "Tiff") for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *((b"GIF8", "gif", "Gif"), (b"RIFF", "webp", "WebP"), (b"\0\0\0", "avif", "Avif")),
)
_EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB")
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B")
_MODES = {"rgb24": "RGB", "rgba": "RGBA"}  # of Pillow, by FFmpeg's names
# Compressions of a TIFF (its tag 259) in which FFmpeg reads what Pillow does not, such as 16 bits.
_COMPRESSION, _TILES, _KNOWN = 259, 322, (1, 2, 3, 4, 5, 8, 32773, 32946)
# The turn (quarters, clockwise) and the mirroring, left and right after it, of EXIF's orientations.
_TURNS = {
    **{1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True)},
    **{5: (1, True), 6: (1, False), 7: (3, True), 8: (3, False)},
}


@dataclass(frozen=True)
class Still:
    """Holds a decoded picture.

    Attributes:
        picture: as it is stored, or upright already.
        codec: in which it was coded.
        quarters, mirrored: the clockwise quarter turns that it still needs, then the mirroring.
        rotation: the degrees that its EXIF data ask for, done or not.
    """

    picture: av.VideoFrame
    codec: str
    quarters: int
    mirrored: bool
    rotation: int


def decoded(data: bytes, name: str, title: str, limits: Limits) -> Still:
    """Decode a picture.

    Args:
        data: the file.
        name: its own; the ending tells what bytes do not.
        title: begins a message.
        limits: of its sides.

    Raises:
        ClipError: it moves, or is too large.
        Exception: of any kind, where it is damaged.
    """
    kind = next((kind for start, *kind in _BY_PILLOW if data.startswith(start)), None)
    if kind and (found := _by_pillow(data, *kind, title, limits)):
        return found
    codec = next((codec for start, codec in _CODECS if data.startswith(start)), "")
    codec = kind[0] if kind else codec or ("targa" if ending_of(name) == ".tga" else "mjpeg")
    context = av.CodecContext.create(codec, "r")
    context.thread_count = 1
    # A picture that is cut off is an error, not half grey; a TIFF needs its end in any case.
    strict = {} if codec == "tiff" else {"err_detect": "explode"}
    context.options = {"max_pixels": str(int(limits.side**2)), **strict}
    picture = (context.decode(av.Packet(data)) or context.decode(None))[0]
    limits.check_size(title, picture.width, picture.height)
    quarters, mirrored = _orientation(data)
    return Still(picture, codec, quarters, mirrored, 90 * quarters)


def _by_pillow(data: bytes, codec: str, reader: str, title: str, limits: Limits) -> Still | None:
    """Decode a picture by Pillow; None if FFmpeg should, as it is a TIFF of more than 8 bits."""
    try:
        image = _opened(io.BytesIO(data), reader)
    except Exception:
        image = None  # of no mode that Pillow knows
    if codec == "tiff" and (image is None or image.mode not in _EIGHT_BITS):
        tags = _tiff_tags(data)
        if tags.get(_COMPRESSION, 1) in _KNOWN and _TILES not in tags:
            return None
    if image is None or image.mode not in (*_EIGHT_BITS, *_SIXTEEN_BITS):
        raise ValueError("not a picture whose greys have a known range")
    with image:
        if codec != "tiff" and image.is_animated:
            raise ClipError(f"{title} moves; a clip of pictures consists of stills.")
        limits.check_size(title, *image.size)
        quarters, mirrored = orientation(image)
        rotation = 90 * quarters
        image.load()
        if codec == "tiff":  # Pillow turns it
            quarters, mirrored = 0, False
        clear = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
        form = "gray16le" if image.mode in _SIXTEEN_BITS else "rgba" if clear else "rgb24"
        colours = np.asarray(image.convert(_MODES[form]) if form in _MODES else image)
    colours = np.ascontiguousarray(colours, "<u2" if form == "gray16le" else np.uint8)
    picture = av.VideoFrame.from_ndarray(colours, form)
    return Still(picture, codec, quarters, mirrored, rotation)


@lru_cache(maxsize=1)
def _silence_libtiff() -> None:
    """Keep what libtiff prints of damaged files off stderr, which Pillow does not see to."""
    from PIL import _imaging

    with suppress(OSError, AttributeError):  # AttributeError: built into Pillow, unseen from here
        libtiff = ctypes.CDLL(_imaging.__file__)  # where its names are found, too
        libtiff.TIFFSetErrorHandler(None)
        libtiff.TIFFSetWarningHandler(None)


def _opened(file: io.BufferedIOBase, reader: str) -> ImageFile:
    _silence_libtiff()
    module = import_module(f"PIL.{reader}ImagePlugin")  # late: most clips need none
    return getattr(module, f"{reader}ImageFile")(file)


def _tiff_tags(data: bytes) -> dict[int, object]:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file = io.BytesIO(data)
    tags = ImageFileDirectory_v2(file.read(8))
    file.seek(tags.next)
    tags.load(file)
    return dict(tags)


def orientation(image: Image.Image) -> tuple[int, bool]:
    """Return the clockwise quarter turns, then mirroring, that a picture's EXIF data ask for."""
    try:
        return _TURNS.get(image.getexif().get(0x112), (0, False))
    except Exception:  # damaged ones ask for nothing
        return 0, False


def _orientation(data: bytes) -> tuple[int, bool]:
    from PIL import Image  # late: videos need none of it

    try:
        with Image.open(io.BytesIO(data)) as image:
            return orientation(image)
    except Exception:  # what Pillow does not know has no such data
        return 0, False
