"""Files that other programs open: those with pictures are read, and one without says so."""

import io

import av
import numpy as np
import pytest

import sct
from sct.errors import ClipError


@pytest.mark.parametrize("codec", ["wmv1", "wmv2", "msmpeg4v2", "msmpeg4v3"])
@pytest.mark.parametrize("lost", [0, 1])
def test_windows_media(codec, lost):
    """Also one whose first picture, which the others build on, is lost."""
    buffer = io.BytesIO()
    rng = np.random.default_rng(0)
    with av.open(buffer, "w", format="asf") as container:
        stream = container.add_stream(codec, rate=25, options={"g": "12"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for _ in range(60):
            picture = rng.integers(0, 256, (48, 64, 3), np.uint8)
            packets += stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24"))
        for packet in [*packets, *stream.encode()][lost:]:
            container.mux(packet)
    clip = sct.read_clip(buffer.getvalue(), start=1.0)
    assert len(clip.frames) == 8 and clip.codec == codec


def test_a_gif_without_a_picture_says_so():
    bare = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
    with pytest.raises(ClipError, match="has the header of a video, but no pictures in it"):
        sct.read_clip(bare)


def test_memory_that_runs_out_is_not_called_damage(monkeypatch):
    def full(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr("sct.video.decoding.FrameFormat.frame", full)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            picture = np.zeros((48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    with pytest.raises(ClipError, match="Memory ran out while the clip was read"):
        sct.read_clip(buffer.getvalue())
