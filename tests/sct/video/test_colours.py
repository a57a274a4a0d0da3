"""Colour matrices and HDR: made videos, and what their frames must show."""

import io
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest

from sct.video.clip import read_clip
from sct.video.frames import FrameFormat
from sct.video.hdr import KNEE, PEAK, WHITE, tone_curve

# Numbers of ITU-T H.273.
BT709, BT601, SMPTE240M, BT2020 = 1, 6, 7, 9
WEIGHTS = {BT709: (0.2126, 0.0722), BT601: (0.299, 0.114), SMPTE240M: (0.212, 0.087)}
WEIGHTS[BT2020] = (0.2627, 0.0593)
PATCHES = ((200, 60, 30), (40, 180, 70), (50, 60, 210), (220, 220, 220), (128, 128, 128))


def yuv(rgb: np.ndarray, matrix: int, bits: int = 8, full: bool = False) -> np.ndarray:
    """Y'CbCr (3, H, W) of R'G'B' (H, W, 3) in [0, 1], by the formulas of the standards."""
    red, blue = WEIGHTS[matrix]
    luma = rgb @ np.array([red, 1 - red - blue, blue])
    cb, cr = (rgb[..., 2] - luma) / (2 - 2 * blue), (rgb[..., 0] - luma) / (2 - 2 * red)
    scale, (low, over, out) = 1 << bits - 8, (0, 255, 255) if full else (16, 219, 224)
    planes = low + over * luma, 128 + out * cb, 128 + out * cr
    dtype = np.uint8 if bits == 8 else np.uint16
    return np.stack([np.rint(plane * scale) for plane in planes]).astype(dtype)


def lossless(planes: list[np.ndarray], bits: int = 8, sampling: str = "444", **tags: int) -> bytes:
    """FFV1 in Matroska of Y'CbCr pictures, ten a second, with these tags of colour.

    `sampling` is that of chroma; the pictures have to be of one colour across 2 x 2 pixels.
    """
    down, right = {"444": (1, 1), "422": (1, 2), "420": (2, 2)}[sampling]
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.height, stream.width = planes[0].shape[1:]
        stream.pix_fmt = f"yuv{sampling}p" if bits == 8 else f"yuv{sampling}p{bits}le"
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        for i, picture in enumerate(planes):
            frame = av.VideoFrame(stream.width, stream.height, stream.pix_fmt)
            chroma = np.ascontiguousarray(picture[1:, ::down, ::right])
            for plane, values in zip(frame.planes, (picture[0], *chroma), strict=True):
                line = np.zeros((len(values), plane.line_size), np.uint8)
                line[:, : values[0].nbytes] = values.view(np.uint8)
                plane.update(line)
            for name, value in tags.items():
                setattr(frame, name, value)
            frame.pts, frame.time_base = i, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def patches(height: int, width: int, colours) -> np.ndarray:
    """A picture (H, W, 3) of upright stripes."""
    picture = np.zeros((height, width, 3))
    step = width // len(colours)
    for i, colour in enumerate(colours):
        picture[:, i * step : (i + 1) * step] = colour
    return picture


