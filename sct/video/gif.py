"""Writing frames as a GIF that loops for ever."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np


def write_gif(frames: Iterable[np.ndarray], fps: float = 5.0) -> bytes:
    """Encodes frames as a GIF with one palette made for all of them, and returns its bytes.

    Args:
        frames: uint8 (H, W, 3) each, RGB, all of one size, at least one.
        fps: frames a second, above 0 and at most 50; GIF counts hundredths of a second.

    Raises ValueError on frames or fps of another kind.
    """
    frames = [np.ascontiguousarray(frame) for frame in frames]
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1 or any(f.dtype != np.uint8 or f.ndim != 3 for f in frames):
        raise ValueError("frames must be uint8 of shape (H, W, 3), all of one size, at least one.")
    height, width, channels = shapes.pop()
    if channels != 3 or not height or not width:
        raise ValueError("frames must be uint8 of shape (H, W, 3), all of one size, at least one.")
    if not (math.isfinite(fps) and 0 < fps <= 50):
        raise ValueError(f"fps must be above 0 and at most 50, not {fps!r}.")
    rate = Fraction(fps).limit_denominator(1001)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="gif", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        # Encoders count in the stream's own steps; hundredths are all that a GIF can hold.
        stream.codec_context.time_base = Fraction(1, 100)
        for number, picture in enumerate(_indexed(frames, rate)):
            picture.time_base = Fraction(1, 100)
            picture.pts = round(number * 100 / rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _indexed(frames: list[np.ndarray], rate: Fraction) -> list[av.VideoFrame]:
    """The frames in 256 colours, chosen from all of them; no dithering, which flickers."""
    height, width = frames[0].shape[:2]
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=width, height=height, format="rgb24", time_base=Fraction(1) / rate
    )
    split = graph.add("split")
    choose = graph.add("palettegen", "stats_mode=full")
    use = graph.add("paletteuse", "dither=none")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(choose, 1, 0)
    choose.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for number, pixels in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        picture.pts, picture.time_base = number, Fraction(1) / rate
        graph.push(picture)
    graph.push(None)
    return [graph.pull() for _ in frames]
