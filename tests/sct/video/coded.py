"""Made videos whose frames show their own number, so that a test sees which frame it was given."""

import io
from dataclasses import dataclass, field
from fractions import Fraction

import av
import cv2
import numpy as np
from av.stream import Disposition

WIDTH, HEIGHT, CELL = 128, 96, 24
CORNERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))  # from the top left, row by row


def coded(first: int, count: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """Frames (T, H, W, 3) that show their number in binary between four coloured corners."""
    frames = np.full((count, HEIGHT, WIDTH, 3), 60, np.uint8)
    for corner, colour in enumerate(CORNERS):
        top, left = (HEIGHT - CELL) * (corner // 2), (WIDTH - CELL) * (corner % 2)
        frames[:, top : top + CELL, left : left + CELL] = colour
    for i in range(count):
        for bit in range(8):
            frames[i, 36:60, bit * 16 : bit * 16 + 16] = 255 * ((first + i) >> bit & 1)
    if size == (WIDTH, HEIGHT):
        return frames
    return np.stack([cv2.resize(f, size, interpolation=cv2.INTER_NEAREST) for f in frames])


def number(frame: np.ndarray) -> int:
    """The number that a frame shows; its corners have to be upright and of the right colours."""
    height, width = frame.shape[:2]
    for corner, colour in enumerate(CORNERS):
        y = height * (1 + 6 * (corner // 2)) // 8
        x = width * (1 + 14 * (corner % 2)) // 16
        assert np.abs(frame[y, x].astype(int) - colour).max() < 90, (corner, frame[y, x])
    cells = frame[height // 2, : width // 8 * 8].reshape(8, -1, 3).mean((1, 2))
    assert np.abs(cells - 127).min() > 60, cells
    return sum(1 << bit for bit in range(8) if cells[bit] > 127)


OPTIONS = {
    "libx264": {"crf": "10", "g": "20", "bf": "2"},
    "libx265": {"x265-params": "log-level=none:keyint=20"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "g": "20"},
    **{codec: {"qmax": "3", "g": "20"} for codec in ("mpeg4", "mpeg2video", "mpeg1video", "wmv2")},
}
FORMATS = {"mjpeg": "yuvj420p", "apng": "rgb24", "gif": "rgb8"}
SOUNDS = {"webm": "libopus", "avi": "mp2", "mpeg": "mp2"}


@dataclass(frozen=True)
class Track:
    """A video track to be made: `count` coded frames from `first` on, shown from second `start`."""

    codec: str = "libx264"
    count: int = 60
    first: int = 0
    fps: int = 30
    start: float = 0.0
    default: bool | None = None
    black: bool = False  # the wrong one
    cover: bool = False
    size: tuple[int, int] = (WIDTH, HEIGHT)
    options: dict = field(default_factory=dict)


def muxed(kind: str, *tracks: Track, sound: tuple[float, float] | None = None, **muxing) -> bytes:
    """A file of these tracks, and of silence from a second on and for so many seconds."""
    file = io.BytesIO()
    again = {"io_open": lambda url, flags, options: io.BytesIO(file.getvalue())}
    with av.open(file, "w", format=kind, options=muxing, **again) as container:
        streams = []
        for track in tracks:
            stream = container.add_stream(track.codec, rate=track.fps)
            stream.width, stream.height = track.size
            stream.pix_fmt = FORMATS.get(track.codec, "yuv420p")
            stream.options = OPTIONS.get(track.codec, {}) | track.options
            if track.default is not None:
                stream.disposition = Disposition.default if track.default else 0
            if track.cover:
                stream.disposition = Disposition.attached_pic
            streams.append(stream)
        if sound:
            audio = container.add_stream(SOUNDS.get(kind, "aac"), rate=48000)
            audio.layout = "mono"
        for track, stream in zip(tracks, streams, strict=True):
            for i, pixels in enumerate(coded(track.first, track.count, track.size)):
                picture = av.VideoFrame.from_ndarray(pixels * (not track.black), format="rgb24")
                picture.pts = i + round(track.start * track.fps)
                picture.time_base = Fraction(1, track.fps)
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        if sound:
            silence = np.zeros((1, 960), np.int16)
            for i in range(int(sound[1] * 50)):
                frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
                frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
                frame.pts = round(sound[0] * 48000) + i * 960
                container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return file.getvalue()


def packets(data: bytes) -> list[bytes]:
    """The packets of the first video track."""
    with av.open(io.BytesIO(data)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def remuxed(
    kind: str, data: bytes, shift, fps: int = 30, stored: bool = False, slip: int = -1
) -> bytes:
    """The same pictures in another container, stamped `shift(frame number)`, in frames.

    With `stored`, stamps count the frames in the order stored, which is not that of showing. The
    frame `slip` is to be shown long after it is decoded.
    """
    file = io.BytesIO()
    with av.open(io.BytesIO(data)) as old, av.open(file, "w", format=kind) as new:
        tick = old.streams.video[0].time_base
        stream = new.add_stream_from_template(old.streams.video[0])
        for i, packet in enumerate(p for p in old.demux(video=0) if p.size):
            packet.stream, shown = stream, round(packet.pts * tick * fps)
            packet.time_base, packet.duration = Fraction(1, fps), 1
            packet.pts, packet.dts = shift(shown), shift(i) - 2  # two for the B-frames
            if shown == slip:
                packet.pts += 99999999
            if stored:
                packet.pts = packet.dts = shift(i)
            new.mux(packet)
    return file.getvalue()


def packed_avi(track: Track) -> bytes:
    """MPEG-4 in AVI as DivX stored B-frames: packed behind the frame they wait for."""
    options = {"bf": "1", "b_strategy": "0", "flags": "+bitexact"}
    made = muxed("avi", Track("mpeg4", track.count, track.first, track.fps, options=options))
    start = b"\0\0\1\xb6"  # of a picture; the next two bits tell its type, 2 for B
    stored, placeholder = [], start + b"\x50\x5f"  # "as before", which says that nothing follows
    for content in packets(made):
        if content[content.index(start) + 4] >> 6 == 2:
            stored[-1] += content
            stored.append(placeholder)
        else:
            stored.append(content)
    stored[0] = stored[0].replace(start, b"\0\0\1\xb2DivX503b1393p" + start, 1)
    file = io.BytesIO()
    with av.open(io.BytesIO(made)) as old, av.open(file, "w", format="avi") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for i, content in enumerate(stored):
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, track.fps)
            packet.pts = packet.dts = i
            packet.is_keyframe = i == 0
            new.mux(packet)
    return file.getvalue()