def seen(clip, count: int) -> np.ndarray:
    """The colour in the middle of each stripe of the first frame."""
    height, width = clip.frames.shape[1:3]
    step = width / count
    return np.array([clip.frames[0, height // 2, int((i + 0.5) * step)] for i in range(count)])


# -- matrices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "tag", "truth", "note"),
    [
        ((480, 640), 2, BT601, ""),
        ((576, 720), 2, BT601, ""),
        ((718, 1000), 2, BT601, ""),
        ((720, 960), 2, BT709, "read as BT.709"),
        ((720, 1280), 2, BT709, "read as BT.709"),
        ((544, 1280), 2, BT709, "read as BT.709"),  # a film without its black bars
        ((1280, 720), 2, BT709, "read as BT.709"),
        ((720, 1280), BT601, BT601, ""),
        ((480, 640), BT709, BT709, ""),
        ((480, 640), SMPTE240M, SMPTE240M, ""),
        ((480, 640), BT2020, BT2020, ""),
        ((480, 640), 0, BT601, ""),  # "RGB", which it is not
        ((480, 640), 14, BT601, "coded in a way not known here: read as BT.601"),  # ICtCp
        ((720, 1280), 8, BT709, "coded in a way not known here: read as BT.709"),  # YCgCo
    ],
)
@pytest.mark.parametrize("sampling", ["444", "420"])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
def test_the_matrix_is_the_tagged_one_or_follows_from_the_size(
    size, tag, truth, note, full, sampling
):
    picture = yuv(patches(*size, np.array(PATCHES) / 255), truth, full=full)
    data = lossless([picture], 8, sampling, colorspace=tag, color_range=2 if full else 1)
    clip = read_clip(data, frames=1)
    assert np.abs(seen(clip, len(PATCHES)).astype(int) - PATCHES).max() <= 3
    notes = " ".join(clip.notes)
    assert note in notes if note else not notes


def test_pictures_in_red_green_and_blue_have_no_matrix():
    file = io.BytesIO()
    picture = patches(720, 1280, PATCHES).astype(np.uint8)
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "bgr0"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    clip = read_clip(file.getvalue(), frames=1)
    assert np.abs(seen(clip, len(PATCHES)).astype(int) - PATCHES).max() <= 1 and not clip.notes


@pytest.mark.parametrize(
    "kind", ["rgb555be", "rgb565be", "bgr565be", "rgb555le", "uyvy422", "rgb48le"]
)
@pytest.mark.parametrize("size", [512, 48])
def test_pixels_that_are_not_compressed(kind, size):
    picture = av.VideoFrame.from_ndarray(patches(96, 160, PATCHES).astype("u1"), format="rgb24")
    picture = picture.reformat(format=kind)
    square = SimpleNamespace(sample_aspect_ratio=None)
    frame = FrameFormat.of(picture, square, size).frame(picture)
    found = seen(SimpleNamespace(frames=frame[None]), len(PATCHES)).astype(int)
    assert np.abs(found - PATCHES).max() <= 12, "five bits a colour are a step of 8"


# -- HDR -------------------------------------------------------------------------------------------


def pq(nits):
    """SMPTE ST 2084, from displayed light to the coded value."""
    y = (np.asarray(nits) / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def hlg(nits):
    """ARIB STD-B67 from displayed light of a 1000 cd/m2 display, by BT.2100's inverse OOTF."""
    light = np.asarray(nits, float) / 1000
    grey = (light @ np.array([0.2627, 0.6780, 0.0593]))[..., None]
    scene = light * np.maximum(grey, 1e-9) ** (1 / 1.2 - 1)
    low = np.sqrt(3 * scene)
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, low, high)


def srgb(light):
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def to_bt2020(light):
    """Linear BT.709 to linear BT.2020 (ITU-R BT.2087)."""
    matrix = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    return np.asarray(light) @ np.array(matrix).T


CURVES = {16: pq, 18: hlg}
# Light over reference white, in BT.709: greys, colours, white, and what is brighter than white.
LIGHT = np.array(
    [[0, 0, 0], [0.05] * 3, [0.18] * 3, [0.5] * 3, [1.0] * 3, [2.5] * 3]
    + [[0.4, 0.1, 0.05], [0.05, 0.3, 0.1], [0.1, 0.1, 0.5], [2.0, 0.5, 0.25]]
)


@pytest.mark.parametrize("transfer", CURVES)
@pytest.mark.parametrize("tag", [BT2020, 2])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("sampling", ["444", "422", "420"])
@pytest.mark.parametrize("max_size", [None, 48, 95], ids=["as it is", "half", "a little shrunk"])
def test_hdr_is_tone_mapped(transfer, tag, full, sampling, max_size):
    code = CURVES[transfer](to_bt2020(LIGHT) * WHITE)
    picture = yuv(patches(96, 160, code), BT2020, bits=10, full=full)
    tags = {"color_range": 2 if full else 1, "color_trc": transfer, "color_primaries": 9}
    data = lossless([picture] * 3, 10, sampling, colorspace=tag, **tags)
    clip = read_clip(data, frames=2, max_size=max_size)
    found = seen(clip, len(LIGHT))
    most = LIGHT.max(axis=1, keepdims=True)
    expected = srgb(LIGHT * tone_curve(most) / np.maximum(most, 1e-9))
    assert np.abs(found - expected).max() <= 4, (found, expected)
    grey, white, bright, red = found[2], found[4], found[5], found[9]
    assert np.abs(grey - srgb(0.18)).max() <= 4, "what is darker than white stays as it is"
    assert 225 <= white.min() <= white.max() <= 240 < bright.min()
    # Of a colour brighter than white the hue stays: 8 to 2 to 1 in light.
    light = (red / 255) ** 2.2
    assert light[0] / light[1] == pytest.approx(4, rel=0.15)
    assert any("HDR video" in note for note in clip.notes)


@pytest.mark.parametrize("transfer", CURVES)
@pytest.mark.parametrize(
    ("codec", "kind", "options"),
    [
        ("libx265", "mp4", {"x265-params": "log-level=none:qp=4"}),
        ("libx265", "mpegts", {"x265-params": "log-level=none:qp=4"}),
        ("libx264", "matroska", {"x264-params": "log-level=none", "qp": "2"}),
        ("libx264", "mp4", {"x264-params": "log-level=none", "qp": "2", "flags": "+ilme+ildct"}),
    ],
    ids=["hevc in mp4", "hevc in ts", "avc in matroska", "interlaced avc"],
)
def test_hdr_as_cameras_store_it(transfer, codec, kind, options):
    code = CURVES[transfer](to_bt2020(LIGHT) * WHITE)
    tags = {"color_range": 1, "color_trc": transfer, "color_primaries": 9, "colorspace": 9}
    whole = lossless([yuv(patches(96, 160, code), BT2020, bits=10)] * 4, 10, "420", **tags)
    file = io.BytesIO()
    with av.open(io.BytesIO(whole)) as old, av.open(file, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p10le"
        stream.options = options
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        for frame in old.decode(video=0):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    clip = read_clip(file.getvalue(), frames=2)
    most = LIGHT.max(axis=1, keepdims=True)
    expected = srgb(LIGHT * tone_curve(most) / np.maximum(most, 1e-9))
    assert np.abs(seen(clip, len(LIGHT)) - expected).max() <= 6
    assert any("Interlaced" in note for note in clip.notes) == ("flags" in options)


def test_the_tone_curve_is_smooth_and_ends_at_the_peak():
    light = np.linspace(0, PEAK / WHITE, 10_001)
    curve = tone_curve(light)
    assert np.array_equal(curve[light <= KNEE], light[light <= KNEE])
    assert curve[-1] == pytest.approx(1) and (np.diff(curve) > 0).all()
    slope = np.diff(curve) / np.diff(light)
    assert np.abs(np.diff(slope)).max() < 5e-3, "no bend at the knee"


@pytest.mark.parametrize("sampling", ["444", "420"])
def test_ten_bits_without_an_hdr_curve_are_as_before(sampling):
    picture = yuv(patches(480, 640, np.array(PATCHES) / 255), BT709, bits=10)
    data = lossless([picture], 10, sampling, colorspace=BT709, color_trc=1, color_primaries=1)
    clip = read_clip(data, frames=1)
    assert np.abs(seen(clip, len(PATCHES)).astype(int) - PATCHES).max() <= 2 and not clip.notes


# -- grey ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limited", "given"), [(True, (16, 125, 235)), (False, (0, 127, 255))])
def test_grey_pictures_obey_their_range(limited, given):
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 48, "gray"
        stream.codec_context.color_range = 1 if limited else 2
        plane = np.repeat(np.array(given, np.uint8), 32)[None].repeat(48, axis=0)
        frame = av.VideoFrame.from_ndarray(plane, format="gray")
        frame.color_range = 1 if limited else 2
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    shown = read_clip(file.getvalue(), frames=1).frames[0, 24, [10, 50, 80]]
    assert np.abs(shown.astype(int) - np.array([[0], [127], [255]])).max() <= 1
