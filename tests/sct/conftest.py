"""Real video files for the tests of reading, made with PyAV."""

import io
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest

STEP = 5  # grey levels from one frame to the next: more than any codec here is off


class WriteOnly:
    """A pipe: it cannot seek, so the muxer cannot go back and fill in the duration."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)


def encode_video(
    frames: int | np.ndarray = 40,
    *,
    codec: str = "libx264",
    kind: str = "mp4",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (64, 48),
    fps: Fraction | int = 10,
    stamps_ms: list[int] | None = None,
    options: dict | None = None,
    muxing: dict | None = None,
    rotation: tuple | None = None,
    aspect: Fraction | None = None,
    pipe: bool = False,
    sound: bool = False,
) -> bytes:
    """A video whose frame i is grey of brightness i * STEP, or shows `frames` (T, H, W, 3).

    `size` is (width, height); `rotation` holds set_display_rotation's arguments; `stamps_ms` are
    the times of the frames where they are not evenly spaced.
    """
    if isinstance(frames, int):
        width, height = size
        frames = np.stack(
            [np.full((height, width, 3), i * STEP % 256, np.uint8) for i in range(frames)]
        )
    file = WriteOnly() if pipe else io.BytesIO()
    again = {}  # mp4's "faststart" reads what was written so far
    if not pipe:
        again["io_open"] = lambda url, flags, options: io.BytesIO(file.getvalue())
    with av.open(file, "w", format=kind, options=muxing or {}, **again) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pix_fmt
        stream.options = options or {}
        if stamps_ms:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(*rotation)
        if sound:
            audio = container.add_stream("aac", rate=8000)
            audio.layout = "mono"
        for i, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=pix_fmt)
            if stamps_ms:
                picture.time_base, picture.pts = Fraction(1, 1000), stamps_ms[i]
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        if sound:
            container.mux(audio.encode(None))
    return b"".join(file.parts) if pipe else file.getvalue()


def encode_sound(kind: str, codec: str) -> bytes:
    """Half a second of silence."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=8000)
        stream.layout = "mono"
        for i in range(4):
            silence = np.zeros((1, 1024), np.int16)
            frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, i * 1024, Fraction(1, 8000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture(scope="session")
def make_video() -> Callable[..., bytes]:
    return encode_video


@pytest.fixture(scope="session")
def make_sound() -> Callable[..., bytes]:
    return encode_sound
