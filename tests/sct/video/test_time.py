"""Time and track: for each kind of file the very frames, their seconds, and the video's length."""

import io
import json
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace

import av
import pytest

from sct.errors import ClipError
from sct.video.clip import read_clip
from tests.sct.video.coded import Track, coded, muxed, number, packed_avi, remuxed

WRAP = 2**33 / 90000  # seconds after which the stamps of MPEG start from 0 again
VP9, MPEG2, MPEG4, HEVC = (Track(c) for c in ("libvpx-vp9", "mpeg2video", "mpeg4", "libx265"))
COUNTED, ASSUMED = "counted, 30 a second as its pictures say", "counted, 25 a second assumed"
ANEW, STORED, SECOND = "clock starts anew", "order of storage", "Of 2 video tracks, number 2"
FIRST = "Of 2 video tracks, number 1"
WORDS = re.compile("stamps|clock|tracks")


def at(start: float, track: Track | None = None, **more) -> Track:
    return replace(track or Track(), start=start, **more)


def moved(data: bytes, name: bytes, place: int, form: str, value: float) -> bytes:
    """`data` with another number at a place behind the first `name` in it."""
    place += data.index(name) + len(name)
    return data[:place] + struct.pack(form, value) + data[place + struct.calcsize(form) :]


def ts(first: int, start: float, count: int = 60, **more) -> bytes:
    return muxed("mpegts", Track(first=first, start=start, count=count), **more)


def ps(first: int) -> bytes:
    return muxed("mpeg", Track("mpeg2video", first=first, options={"bf": "2"}))


@dataclass(frozen=True)
class Case:
    """A file, and what is right: `count` frames from number `first` on, evenly."""

    make: Callable[[], bytes]
    note: str = ""
    count: int = 60
    first: int = 0
    fps: int = 30


