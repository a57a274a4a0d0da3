"""Conversion of decoded pictures into upright RGB frames of square pixels and bounded size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from sct.video.hdr import HLG, PQ, tone_mapped

# Matrices by their number in ITU-T H.273, as FFmpeg's scaler numbers them.
_BT709, _FCC, _BT601, _SMPTE240M, _BT2020 = 1, 4, 5, 7, 9
_MATRICES = {1: _BT709, 4: _FCC, 5: _BT601, 6: _BT601, 7: _SMPTE240M, 9: _BT2020}
_BT2020_CONSTANT = 10
_UNTAGGED = (0, 2, 3)  # RGB, which these pictures are not; unspecified; reserved
_HD_LINES, _HD_COLUMNS = 720, 1280

# In planes where FFmpeg's scaler mixes up the colours of packed ones, as long as the size stays: of
# pixels of two bytes in the order of old Macs; and of 4:2:0 in 16 bits (HDR).
_TO = dict.fromkeys(("rgb555be", "rgb565be", "bgr555be", "bgr565be"), "gbrp")

_LIMITED = 1  # the range of grey levels from 16 to 235
_STRETCHED = ((np.arange(256) - 16) * 255 / 219).round().clip(0, 255).astype(np.uint8)

# From a frame, uint8 (H, W, 3), to what is kept of it: of another size, alike for all of a video.
Keep = Callable[[np.ndarray], np.ndarray]

_LONGEST = 4  # a frame is at most this many times `short_side` long


def check_frames(frames: np.ndarray) -> None:
    """Raise ValueError unless `frames` is uint8 (T, H, W, 3) with nothing empty."""
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not frames.size:
        raise ValueError(
            "frames must be uint8 of shape (T, H, W, 3) with nothing empty, "
            f"not {frames.dtype} of shape {frames.shape}."
        )


@dataclass(frozen=True)
class FrameFormat:
    """The way in which the pictures of one video become frames.

    Attributes:
        full_size: (width, height) in square pixels, before turning.
        size: the same, shrunk.
        quarters: clockwise quarter turns.
        mirrored: whether left and right change places after turning.
        matrix: which weights make colours of luma and chroma, as FFmpeg's scaler numbers them.
        transfer, primaries: of an HDR video, as in ITU-T H.273; 0 of any other.
        notes: what had to be assumed or converted.
        scaler: FFmpeg's, which keeps from picture to picture what it has worked out of them.
    """

    full_size: tuple[int, int]
    size: tuple[int, int]
    quarters: int
    mirrored: bool
    matrix: int | None = None
    transfer: int = 0
    primaries: int = 0
    notes: tuple[str, ...] = ()
    scaler: VideoReformatter = field(default_factory=VideoReformatter, repr=False, compare=False)

    @classmethod
    def of(cls, picture: av.VideoFrame, stream: av.VideoStream, short_side: int) -> FrameFormat:
        """Choose the format by a picture, for frames of `short_side` pixels or less."""
        aspect = float(stream.sample_aspect_ratio or 1)
        if not 0.25 <= aspect <= 4:  # beyond that it is a mistake
            aspect = 1.0
        width, height = max(1, round(picture.width * aspect)), picture.height
        scale = min(1, short_side / min(width, height), _LONGEST * short_side / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        matrix, notes = _matrix(picture)
        hdr = picture.color_trc in (PQ, HLG)
        if hdr:
            notes += (f"HDR video ({'PQ' if picture.color_trc == PQ else 'HLG'}): tone-mapped.",)
        return cls(
            full_size=(width, height),
            size=size,
            **dict(zip(("quarters", "mirrored"), _orientation(picture), strict=True)),
            matrix=matrix,
            transfer=picture.color_trc if hdr else 0,
            primaries=picture.color_primaries if hdr else 0,
            notes=notes,
        )

    @property
    def upright(self) -> tuple[int, int]:
        """Return the (width, height) of the video as a player shows it."""
        width, height = self.full_size
        return (height, width) if self.quarters % 2 else (width, height)

    def frame(self, picture: av.VideoFrame) -> np.ndarray:
        """Convert a picture to uint8 (H, W, 3), RGB."""
        width, height = self.size
        shrinks = width * height < picture.width * picture.height
        method = Interpolation.AREA if shrinks else Interpolation.BILINEAR
        rgb = self.scaler.reformat(
            picture,
            width=width,
            height=height,
            format="gbrp16le" if self.transfer else _TO.get(picture.format.name, "rgb24"),
            interpolation=method | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
            src_colorspace=self.matrix,
            src_color_range=picture.color_range,
            threads=1,
        ).to_ndarray()
        if picture.color_range == _LIMITED and len(picture.format.components) == 1:
            rgb = _STRETCHED[rgb]  # FFmpeg's scaler takes all grey pictures for full range
        if self.transfer:
            rgb = tone_mapped(rgb, self.transfer, self.primaries)
        rgb = np.rot90(rgb, -self.quarters)
        return rgb[:, ::-1] if self.mirrored else rgb


def _matrix(picture: av.VideoFrame) -> tuple[int | None, tuple[str, ...]]:
    """Return the matrix of a picture's colours, as FFmpeg's scaler numbers it, and what to note."""
    tag = picture.colorspace
    if picture.format.is_rgb or len(picture.format.components) < 3:
        return None, ()
    if tag in _MATRICES:
        return _MATRICES[tag], ()
    if picture.color_trc in (PQ, HLG) or tag == _BT2020_CONSTANT:
        return _BT2020, ()
    large = picture.height >= _HD_LINES or picture.width >= _HD_COLUMNS
    name, matrix = ("BT.709", _BT709) if large else ("BT.601", _BT601)
    if tag not in _UNTAGGED:
        return matrix, (f"The colours are coded in a way not known here: read as {name}.",)
    return matrix, ("HD video that does not name its colours: read as BT.709.",) if large else ()


def _orientation(picture: av.VideoFrame) -> tuple[int, bool]:
    """Return the clockwise quarter turns, then mirroring, that the file asks a player to apply."""
    try:
        matrix = np.frombuffer(bytes(picture.side_data["DISPLAYMATRIX"]), np.int32)
        a, b, _, c, d = (int(v) for v in matrix[:5])
    except (KeyError, ValueError):  # ValueError: PyAV does not know some other side data's type
        # `rotation` is counterclockwise and knows no mirroring.
        return round(-picture.rotation / 90) % 4, False
    # Columns move by (a, b), rows by (c, d); mirroring left and right is undone first.
    mirrored = a * d - b * c < 0
    if mirrored:
        a, c = -a, -c
    if not (a or b):
        return 0, False
    return round(math.degrees(math.atan2(b, a)) / 90) % 4, mirrored
