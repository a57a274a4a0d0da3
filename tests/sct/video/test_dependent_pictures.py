"""Pictures that build on others: late starts, cut and joined recordings, edit lists."""

import io
import struct

import av
import pytest

from sct.video.clip import read_clip
from tests.sct.video.coded import Track, muxed, number


@pytest.mark.parametrize("start", [0.0, 0.6, 1.0, 1.05, 1.5])
@pytest.mark.parametrize("codec", ["mpeg4", "mpeg2video", "libx264"])
def test_a_late_start_shows_no_picture_without_what_it_builds_on(codec, start):
    data = muxed("mpegts", Track(codec, count=60, options={"g": "12", "bf": "2"}))
    clip = read_clip(data, frames=6, start=start, stride=1 / 30)
    assert [number(frame) for frame in clip.frames] == [
        int(start * 30 + 0.01) + i for i in range(6)
    ]


@pytest.mark.parametrize("codec", ["mpeg4", "mpeg2video", "libx264"])
def test_a_recording_cut_in_its_middle_begins_with_a_whole_picture(codec):
    data = muxed("mpegts", Track(codec, count=60, options={"g": "20", "bf": "0"}))
    data = data[len(data) // 188 // 2 * 188 :]
    clip = read_clip(data, frames=4, stride=1 / 30)
    first = number(clip.frames[0])
    assert [number(frame) for frame in clip.frames] == [first + i for i in range(4)]
    assert first % 20 == 0 and clip.duration_s == pytest.approx((60 - first) / 30, abs=0.04)


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg2video", "mpeg4", "libvpx-vp9"])
def test_joined_matroska_goes_on_whatever_the_order_stored(codec):
    options = {"bf": "2"} if codec in ("mpeg2video", "mpeg4") else {}
    data = b"".join(
        muxed("matroska", Track(codec, count, first, options=options))
        for first, count in ((0, 30), (30, 45))
    )
    clip = read_clip(data, frames=8, start=0.9, stride=1 / 30)
    assert [number(frame) for frame in clip.frames] == list(range(27, 35))
    late = read_clip(data, frames=8, start=1.3)
    assert [number(frame) for frame in late.frames] == [39 + 3 * i for i in range(8)]
    assert clip.duration_s == pytest.approx(2.5, abs=0.02)


def test_a_file_without_its_index_is_not_sought_in():
    whole = muxed("mxf", Track("mpeg2video", 60, fps=25, options={"g": "12", "bf": "2"}))
    clip = read_clip(whole[: len(whole) * 7 // 10], frames=2, start=1.2, stride=0.04)
    assert [number(frame) for frame in clip.frames] == [30, 31]


def edited(data: bytes, *stretches: tuple[int, int]) -> bytes:
    """An MP4 of 30 frames a second whose edit list shows stretches (first frame, frames)."""
    at = data.index(b"edts") - 4
    (size,) = struct.unpack_from(">I", data, at)
    (delay,) = struct.unpack_from(">i", data, data.index(b"elst") + 16)
    edits = b"".join(
        struct.pack(">IiI", round(frames * 1000 / 30), delay + first * 512, 1 << 16)
        for first, frames in stretches
    )
    table = struct.pack(">I4sII", 16 + len(edits), b"elst", 0, len(stretches)) + edits
    made = bytearray(data[:at] + struct.pack(">I4s", 8 + len(table), b"edts") + table)
    made += data[at + size :]
    for box in (b"moov", b"trak"):  # which lie behind the pictures
        place = made.index(box) - 4
        (old,) = struct.unpack_from(">I", made, place)
        struct.pack_into(">I", made, place, old + 8 + len(table) - size)
    return bytes(made)


@pytest.mark.parametrize(
    ("stretches", "bf"),
    [
        (((0, 15), (45, 15)), "0"),
        (((0, 15), (45, 15)), "3"),
        (((30, 30), (0, 30)), "0"),
        (((30, 30), (0, 30)), "3"),
        (((0, 30), (0, 30)), "3"),
        (((6, 21), (33, 9), (48, 12)), "0"),
    ],
)
def test_an_edit_list_of_several_stretches(stretches, bf):
    data = edited(muxed("mp4", Track(options={"bf": bf, "g": "12"})), *stretches)
    # Where FFmpeg leaves a gap behind B-frames, the picture before it is held.
    with av.open(io.BytesIO(data)) as file:
        shown = [
            (float(picture.pts * picture.time_base), number(picture.to_ndarray(format="rgb24")))
            for picture in file.decode(video=0)
        ]
    kept = [first + i for first, count in stretches for i in range(count)]
    assert [place for _, place in shown] == kept
    for start in (0.0, 0.3, 0.6):
        clip = read_clip(data, frames=8, start=start, stride=0.1)
        for i, frame in enumerate(clip.frames):
            assert number(frame) == [n for t, n in shown if t <= start + 0.1 * i + 1e-3][-1]
        assert clip.duration_s == pytest.approx(shown[-1][0] + 1 / 30, abs=0.01)
        assert not any("clock" in note for note in clip.notes)
