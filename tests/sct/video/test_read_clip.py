"""Reading whole videos: every kind of file, sampling by time stamps, sizes and orientation."""

import io
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sct.video.clip import Clip, read_clip, view

STEP = 5  # as in conftest.py


def indices(clip: Clip) -> list[int]:
    """Which frames of a made video these are, by their brightness."""
    return [round(float(frame.mean()) / STEP) for frame in clip.frames]


KINDS = [
    ("libx264", "mp4", "yuv420p", "h264"),
    ("libx264", "mov", "yuv444p", "h264"),
    ("libx264", "matroska", "yuv420p", "h264"),
    ("libx264", "mpegts", "yuv420p", "h264"),
    ("libx264", "mp4", "yuv420p10le", "h264"),
    ("libx264rgb", "mp4", "rgb24", "h264"),
    ("libx265", "mp4", "yuv420p10le", "hevc"),
    ("mpeg4", "avi", "yuv420p", "mpeg4"),
    ("mjpeg", "avi", "yuvj420p", "mjpeg"),
    ("libvpx-vp9", "webm", "yuv420p", "vp9"),
    ("ffv1", "matroska", "gray16le", "ffv1"),
    ("ffv1", "matroska", "yuva444p10le", "ffv1"),
    ("rawvideo", "avi", "bgr24", "rawvideo"),
]


@pytest.mark.parametrize(("codec", "kind", "pix_fmt", "name"), KINDS)
def test_every_kind_gives_the_frames_shown_at_the_wanted_times(
    make_video, codec, kind, pix_fmt, name
):
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    data = make_video(20, codec=codec, kind=kind, pix_fmt=pix_fmt, options=quiet)
    clip = read_clip(data, frames=5, start=0.3, stride=0.2)
    assert indices(clip) == [3, 5, 7, 9, 11]
    assert clip.times == pytest.approx([0.3, 0.5, 0.7, 0.9, 1.1], abs=2e-3)
    assert (clip.width, clip.height, clip.codec) == (64, 48, name)
    assert clip.frames.shape == (5, 48, 64, 3) and clip.frames.dtype == np.uint8
    assert clip.fps == pytest.approx(10, rel=0.01)
    assert clip.duration_s == pytest.approx(2, abs=0.11)
    assert (clip.held, clip.skipped, clip.rotation) == (0, 0, 0)
    assert 0 < clip.decode_s < 30


def test_gif(make_video):
    data = make_video(12, codec="gif", kind="gif", pix_fmt="gray")
    clip = read_clip(data, frames=4, stride=0.3)
    assert indices(clip) == [0, 3, 6, 9]
    assert clip.codec == "gif" and clip.duration_s == pytest.approx(1.2, abs=0.11)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts", "avi"])
@pytest.mark.parametrize("start", [0.95, 1.0, 2.5, 3.1, 3.9])
def test_a_late_start_seeks_to_exactly_the_same_frames(make_video, kind, start):
    codec = "mpeg4" if kind == "avi" else "libx264"
    options = {"g": "7", "qmax": "2"} if kind == "avi" else {"g": "7", "bf": "3"}
    data = make_video(50, codec=codec, kind=kind, options=options)
    clip = read_clip(data, frames=3, start=start, stride=0.3)
    exact = [start, start + 0.3, start + 0.6]
    assert indices(clip) == [int(second * 10 + 1e-6) for second in exact]


def test_a_file_without_index_falls_back_to_decoding_from_the_beginning(make_video):
    # One key frame in five seconds of MPEG-TS: seeking lands where nothing can be decoded.
    data = make_video(50, kind="mpegts", options={"g": "1000", "sc_threshold": "0"})
    assert indices(read_clip(data, frames=2, start=4.0)) == [40, 41]


def test_variable_rate_is_sampled_by_time_stamps(make_video):
    stamps = [0, 40, 80, 500, 510, 520, 1700, 1750]
    data = make_video(8, kind="matroska", stamps_ms=stamps)
    clip = read_clip(data, frames=8, stride=0.25)
    # 0, 250, 500, 750, 1000, 1250, 1500 and 1750 ms
    assert indices(clip) == [0, 2, 3, 5, 5, 5, 5, 7]
    assert clip.times == pytest.approx([0, 0.08, 0.5, 0.52, 0.52, 0.52, 0.52, 1.75])
    assert clip.distinct == 5


def test_rounded_stamps_count_as_in_time(make_video):
    # 30 frames a second in Matroska: frame 2 is stamped 67 ms and belongs to 66.667 ms.
    data = make_video(30, kind="matroska", fps=30)
    assert indices(read_clip(data, frames=20, stride=1 / 30)) == list(range(20))


