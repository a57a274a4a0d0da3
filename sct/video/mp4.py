"""Writing of frames as a video that browsers play."""

from __future__ import annotations

import io
import math
import os
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from sct.errors import ClipError
from sct.video.frames import check_frames


def write_mp4(
    frames: np.ndarray, path: str | os.PathLike | None = None, fps: float = 10.0
) -> bytes:
    """Encode frames as H.264 (yuv420p, playable while it loads) and return the bytes of the mp4.

    Args:
        frames: uint8 (T, H, W, 3), RGB, T >= 1. An odd side grows by one pixel, its edge repeated:
            4:2:0 needs even sides.
        path: where to write the same bytes too, or None.
        fps: frames a second, above 0 and at most 240.

    Raises ValueError on frames or fps of another kind, ClipError if `path` cannot be written.
    """
    frames = np.asarray(frames)
    check_frames(frames)
    if not (math.isfinite(fps) and 0 < fps <= 240):
        raise ValueError(f"fps must be above 0 and at most 240, not {fps!r}.")
    height, width = frames.shape[1:3]
    frames = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    buffer = io.BytesIO()
    with av.open(
        buffer,
        "w",
        format="mp4",
        options={"movflags": "faststart"},
        # To move the index to the front FFmpeg reads again what it wrote so far.
        io_open=lambda url, flags, options: io.BytesIO(buffer.getvalue()),
    ) as container:
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "18", "preset": "veryfast", "threads": "2"}
        # Untagged colours are BT.601 to some players and BT.709 to others.
        coder = stream.codec_context
        coder.colorspace, coder.color_range = Colorspace.ITU709, ColorRange.MPEG
        coder.color_primaries, coder.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        for pixels in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            picture = picture.reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    data = buffer.getvalue()
    if path is not None:
        try:
            with open(path, "wb") as file:
                file.write(data)
        except OSError as error:
            raise ClipError(
                f"The video could not be written to {os.fspath(path)!r}: {error.strerror}."
            ) from error
    return data
