"""Makes the files that are mutated: tiny videos and pictures of all usual kinds, a model, lists.

Where the project's folder has a folder `shared` beside it, with odd files that people met, those
that are small are mutated too.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from PIL import Image

FRAMES, SIDE = 12, 32
_MOST = 400_000  # bytes; larger files would take the time of many others
_SHARED = Path(__file__).parents[3] / "shared"
_BITEXACT = {"fflags": "+bitexact"}
_X265 = {"x265-params": "log-level=none:pools=1"}
# Name of the file: codec, container, pixel format, options of the codec.
_VIDEOS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "h264.mp4": ("libx264", "mp4", "yuv420p", {"g": "4", "bf": "2"}),
    "h264.mov": ("libx264", "mov", "yuv444p", {"g": "4"}),
    "h264.mkv": ("libx264", "matroska", "yuv420p10le", {}),
    "h264.ts": ("libx264", "mpegts", "yuv420p", {"g": "4"}),
    "h264.flv": ("libx264", "flv", "yuv420p", {}),
    "h264.h264": ("libx264", "h264", "yuv420p", {}),
    "hevc.mp4": ("libx265", "mp4", "yuv420p", _X265),
    "hevc.mkv": ("libx265", "matroska", "yuv420p10le", _X265),
    "vp8.webm": ("libvpx", "webm", "yuv420p", {"deadline": "realtime"}),
    "vp9.webm": ("libvpx-vp9", "webm", "yuv420p", {"deadline": "realtime"}),
    "vp9.mp4": ("libvpx-vp9", "mp4", "yuv420p", {"deadline": "realtime"}),
    "mpeg4.avi": ("mpeg4", "avi", "yuv420p", {"bf": "1"}),
    "mpeg4.mp4": ("mpeg4", "mp4", "yuv420p", {}),
    "mpeg4.nut": ("mpeg4", "nut", "yuv420p", {}),
    "msmpeg4.avi": ("msmpeg4", "avi", "yuv420p", {}),
    "mpeg2.mpg": ("mpeg2video", "mpeg", "yuv420p", {"flags": "+ilme+ildct"}),
    "mpeg2.ts": ("mpeg2video", "mpegts", "yuv422p", {}),
    "mpeg2.mxf": ("mpeg2video", "mxf", "yuv422p", {}),
    "mpeg1.mpg": ("mpeg1video", "mpeg", "yuv420p", {}),
    "h263.flv": ("flv", "flv", "yuv420p", {}),
    "h261.avi": ("h261", "avi", "yuv420p", {}),
    "wmv2.asf": ("wmv2", "asf", "yuv420p", {}),
    "wmv1.wmv": ("wmv1", "asf", "yuv420p", {}),
    "rv20.rm": ("rv20", "rm", "yuv420p", {}),
    "mjpeg.avi": ("mjpeg", "avi", "yuvj420p", {}),
    "mjpeg.mjpeg": ("mjpeg", "mjpeg", "yuvj420p", {}),
    "prores.mov": ("prores_ks", "mov", "yuva444p10le", {"profile": "4444"}),
    "dnxhd.mxf": ("dnxhd", "mxf", "yuv422p", {"profile": "dnxhr_lb"}),
    "ffv1.mkv": ("ffv1", "matroska", "yuva420p", {}),
    "huffyuv.avi": ("huffyuv", "avi", "rgb24", {}),
    "utvideo.avi": ("utvideo", "avi", "gbrap", {}),
    "qtrle.mov": ("qtrle", "mov", "argb", {}),
    "png.mov": ("png", "mov", "rgba", {}),
    "cinepak.avi": ("cinepak", "avi", "rgb24", {}),
    "svq1.mov": ("svq1", "mov", "yuv410p", {}),
    "snow.avi": ("snow", "avi", "yuv420p", {}),
    "jpeg2000.mxf": ("jpeg2000", "mxf", "yuv422p", {}),
    "raw.avi": ("rawvideo", "avi", "bgr24", {}),
    "raw.y4m": ("wrapped_avframe", "yuv4mpegpipe", "yuv420p", {}),
    "msvideo1.avi": ("msvideo1", "avi", "rgb555le", {}),
    "roq.roq": ("roqvideo", "roq", "yuvj444p", {}),
    "gif.gif": ("gif", "gif", "rgb8", {}),
    "apng.apng": ("apng", "apng", "rgba", {}),
}
# Of sizes that the codec has to have.
_SIZES = {
    **{"h261.avi": (176, 144), "h263.flv": (176, 144)},
    **{"dnxhd.mxf": (256, 128), "roq.roq": (64, 64)},
}
_STILLS = {  # ending: modes, and options of Pillow
    "png": (("RGB", "RGBA", "P", "I;16", "1"), {}),
    "jpg": (("RGB", "L", "CMYK"), {}),
    "bmp": (("RGB", "P"), {}),
    "tif": (("RGB", "L", "CMYK", "I;16"), {"compression": "tiff_deflate"}),
    "tiff": (("RGB",), {"compression": "jpeg"}),
    "webp": (("RGB", "RGBA"), {}),
    "gif": (("P",), {}),
    "avif": (("RGB",), {}),
    "ppm": (("RGB",), {}),
    "pgm": (("L", "I;16"), {}),
    "pbm": (("1",), {}),
    "tga": (("RGB", "RGBA"), {"compression": "tga_rle"}),
}
_KINDS = {"jpg": "JPEG", "tif": "TIFF", "pgm": "PPM", "pbm": "PPM"}  # as Pillow calls them


def make(folder: Path) -> Path:
    """Write all files below a folder, and return it."""
    (folder / "videos").mkdir(parents=True)
    for name, data in [*_videos(), *_moving()]:
        (folder / "videos" / name).write_bytes(data)
    (folder / "stills").mkdir()
    for name, data in _stills():
        (folder / "stills" / name).write_bytes(data)
    for room in ("odd", "bugs"):
        for path in sorted((_SHARED / room).rglob("*")) if (_SHARED / room).is_dir() else ():
            if path.is_file() and 0 < path.stat().st_size <= _MOST and path.suffix != ".tsv":
                table = path.suffix == ".csv"
                place = folder / ("lists" if table else "videos")
                place.mkdir(exist_ok=True)
                shutil.copyfile(path, place / f"{room} {path.parent.name} {path.name}")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder by their names, in the order of these."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def pictures(count: int, width: int = SIDE, height: int = SIDE) -> Iterator[np.ndarray]:
    """Yield pictures, uint8 (height, width, 3), of a square that goes over stripes."""
    for i in range(count):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[..., 1] = np.arange(width) * 8 % 256
        picture[height // 4 : height // 2, i : i + width // 4] = (250, 40, 40)
        yield picture


def video(
    codec: str,
    kind: str,
    form: str,
    options: dict[str, str],
    size: tuple[int, int] = (SIDE, SIDE),
    sound: bool = False,
) -> bytes:
    """Encode a video. Raises av.FFmpegError or ValueError where FFmpeg lacks the codec."""
    file = io.BytesIO()
    again = {"io_open": lambda url, flags, options: io.BytesIO(file.getvalue())}
    with av.open(file, "w", format=kind, options=_BITEXACT, **again) as container:
        stream = container.add_stream(codec, rate=30 if codec == "roqvideo" else 25)
        stream.width, stream.height = size
        stream.pix_fmt, stream.options = form, {"threads": "1", **options}
        if sound:
            audio = container.add_stream("aac", rate=8000)
            audio.layout = "mono"
        for picture in pictures(FRAMES, *size):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=form)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), "s16", "mono")
            silence.sample_rate = 8000
            container.mux(audio.encode(silence))
            container.mux(audio.encode(None))
    return file.getvalue()


def _videos() -> Iterator[tuple[str, bytes]]:
    for name, how in _VIDEOS.items():
        with suppress(av.FFmpegError, ValueError):  # not every FFmpeg has every codec
            yield name, video(*how, size=_SIZES.get(name, (SIDE, SIDE)))
    with suppress(av.FFmpegError, ValueError):
        yield "sound.mp4", video("libx264", "mp4", "yuv420p", {}, sound=True)
        yield "fragments.mp4", video("libx264", "ismv", "yuv420p", {"g": "4"})


def _moving() -> Iterator[tuple[str, bytes]]:
    first, *others = [Image.fromarray(picture).convert("RGBA") for picture in pictures(6)]
    first.putalpha(128)
    for name, more in {
        "moving.gif": {"disposal": 2},
        "moving.webp": {"lossless": True},
        "moving lossy.webp": {"quality": 40},
        "moving.png": {},
        "moving.avif": {"quality": 40},
    }.items():
        with suppress(OSError, ValueError, KeyError):
            file = io.BytesIO()
            kind = name.rpartition(".")[2]
            first.save(
                file, kind, save_all=True, append_images=others, duration=[80, 0, 10, 50, 9, 700],
                **more,
            )  # fmt: skip
            yield name, file.getvalue()
            if name == "moving.avif":  # what coded it can be had almost everywhere
                yield "av1.mp4", _packed(file, "mp4")
                yield "av1.mkv", _packed(file, "matroska")


def _packed(source: io.BytesIO, kind: str) -> bytes:
    """Put the pictures of a video into another container."""
    file = io.BytesIO()
    with av.open(source) as old, av.open(file, "w", format=kind, options=_BITEXACT) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return file.getvalue()


def _stills() -> Iterator[tuple[str, bytes]]:
    picture, exif = Image.fromarray(next(pictures(1))), Image.Exif()
    wide = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    exif[0x112] = 6
    for ending, (modes, options) in _STILLS.items():
        more = {"exif": exif} if ending in ("jpg", "png", "webp", "tif") else {}
        for mode in modes:
            shown = wide if mode == "I;16" else picture.convert(mode)
            with suppress(OSError, ValueError, KeyError):  # not every Pillow writes every kind
                file = io.BytesIO()
                shown.save(file, _KINDS.get(ending, ending), **options, **more)
                yield f"{mode.replace(';', '')}.{ending}", file.getvalue()