BF2 = {"options": {"bf": "2"}}
STILL = Track("mjpeg", count=1, black=True, default=True)
BLACK, RIGHT = Track(black=True, default=False), Track(default=True)
FEW = Track(black=True, default=True, count=30)
TRACKS = {  # container, its usual track
    **{kind: Track() for kind in ("mp4", "mov", "matroska", "mpegts", "flv", "f4v", "3g2", "nut")},
    "webm": VP9,
    "mpeg": MPEG2,
}
CASES = {
    **{f"plain {k}": Case(lambda k=k, t=t: muxed(k, t)) for k, t in TRACKS.items()},
    # 1. how long: by the pictures, not by the sound and not from the file's second 0
    **{
        f"longer sound {k}": Case(lambda k=k, t=t: muxed(k, t, sound=(0, 6)))
        for k, t in {**TRACKS, "avi": MPEG4}.items()
        if k != "nut"
    },
    **{
        f"earlier sound {k}": Case(lambda k=k, t=t: muxed(k, at(1.5, t), sound=(0, 3)))
        for k, t in TRACKS.items()
        if k != "nut"
    },
    **{f"from 100 s {k}": Case(lambda k=k, t=t: muxed(k, at(100, t))) for k, t in TRACKS.items()},
    **{f"from 700 s {k}": Case(lambda k=k, t=t: muxed(k, at(700, t))) for k, t in TRACKS.items()},
    "sound from 0, from 100 s ps": Case(lambda: muxed("mpeg", at(100, MPEG2), sound=(0, 6))),
    **{
        f"fragments {flags} {start}": Case(
            lambda f=flags, s=start: muxed("mp4", at(s), sound=(s, 6), movflags=f)
        )
        for flags in ("frag_keyframe", "frag_keyframe+empty_moov", "dash+delay_moov", "faststart")
        for start in (0, 100)
    },
    "edit list that cuts": Case(
        lambda: remuxed("mp4", muxed("matroska", Track()), lambda i: i - 10), count=50, first=10
    ),
    "edit list that waits": Case(
        lambda: remuxed("mov", muxed("matroska", Track()), lambda i: i + 40)
    ),
    "header too short mp4": Case(lambda: moved(muxed("mp4", Track()), b"mdhd", 16, ">I", 5000)),
    "header too long mp4": Case(lambda: moved(muxed("mp4", Track()), b"mdhd", 16, ">I", 99999)),
    "movie header 0 mp4": Case(lambda: moved(muxed("mp4", Track()), b"mvhd", 16, ">I", 0)),
    "header too short mkv": Case(
        lambda: moved(muxed("matroska", Track()), b"\x44\x89\x88", 0, ">d", 500.0)
    ),
    "header too long mkv": Case(
        lambda: moved(muxed("matroska", Track()), b"\x44\x89\x88", 0, ">d", 9e6)
    ),
    "header too long flv": Case(lambda: moved(muxed("flv", Track()), b"duration", 1, ">d", 5000.0)),
    "header too short avi": Case(lambda: moved(muxed("avi", MPEG4), b"strh", 36, "<I", 10)),
    "header too long avi": Case(lambda: moved(muxed("avi", MPEG4), b"strh", 36, "<I", 9000)),
    # 2. which track: moving, default, most frames
    "second is default mp4": Case(lambda: muxed("mp4", BLACK, RIGHT), SECOND),
    "second is default mkv": Case(lambda: muxed("matroska", BLACK, RIGHT), SECOND),
    "second is default webm": Case(
        lambda: muxed("webm", at(0, VP9, black=True, default=False), at(0, VP9, default=True)),
        SECOND,
    ),
    "default has fewer mkv": Case(lambda: muxed("matroska", RIGHT, at(0, BLACK, count=90)), FIRST),
    "more frames mp4": Case(lambda: muxed("mp4", FEW, RIGHT), SECOND),
    "more frames mkv": Case(lambda: muxed("matroska", FEW, RIGHT), SECOND),
    "more frames ts": Case(lambda: muxed("mpegts", FEW, RIGHT), SECOND),
    "more frames avi": Case(
        lambda: muxed("avi", Track("mpeg4", black=True, count=30), MPEG4), SECOND
    ),
    "larger ts": Case(lambda: muxed("mpegts", Track(black=True, size=(64, 48)), Track()), SECOND),
    "still is default mp4": Case(lambda: muxed("mp4", STILL, at(0, default=False)), SECOND),
    "still is default mkv": Case(lambda: muxed("matroska", STILL, at(0, default=False)), SECOND),
    "cover mp4": Case(lambda: muxed("mp4", at(0, STILL, default=None, cover=True), Track())),
    "sequence of an avif": Case(
        lambda: muxed("avif", Track("libsvtav1", count=50)), SECOND, count=50
    ),
    # 3. joined files, and clocks that leap
    "joined ts": Case(lambda: ts(0, 0) + ts(60, 0), ANEW, 120),
    "joined ts, parts of 6 frames": Case(lambda: ts(0, 0, 6) + ts(6, 0, 6) + ts(12, 0, 48), ANEW),
    "joined ts, second from 700 s": Case(lambda: ts(0, 0) + ts(60, 700), ANEW, 120),
    "joined ts, first from 700 s": Case(lambda: ts(0, 700) + ts(60, 3), ANEW, 120),
    "joined ts with longer sound": Case(
        lambda: ts(0, 0, sound=(0, 5)) + ts(60, 0, sound=(0, 5)), ANEW, 120
    ),
    "ts over the wrap": Case(lambda: ts(0, WRAP - 1, 120), count=120),
    "ts over a later wrap": Case(lambda: ts(0, WRAP - 62, 120), count=120),
    "joined ps": Case(lambda: ps(0) + ps(60), ANEW, 120),
    "joined mkv": Case(
        lambda: b"".join(muxed("matroska", Track(first=i)) for i in (0, 60)), ANEW, 120
    ),
    "joined webm": Case(
        lambda: b"".join(muxed("webm", at(0, VP9, first=i)) for i in (0, 60)), ANEW, 120
    ),
    "joined h264": Case(
        lambda: b"".join(muxed("h264", Track(first=i)) for i in (0, 60)), COUNTED, 120
    ),
    # 4. no stamps
    "h264": Case(lambda: muxed("h264", Track()), COUNTED),
    "h264 without B-frames": Case(lambda: muxed("h264", Track(options={"bf": "0"})), COUNTED),
    "hevc": Case(lambda: muxed("hevc", HEVC), COUNTED),
    "hevc that does not say": Case(
        lambda: muxed(
            "hevc", Track("libx265", options={"x265-params": "log-level=none:vui-timing-info=0"})
        ),
        ASSUMED,
        fps=25,
    ),
    "mjpeg": Case(lambda: muxed("mjpeg", Track("mjpeg")), ASSUMED, fps=25),
    "obu": Case(lambda: muxed("obu", Track("libsvtav1")), ASSUMED, fps=25),
    "m4v": Case(lambda: muxed("m4v", Track("mpeg4", **BF2)), COUNTED),
    "m2v": Case(lambda: muxed("mpeg2video", Track("mpeg2video", **BF2)), COUNTED),
    "m1v": Case(lambda: muxed("mpeg1video", Track("mpeg1video", **BF2)), COUNTED),
    # 5. B-frames where stamps say nothing of them, or where time does not start at 0
    "B-frames mpeg4 avi": Case(lambda: muxed("avi", Track("mpeg4", **BF2))),
    "B-frames mpeg2 avi": Case(lambda: muxed("avi", Track("mpeg2video", **BF2))),
    "B-frames h264 avi": Case(lambda: muxed("avi", Track()), STORED),
    "B-frames h264 asf": Case(lambda: muxed("asf", Track()), STORED),
    "open groups h264 avi": Case(
        lambda: muxed(
            "avi",
            Track(count=120, options={"bf": "8", "x264-params": "open-gop=1:b-pyramid=normal"}),
        ),
        STORED,
        120,
    ),
    "B-frames packed avi": Case(lambda: packed_avi(Track()), STORED),
    **{
        f"B-frames unsaid {kind}": Case(
            lambda k=kind: remuxed(k, muxed("matroska", Track()), lambda i: i, stored=True), STORED
        )
        for kind in ("mp4", "matroska", "flv", "mpegts")
    },
    "B-frames mpeg4 nut": Case(lambda: muxed("nut", Track("mpeg4", **BF2))),
    "B-frames vob": Case(lambda: muxed("vob", Track("mpeg2video", **BF2))),
    "B-frames ts": Case(lambda: muxed("mpegts", Track("mpeg2video", **BF2))),
    "negative stamps ts": Case(
        lambda: remuxed("mpegts", muxed("matroska", Track()), lambda i: i - 50)
    ),
    # whatever the ending, the content decides
    "wmv": Case(lambda: muxed("asf", Track("wmv2"))),
    "vob": Case(lambda: muxed("vob", MPEG2)),
    "dv": Case(lambda: muxed("dv", Track("dvvideo", fps=25, size=(720, 576))), fps=25),
    "mxf": Case(lambda: muxed("mxf", Track("mpeg2video", fps=25)), fps=25),
    "divx": Case(lambda: muxed("avi", MPEG4)),
    "apng": Case(lambda: muxed("apng", Track("apng"))),
    "gif": Case(lambda: muxed("gif", Track("gif", fps=25)), fps=25),
    "hevc ts": Case(lambda: muxed("mpegts", HEVC)),
}


