"""Interlaced pictures: made videos, and what their frames must show."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from av.filter import Graph

from sct.video.clip import read_clip
from sct.video.deinterlace import deinterlaced
from tests.sct.video.coded import coded, number

BT709 = 1  # ITU-T H.273

SPEED = 4  # columns that the bar moves from one field to the next
BAR = 24


def moments(count: int) -> np.ndarray:
    """Coded frames whose number stands still for two moments, and a bar that moves at each."""
    shown = coded(0, count // 2).repeat(2, axis=0)
    for i, frame in enumerate(shown):
        left = 4 + SPEED * i % 90
        frame[61:71, left : left + BAR] = 255
    return shown


def bars(frame: np.ndarray) -> list[int]:
    """The columns at which the bar begins in each of its rows."""
    return [int(np.argmax(frame[row, :, 1] > 160)) for row in range(63, 69)]


def woven(count: int, top_first: bool) -> list[av.VideoFrame]:
    """Pictures that have the lines of two moments each, and say which lines come first."""
    graph = Graph()
    tick = Fraction(1, 50)
    kind = av.VideoFormat("yuv444p", 128, 48)
    source = graph.add_buffer(width=128, height=48, format=kind, time_base=tick)
    lines = "top" if top_first else "bottom"
    weave = graph.add("weave", f"first_field={lines}")
    graph.link_nodes(source, weave, graph.add("buffersink")).configure()
    found = []
    for i, pixels in enumerate(moments(2 * count)):
        field = np.ascontiguousarray(pixels[(i + (not top_first)) % 2 :: 2])
        frame = av.VideoFrame.from_ndarray(field, format="rgb24").reformat(format=kind.name)
        frame.pts, frame.time_base = i, tick
        graph.push(frame)
        if i % 2:
            found.append(graph.pull())
    return found


def interlaced(codec: str, kind: str, top_first: bool, count: int = 24, **options: str) -> bytes:
    """A video of which each frame has the lines of two moments."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv444p"
        if codec == "mpeg2video":
            stream.pix_fmt = "yuv422p"
        stream.options = options
        for i, frame in enumerate(woven(count, top_first)):
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


X264 = {"crf": "4", "bf": "0", "g": "12", "x264-params": "log-level=none"}
MPEG2 = {"flags": "+ilme+ildct", "qmax": "2", "g": "6"}


@pytest.mark.parametrize("start", [0.0, 0.2, 0.8])
@pytest.mark.parametrize(
    ("codec", "kind", "top_first", "options"),
    [
        ("libx264", "mp4", True, {**X264, "flags": "+ilme+ildct"}),
        ("libx264", "matroska", False, {**X264, "flags": "+ilme+ildct"}),
        ("mpeg2video", "mpegts", True, MPEG2),
    ],
    ids=["top first", "bottom first", "mpeg-2"],
)
def test_of_interlaced_pictures_no_comb_is_left(codec, kind, top_first, options, start):
    data = interlaced(codec, kind, top_first, **options)
    with av.open(io.BytesIO(data)) as file:
        assert next(file.decode(video=0)).interlaced_frame, "as it was meant to be"
    clip = read_clip(data, frames=8, start=start, stride=0.04)
    first = round(start * 25)
    for i, frame in enumerate(clip.frames):
        place = min(first + i, 23)
        assert number(frame) == place and clip.times[i] == pytest.approx(place / 25, abs=1e-3)
        columns = bars(frame)
        # Of one moment, that of the first field; the second's bar is four columns further.
        assert max(columns) - min(columns) <= 2, columns
        assert abs(np.median(columns) - (4 + SPEED * 2 * place % 90)) <= 2, (columns, place)
    assert any("Interlaced" in note for note in clip.notes)


def test_what_is_not_flagged_passes_as_it_is():
    clip = read_clip(interlaced("libx264", "mp4", True, **X264), frames=3, stride=0.04)
    assert not clip.notes and max(bars(clip.frames[1])) - min(bars(clip.frames[1])) > 2


@pytest.mark.parametrize("size", [(2, 16), (4, 4)])
def test_a_picture_too_small_for_the_filter_passes_as_it_is(make_video, size):
    options = {**X264, "flags": "+ilme+ildct"}
    clip = read_clip(make_video(6, size=size, options=options), frames=3, stride=0.1)
    assert [round(float(frame.mean()) / 5) for frame in clip.frames] == [0, 1, 2]
    assert not clip.notes


def test_an_interlaced_picture_keeps_its_colours():
    flagged = {**X264, "flags": "+ilme+ildct"}
    data, plain = (interlaced("libx264", "mp4", True, **each) for each in (flagged, X264))
    own, other = (read_clip(each, frames=2, stride=0.4).frames[:, :20] for each in (data, plain))
    assert np.abs(own.astype(int) - other).max() < 40 and np.abs(own - 1.0 * other).mean() < 3


def test_a_rebuilt_picture_keeps_its_tags_and_stands_alone_where_its_neighbours_differ():
    one, two = woven(2, True)
    one.color_range, one.colorspace, one.pts = 2, BT709, 7
    alone = deinterlaced(None, one, None)
    assert (alone.color_range, alone.colorspace, alone.width, alone.height) == (2, BT709, 128, 96)
    assert one.pts == 7, "what was given is left as it was"
    other = two.reformat(width=64)
    for neighbours in ((None, other), (other, None), (other, other)):
        rebuilt = deinterlaced(neighbours[0], one, neighbours[1])
        assert np.array_equal(rebuilt.to_ndarray(), alone.to_ndarray())


@pytest.mark.parametrize(("codec", "kind"), [("png", "mov"), ("apng", "apng")])
def test_png_pictures_sent_in_seven_passes_are_of_one_moment(codec, kind):
    file, frames = io.BytesIO(), moments(8)
    with av.open(file, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "rgb24"
        stream.options = {"flags": "+ildct"}
        for pixels in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    with av.open(io.BytesIO(file.getvalue())) as made:
        assert next(made.decode(video=0)).interlaced_frame
    clip = read_clip(file.getvalue(), frames=8, stride=0.04)
    assert np.array_equal(clip.frames, frames) and not clip.notes