def test_a_later_first_stamp_is_time_zero(make_video):
    data = make_video(10, kind="mpegts")  # its stamps start at 1.4 s
    clip = read_clip(data, frames=3)
    assert indices(clip) == [0, 1, 2] and clip.times[0] == pytest.approx(0)


def test_stamps_that_run_backwards_do_not_freeze_the_clip(make_video):
    # H.264 with B-frames in AVI: 0.1, 0.3, 0.4, 0.2, 0.6, 0.7, 0.5 ... seconds, in order of showing
    data = make_video(30, kind="avi", options={"bf": "2"})
    clip = read_clip(data, frames=10, start=0.9)
    assert indices(clip) == list(range(9, 19)) and clip.times[0] == pytest.approx(0.9)


def test_one_wrong_stamp_does_not_turn_the_order_round(make_video):
    made = make_video(8, kind="avi", codec="mjpeg", pix_fmt="yuvj420p")
    file = io.BytesIO()
    with av.open(io.BytesIO(made)) as old, av.open(file, "w", format="matroska") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [packet for packet in old.demux(video=0) if packet.size]
        for packet, stamp in zip(packets, [0, 1, 5, 3, 6, 7, 8, 9], strict=True):
            packet.stream, packet.pts, packet.time_base = stream, stamp, Fraction(1, 10)
            new.mux(packet)
    clip = read_clip(file.getvalue(), frames=10)
    assert clip.times == pytest.approx([0, 0.1, 0.1, 0.1, 0.1, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert indices(clip) == [0, 1, 1, 1, 1, 3, 4, 5, 6, 7]


def test_missing_stamps_fall_back_on_the_frame_rate(make_video):
    data = make_video(20, kind="h264", options={"bf": "0", "x264-params": "log-level=none"}, fps=25)
    clip = read_clip(data, frames=4, stride=0.2)  # a bare stream has no stamps at all
    assert indices(clip) == [0, 5, 10, 15]


def test_a_short_clip_holds_its_last_frame(make_video):
    clip = read_clip(make_video(3), frames=6)
    assert indices(clip) == [0, 1, 2, 2, 2, 2]
    assert (clip.held, clip.distinct) == (3, 3)
    assert clip.times == pytest.approx([0, 0.1, 0.2, 0.2, 0.2, 0.2])


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts"])
def test_a_single_frame_repeats(make_video, kind):
    clip = read_clip(make_video(1, kind=kind), frames=4)
    assert indices(clip) == [0, 0, 0, 0] and clip.held == 3 and clip.fps > 0


@pytest.mark.parametrize(
    ("size", "codec", "kind", "pix_fmt"),
    [
        ((1, 1), "libx264", "mp4", "yuv444p"),
        ((1, 1), "mpeg4", "avi", "yuv420p"),
        ((2, 2), "libx264", "mp4", "yuv420p"),
        ((3, 1), "ffv1", "matroska", "yuv420p"),
    ],
)
def test_tiny_frames_are_scaled_up_for_the_model(make_video, size, codec, kind, pix_fmt):
    data = make_video(30, codec=codec, kind=kind, pix_fmt=pix_fmt, size=size)
    clip = read_clip(data, frames=3, start=0.5)
    assert (clip.width, clip.height) == size and indices(clip) == [5, 6, 7]
    seen = view(clip, 112)
    assert seen.shape == (3, 112, 112, 3)
    assert [round(float(frame.mean()) / STEP) for frame in seen] == [5, 6, 7]


def corners(width: int = 96, height: int = 64) -> np.ndarray:
    """Red top left, green top right, blue bottom left, white bottom right; 4 frames."""
    frames = np.zeros((4, height, width, 3), np.uint8)
    frames[:, : height // 2, : width // 2] = 255, 0, 0
    frames[:, : height // 2, width // 2 :] = 0, 255, 0
    frames[:, height // 2 :, : width // 2] = 0, 0, 255
    frames[:, height // 2 :, width // 2 :] = 255
    return frames


def letters(frame: np.ndarray) -> str:
    height, width = frame.shape[:2]
    names = {(True, False, False): "r", (False, True, False): "g", (False, False, True): "b"}
    spots = [(0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)]
    pixels = [frame[int(y * height), int(x * width)] > 128 for y, x in spots]
    return "".join(names.get(tuple(map(bool, pixel)), "w") for pixel in pixels)


@pytest.mark.parametrize(
    ("rotation", "degrees", "expected"),
    [
        ((0,), 0, "rgbw"),
        ((-90,), 90, "brwg"),  # set_display_rotation counts counterclockwise
        ((180,), 180, "wbgr"),
        ((90,), 270, "gwrb"),
        ((0, True, False), 0, "grwb"),  # mirrored left and right
        ((0, False, True), 180, "bwrg"),  # mirrored top and bottom: half a turn and left and right
    ],
)
def test_rotation_is_obeyed(make_video, rotation, degrees, expected):
    clip = read_clip(make_video(corners(), rotation=rotation), frames=2)
    assert letters(clip.frames[0]) == expected
    assert clip.rotation == degrees
    upright = degrees in (0, 180)
    assert (clip.width, clip.height) == ((96, 64) if upright else (64, 96))
    assert clip.frames.shape[1:3] == (clip.height, clip.width)


def test_pixels_that_are_not_square_become_square(make_video):
    data = make_video(corners(), aspect=Fraction(3, 2), rotation=(-90,))
    clip = read_clip(data, frames=1)
    assert (clip.width, clip.height) == (64, 144)
    assert clip.frames.shape == (1, 144, 64, 3)


def test_big_frames_are_shrunk_while_decoding(make_video):
    data = make_video(2, size=(1280, 720), options={"preset": "ultrafast"})
    clip = read_clip(data, frames=2)
    assert (clip.width, clip.height) == (1280, 720)
    assert clip.frames.shape == (2, 512, 910, 3)
    assert read_clip(data, frames=1, max_size=90).frames.shape == (1, 90, 160, 3)
    strip = make_video(2, size=(2048, 16), options={"preset": "ultrafast"})
    assert read_clip(strip, frames=1, max_size=100).frames.shape == (1, 3, 400, 3)


def test_a_size_that_changes_midway_is_brought_to_the_first(make_video):
    options = {"bf": "0"}
    parts = [
        make_video(5, kind="h264", size=size, options=options) for size in ((64, 48), (96, 96))
    ]
    clip = read_clip(b"".join(parts), frames=10)
    assert clip.frames.shape == (10, 48, 64, 3)
    assert indices(clip) == [0, 1, 2, 3, 4] * 2


def test_paths_bytes_and_files_give_the_same_clip(make_video, tmp_path):
    data = make_video(20)
    path = tmp_path / "walk.mp4"
    path.write_bytes(data)
    by_path, by_text, by_bytes = read_clip(path), read_clip(str(path)), read_clip(data)
    file = io.BytesIO(data)
    file.seek(7)
    by_file = read_clip(file, name="given.mp4")
    assert file.tell() == 7
    with open(path, "rb") as opened:
        by_opened = read_clip(opened)
    pipe = subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE)
    by_pipe = read_clip(pipe.stdout)
    pipe.wait()
    clips = [by_path, by_text, by_bytes, by_file, by_opened, by_pipe]
    assert len({clip.hash for clip in clips}) == 1
    assert [c.name for c in clips] == ["walk.mp4"] * 2 + ["clip", "given.mp4", "walk.mp4", "clip"]
    assert by_path.path == str(path) and by_bytes.path is None


def test_unknown_duration_is_measured(make_video):
    data = make_video(20, codec="libvpx-vp9", kind="webm", pipe=True)
    clip = read_clip(data, frames=3)
    assert indices(clip) == [0, 1, 2]
    assert clip.duration_s == pytest.approx(2.0, abs=0.11)


class Counting(io.BytesIO):
    read_bytes = 0

    def read(self, count=-1):
        data = super().read(count)
        self.read_bytes += len(data)
        return data


@pytest.mark.parametrize("start", [0.0, 3.0])
def test_of_a_plain_file_no_more_is_read_than_the_wanted_frames_take(make_video, start):
    noise = np.random.default_rng(0).integers(0, 256, (60, 120, 160, 3), np.uint8)
    file = Counting(make_video(noise, muxing={"movflags": "faststart"}, options={"g": "10"}))
    read_clip(file, frames=4, start=start)
    assert file.read_bytes < len(file.getvalue()) / 2


MEMORY = """
import resource, sys
from sct.video.clip import read_clip
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
read_clip(sys.argv[1], frames=2)
before = peak()
clip = read_clip(sys.argv[1], frames=4, start=48.0, stride=0.5)
print(peak() - before, clip.times[0])
"""


def test_memory_does_not_grow_with_the_length(make_video, tmp_path):
    pytest.importorskip("resource")
    frame = np.zeros((500, 480, 640, 3), np.uint8)  # 460 MB as RGB
    options = {"preset": "ultrafast", "g": "1000", "sc_threshold": "0"}
    path = tmp_path / "long.ts"
    path.write_bytes(make_video(frame, kind="mpegts", options=options))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    grown, second = map(float, done.stdout.split())
    assert second == pytest.approx(48.0) and grown < 60


def test_threads_read_the_same_clip(make_video):
    data, found = make_video(30), []
    threads = [
        threading.Thread(target=lambda: found.append(read_clip(data, start=1.0).hash))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(found)) == 1
