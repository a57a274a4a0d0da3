"""Deinterlacing: of a picture that consists of two fields, a whole one at its own time."""

from __future__ import annotations

from fractions import Fraction

import av
from av.filter import Graph

_TICK = Fraction(1, 25)  # of stamps that only say the order
_OF_ONE_MOMENT = ("png", "apng")  # there the flag tells the order in which pixels are sent (Adam7)
NOTE = "Interlaced: each picture is rebuilt from its lines of both moments (FFmpeg's bwdif filter)."


def deinterlaced(
    before: av.VideoFrame | None,
    picture: av.VideoFrame,
    after: av.VideoFrame | None,
    codec: str = "",
) -> av.VideoFrame:
    """Rebuild a picture as of the moment of its first field.

    FFmpeg's bwdif looks at the pictures about it: what stands still keeps all its lines.

    Args:
        before, after: the pictures shown before and after it; None at either end.
        picture: the one to rebuild; it is returned as it is where it is not interlaced, or too
            small for the filter (4 lines or so). Neighbours of another kind or size are left out.
        codec: the coding of the pictures, where it is known.
    """
    if not picture.interlaced_frame or codec in _OF_ONE_MOMENT:
        return picture
    kind = (picture.width, picture.height, picture.format.name)
    given = [
        frame
        for frame in (before, picture, after)
        if frame is not None and (frame.width, frame.height, frame.format.name) == kind
    ]
    graph = Graph()
    source = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=_TICK
    )
    bwdif = graph.add("bwdif", "mode=send_frame:parity=auto:deint=all")
    sink = graph.add("buffersink")
    try:
        graph.link_nodes(source, bwdif, sink).configure()
    except av.FFmpegError:
        return picture
    for i, frame in enumerate(given):
        stamp, tick = frame.pts, frame.time_base
        frame.pts, frame.time_base = i, _TICK
        graph.push(frame)
        frame.pts, frame.time_base = stamp, tick
    graph.push(None)
    for _ in range(given.index(picture) + 1):
        rebuilt = graph.pull()
    return rebuilt
