"""The worst files that are known: small to send, and long or large to read."""

from __future__ import annotations

import io
import tempfile
import zipfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

SIDE, FRAMES = 4096, 60


@cache
def gif(side: int = SIDE, frames: int = FRAMES) -> bytes:
    """Make a GIF whose frames all change every pixel: some hundred kB for a billion pixels."""
    from PIL import Image

    pictures = [Image.new("P", (side, side), 2 + i) for i in range(frames)]
    palette = [value for i in range(256) for value in (i, 255 - i, i)]
    for picture in pictures:
        picture.putpalette(palette)
    out = io.BytesIO()
    more = {"append_images": pictures[1:], "duration": 100, "disposal": 1, "optimize": False}
    pictures[0].save(out, "GIF", save_all=True, **more)
    return out.getvalue()


@cache
def h264(side: int = SIDE, frames: int = FRAMES) -> bytes:
    """Make an H.264 video of noise that moves; its pictures are costly to decode."""
    import av

    noise = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.mp4"
        with av.open(str(path), "w") as file:
            stream = file.add_stream("libx264", rate=Fraction(10))
            stream.width = stream.height = side
            stream.pix_fmt = "yuv420p"
            stream.options = {"preset": "ultrafast", "crf": "51", "g": str(frames)}
            for i in range(frames):
                frame = av.VideoFrame.from_ndarray(np.roll(noise, 9 * i, 1), format="rgb24")
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        return path.read_bytes()


@cache
def zip_bomb(megabytes: int = 3000) -> bytes:
    """Make an own set whose clips are far larger than the archive: of zeros, 1000 to one."""
    out = io.BytesIO()
    zeros = bytes(1 << 20)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for label in ("pan left", "pan right"):
            with archive.open(f"{label}/clip.mp4", "w", force_zip64=True) as file:
                for _ in range(megabytes // 2):
                    file.write(zeros)
    return out.getvalue()
