"""Written videos: what was written comes back, in a form that browsers play."""

import io

import av
import numpy as np
import pytest

from sct.errors import ClipError
from sct.video.clip import read_clip, write_mp4


def coloured(height: int = 48, width: int = 64) -> np.ndarray:
    frames = np.zeros((6, height, width, 3), np.uint8)
    frames[:, :, : width // 2] = 200, 30, 40
    frames[:, :, width // 2 :] = 10, 220, 90
    frames[3:, : height // 2] = 40, 60, 230
    return frames


def test_colours_times_and_size_come_back():
    frames = coloured()
    clip = read_clip(write_mp4(frames, None, 12.5), frames=6, stride=0.08)
    assert clip.frames.shape == frames.shape and clip.fps == 12.5
    assert clip.duration_s == pytest.approx(0.48)
    inner = np.s_[:, 4:20, 4:28]
    off = clip.frames[inner].astype(int) - frames[inner].astype(int)
    assert np.abs(off).max() <= 6


def test_browsers_can_play_it():
    data = write_mp4(coloured(), fps=30)
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.frames == 6 and stream.average_rate == 30
    assert data.find(b"moov") < data.find(b"mdat")  # the index first: plays while it loads


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (48, 65), (49, 64)])
def test_odd_sides_grow_by_a_repeated_edge(height, width):
    frames = np.full((2, height, width, 3), 120, np.uint8)
    clip = read_clip(write_mp4(frames), frames=2)
    assert clip.frames.shape == (2, height + height % 2, width + width % 2, 3)
    assert np.abs(clip.frames.astype(int) - 120).max() <= 3


def test_the_file_holds_the_bytes(tmp_path):
    path = tmp_path / "out.mp4"
    assert write_mp4(coloured(), path) == path.read_bytes()


def test_frames_of_a_clip_can_be_written():
    clip = read_clip(write_mp4(coloured()), frames=6)  # its frames are read-only
    assert len(read_clip(write_mp4(clip.frames, fps=clip.fps), frames=6).frames) == 6


def test_bad_arguments_are_named(tmp_path):
    frames = coloured()
    for wrong in (frames[0], frames[..., 0], frames / 255, frames[:0], frames[:, :0]):
        with pytest.raises(ValueError, match="frames must be uint8"):
            write_mp4(wrong)
    for fps in (0, -1, float("nan"), float("inf"), 1e6):
        with pytest.raises(ValueError, match="fps must be above 0"):
            write_mp4(frames, fps=fps)
    with pytest.raises(ClipError, match="could not be written"):
        write_mp4(frames, tmp_path / "missing" / "out.mp4")