@pytest.mark.parametrize("name", CASES)
def test_frames_times_and_length_are_those_of_the_pictures(name):
    case = CASES[name]
    data, length = case.make(), case.count / case.fps
    for start in (0.0, 1 / case.fps, 1.0, length - 0.45):
        stride = 1 / case.fps if start == 1 / case.fps else 0.1
        clip = read_clip(data, start=start, stride=stride)
        wanted = [start + i * stride for i in range(8)]
        shown = [min(int(second * case.fps + 1e-6), case.count - 1) for second in wanted]
        assert [number(frame) - case.first for frame in clip.frames] == shown
        assert clip.times == pytest.approx([i / case.fps for i in shown], abs=2e-3)
        assert clip.duration_s == pytest.approx(length, abs=2e-3)
        assert clip.held == sum(second > length for second in wanted)
        assert clip.distinct == len(set(shown)) and clip.skipped == 0
        said = [note for note in clip.notes if WORDS.search(note)]
        assert len(said) == bool(case.note) and all(case.note in note for note in said)
    for start in (length + 0.01, length + 50):
        with pytest.raises(ClipError, match=f"lasts {length:.3g} s, so a start at"):
            read_clip(data, start=start)


def test_frames_that_are_spread_over_a_clip_reach_its_last_second():
    data = muxed("webm", VP9, sound=(0, 6))
    clip = read_clip(data, stride=read_clip(data).duration_s / 8)
    assert [number(frame) for frame in clip.frames] == [0, 7, 15, 22, 30, 37, 45, 52]


@pytest.mark.parametrize("kind", ["mp4", "matroska", "flv", "mpegts"])
def test_a_gap_holds_the_picture_before_it(kind):
    # Nothing for 3 seconds: a video call, a screen that stands still.
    data = remuxed(kind, muxed("matroska", Track()), lambda i: i + 90 * (i >= 40))
    clip = read_clip(data, start=1.0, stride=0.5)
    assert [number(frame) for frame in clip.frames] == [30, 39, 39, 39, 39, 39, 39, 45]
    assert clip.duration_s == pytest.approx(5, abs=2e-3) and clip.held == 0


@pytest.mark.parametrize(("kind", "leaps"), [("mp4", False), ("matroska", False), ("mpegts", True)])
def test_a_long_gap_is_a_new_clock_in_broadcasts_alone(kind, leaps):
    data = remuxed(kind, muxed("matroska", Track()), lambda i: i + 360 * (i >= 40))
    clip = read_clip(data, start=1.0, stride=0.1)
    held = [30, 33, 36, 39, 39, 39, 39, 39]
    shown = [number(frame) for frame in clip.frames]
    assert shown == ([30, 33, 36, 39, 42, 45, 48, 51] if leaps else held)
    assert clip.duration_s == pytest.approx(2 if leaps else 14, abs=2e-3)
    assert any(ANEW in note for note in clip.notes) is leaps


