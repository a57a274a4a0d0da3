"""What H.264 leaves of frames: encoded at a low rate in memory, and decoded again."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from sct.validation import SENTENCE, check_whole
from sct.video.frames import check_frames


def through_h264(frames: np.ndarray, crf: int, fps: int = 10) -> np.ndarray:
    """Encode and decode frames.

    Args:
        frames: uint8 (T, H, W, 3), RGB, T >= 1; even sides.
        crf: constant rate factor, 0 (lossless) to 51 (worst).
        fps: frames a second, 1 to 240, which the encoder reckons with.

    Returns:
        uint8 (T, H, W, 3).

    Raises:
        ValueError: frames of another kind, or a number out of range.
    """
    check_frames(frames)
    check_whole("crf", crf, 0, 51, form=SENTENCE)
    check_whole("fps", fps, 1, 240, form=SENTENCE)
    height, width = frames.shape[1:3]
    if height % 2 or width % 2:
        raise ValueError(f"{width} x {height} pixels: both sides must be even")
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, fps)
    encoder.options = {"crf": str(crf), "preset": "ultrafast", "threads": "1"}
    packets = []
    for i, pixels in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        picture.pts = i
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    decoder.extradata = encoder.extradata
    shown = [picture for packet in (*packets, None) for picture in decoder.decode(packet)]
    shown.sort(key=lambda picture: picture.pts)
    return np.stack([picture.to_ndarray(format="rgb24") for picture in shown])