def leaping_part() -> bytes:
    whole = Track(options={"bf": "0"})
    parts = (0, 0, 20), (20, 333, 1), (21, 21 / 30, 39)  # first frame, its second, count
    made = [replace(whole, first=first, start=second, count=n) for first, second, n in parts]
    return b"".join(muxed("mpegts", part) for part in made)


@pytest.mark.parametrize(
    "make",
    [
        leaping_part,
        lambda: remuxed("mpegts", muxed("matroska", Track()), lambda i: i, slip=20),
        lambda: remuxed("flv", muxed("matroska", Track()), lambda i: i, slip=20),
    ],
)
def test_one_stamp_far_off_neither_lengthens_nor_stops_the_clip(make):
    clip = read_clip(make(), start=0.5, stride=1 / 30)
    assert [number(frame) for frame in clip.frames] == [15, 16, 17, 18, 19, 20, 21, 22]
    assert clip.duration_s == pytest.approx(2, abs=2e-3)
    assert not any(WORDS.search(note) for note in clip.notes)


def test_a_cut_recording_starts_with_its_first_whole_picture():
    data = ts(0, 0)[188 * 12 :]  # amid a group of pictures
    early, late = read_clip(data, frames=3), read_clip(data, frames=3, start=1.0)
    assert number(early.frames[0]) == 20 and early.times[0] == 0
    assert [number(frame) for frame in late.frames] == [50, 53, 56]
    assert early.duration_s == pytest.approx(40 / 30, abs=2e-3) == late.duration_s


def test_a_file_cut_off_lasts_as_long_as_what_is_left():
    data = muxed("mp4", Track(options={"crf": "0", "bf": "0"}), movflags="faststart")
    clip = read_clip(data[: len(data) * 3 // 4], frames=64, stride=1 / 30)
    seen = clip.distinct
    assert 20 < seen < 55 and [number(frame) for frame in clip.frames[:seen]] == list(range(seen))
    assert clip.duration_s == pytest.approx((seen + clip.skipped) / 30, abs=2e-3)


# Seconds by: FFmpeg of the whole file, FFmpeg of the video track, and what is right.
DURATIONS = {
    # Sound of 6 s: the file's number is that of the sound, and Matroska has none of a track.
    "longer sound mp4": (lambda: muxed("mp4", Track(), sound=(0, 6)), 6.0, 2.0, 2.0),
    "longer sound webm": (lambda: muxed("webm", VP9, sound=(0, 6)), 6.0, None, 2.0),
    "longer sound flv": (lambda: muxed("flv", Track(), sound=(0, 6)), 6.1, None, 2.0),
    # A start at 700 s: Matroska's and FLV's numbers count from second 0, where nothing is shown.
    "from 700 s mkv": (lambda: muxed("matroska", at(700)), 702.0, None, 2.0),
    "from 700 s ts": (lambda: muxed("mpegts", at(700)), 2.0, 2.0, 2.0),
    # MPEG's numbers are the difference of the file's first stamp and its last.
    "joined ts": (lambda: ts(0, 0) + ts(60, 0), 2.0, 2.0, 4.0),
    "joined ts, second from 700 s": (lambda: ts(0, 0) + ts(60, 700), 702.0, 702.0, 4.0),
    # Nothing tells: neither a header nor a stamp.
    "h264": (lambda: muxed("h264", Track()), None, None, 2.0),
    # The header lies; FFmpeg takes the shorter of it and of the index.
    "header too short mp4": (CASES["header too short mp4"].make, 0.33, 0.33, 2.0),
    "header too long mkv": (CASES["header too long mkv"].make, 9000.0, None, 2.0),
    # Only the sequence has a length that means something.
    "sequence of an avif": (CASES["sequence of an avif"].make, 1.67, None, 50 / 30),
}


@pytest.mark.parametrize("name", DURATIONS)
def test_durations_side_by_side(name, tmp_path):
    make, whole, of_track, right = DURATIONS[name]
    data = make()
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        said = container.duration and container.duration / av.time_base
        said_of_track = stream.duration and float(stream.duration * stream.time_base)
    assert said == (whole and pytest.approx(whole, abs=0.1))
    assert said_of_track == (of_track and pytest.approx(of_track, abs=0.1))
    assert read_clip(data).duration_s == pytest.approx(right, abs=2e-3)
    if program := shutil.which("ffprobe"):  # the same library, where it is installed
        path = tmp_path / "clip"
        path.write_bytes(data)
        command = [program, "-v", "error", "-show_entries", "format=duration", "-of", "json", path]
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        seconds = found.get("format", {}).get("duration")
        assert (seconds and float(seconds)) == (whole and pytest.approx(whole, abs=0.1))


def test_the_code_in_the_frames_is_read_back():
    assert [number(frame) for frame in coded(5, 200)] == list(range(5, 205))
    with pytest.raises(AssertionError):
        number(coded(5, 1)[0][:, ::-1])  # a mirrored frame is not the frame
