"""Transparency, stills and animated WebP: made pictures, and what is shown of them."""

import io
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

import sct
from sct.errors import ClipError
from sct.video.alpha import NOTE
from sct.video.clip import read_clip
from tests.sct.video.coded import HEIGHT, WIDTH, coded, muxed, number
from tests.sct.video.coded import Track as Video

HIDDEN = (0, 160, 0)  # the colour below what is transparent
CLEAR = (slice(20, 34), slice(30, 100))  # rows and columns that nobody sees
HALF = (slice(62, 72), slice(30, 100))  # and those that are half seen


def see_through(count: int) -> np.ndarray:
    """Coded frames (T, H, W, 4) with a hole in each, and a strip that is half there."""
    frames = np.concatenate((coded(0, count), np.full((count, HEIGHT, WIDTH, 1), 255, "u1")), 3)
    frames[(slice(None), *CLEAR)] = (*HIDDEN, 0)
    frames[(slice(None), *HALF)] = (*HIDDEN, 128)
    return frames


def encoded(codec: str, kind: str, pix_fmt: str, count: int, **options: str) -> bytes:
    return encoded_of(see_through(count), codec, kind, pix_fmt, **options)


def encoded_of(frames: np.ndarray, codec: str, kind: str, pix_fmt: str, **options: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pix_fmt
        stream.options = options
        if pix_fmt == "yuva420p":
            stream.metadata["alpha_mode"] = "1"
        for i, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format=pix_fmt)
            frame.pts, frame.time_base = i, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def pillow(kind: str, count: int, **options) -> bytes:
    return pillow_of(see_through(count), kind, **options)


def pillow_of(frames: np.ndarray, kind: str, **options) -> bytes:
    images = [Image.fromarray(frame, "RGBA") for frame in frames]
    if kind == "MPO":
        images = [image.convert("RGB") for image in images]
    file = io.BytesIO()
    more = {"append_images": images[1:], "save_all": True} if len(images) > 1 else {}
    images[0].save(file, kind, **more, **options)
    return file.getvalue()


def made_of(frames: np.ndarray, kind: str, **options: str) -> bytes:
    """VP8 or VP9 in WebM, or AVIF, of frames whose transparency is stored beside them."""
    if kind == "avif":
        return pillow_of(frames, "AVIF", duration=100, quality=98)
    codec = {"vp8": "libvpx", "vp9": "libvpx-vp9"}[kind]
    return encoded_of(frames, codec, "webm", "yuva420p", **{"auto-alt-ref": "0"}, **options)


WEBP = {"duration": 100, "lossless": True, "exact": True}
VIDEOS = {
    "apng": lambda n: encoded("apng", "apng", "rgba", n),
    "png in mov": lambda n: encoded("png", "mov", "rgba", n),
    "qtrle": lambda n: encoded("qtrle", "mov", "argb", n),
    "prores 4444": lambda n: encoded("prores_ks", "mov", "yuva444p10le", n, profile="4444"),
    "ffv1": lambda n: encoded("ffv1", "matroska", "yuva444p", n),
    "vp9": lambda n: encoded("libvpx-vp9", "webm", "yuva420p", n, crf="4", **{"auto-alt-ref": "0"}),
    "vp8": lambda n: encoded("libvpx", "webm", "yuva420p", n, b="4M", **{"auto-alt-ref": "0"}),
    "webp": lambda n: pillow("WEBP", n, **WEBP),
    "avif": lambda n: pillow("AVIF", n, duration=100, quality=98, subsampling="4:4:4"),
}


@pytest.mark.parametrize("kind", VIDEOS)
def test_what_is_transparent_is_shown_on_white(kind):
    clip = read_clip(VIDEOS[kind](12), frames=6, start=0.2, stride=0.2)
    assert [number(frame) for frame in clip.frames] == [2, 4, 6, 8, 10, 11]
    assert clip.held == 1 and clip.duration_s == pytest.approx(1.2, abs=0.01)
    inner = clip.frames[:, 24:30, 40:90].astype(int)
    assert np.abs(inner - 255).max() <= 4, inner[0, 0, 0]
    half = clip.frames[:, 65:69, 40:90].astype(int)
    assert np.abs(half - (np.array(HIDDEN) * 128 / 255 + 127)).max() <= 14, half[0, 0, 0]
    assert NOTE in clip.notes


@pytest.mark.parametrize("start", [0.9, 2.5, 3.4])
@pytest.mark.parametrize("kind", ["vp8", "vp9", "avif"])
def test_what_is_stored_beside_the_pictures_follows_a_late_start(kind, start):
    frames = see_through(40)
    for i in range(40):  # the hole grows
        frames[i, 72:84, 24 : 24 + 2 * i] = (*HIDDEN, 0)
    options = {"vp8": {"b": "8M"}, "vp9": {"crf": "4", "b": "0"}, "avif": {}}[kind]
    data = made_of(frames, kind, g="8", **options)
    clip = read_clip(data, frames=3, start=start, stride=0.1)
    for i, frame in enumerate(clip.frames):
        place = round(start * 10) + i
        assert number(frame) == place
        row = frame[76:80, 24:104].astype(int).mean(0)  # white as far as the hole, then grey
        hole = int((row.min(-1) > 160).sum())
        assert abs(hole - 2 * place) <= 2, (hole, place)


@pytest.mark.parametrize("kind", ["vp8", "vp9"])
def test_pictures_with_nothing_beside_them_are_whole(kind):
    """The file says that there is transparency, but no picture has any."""
    data = VIDEOS[kind](6)
    assert data.count(b"\x75\xa1") == 6  # BlockAdditions; made an element that nobody knows
    clip = read_clip(data.replace(b"\x75\xa1", b"\x5f\xf1"), frames=6)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2, 3, 4, 5] and not clip.notes


def test_an_avif_may_name_its_brand_second():
    data = VIDEOS["avif"](6)
    clip = read_clip(data.replace(b"ftypavis", b"ftypavif", 1), frames=6)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2, 3, 4, 5]
    assert np.abs(clip.frames[:, 24:30, 40:90].astype(int) - 255).max() <= 4


@pytest.mark.parametrize("beside", [False, True], ids=["colours", "transparency"])
def test_a_picture_that_lies_about_its_size_takes_no_memory(beside):
    resource = pytest.importorskip("resource")
    data, start = bytearray(VIDEOS["vp8"](3)), b"\x9d\x01\x2a"  # width and height follow
    first = data.index(start)
    place = data.index(start, first + 1) if beside else first
    data[place + 3 : place + 7] = (16383).to_bytes(2, "little") * 2
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ClipError, match=r"No picture of .* can be decoded"):
        read_clip(bytes(data))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB


@pytest.mark.parametrize("kind", ["apng", "webp", "ffv1"])
def test_hidden_colours_do_not_bleed_when_a_picture_is_shrunk(kind):
    small = read_clip(VIDEOS[kind](3), frames=1, max_size=HEIGHT // 4).frames[0]
    rows, columns = slice(20 // 4, 34 // 4 + 1), slice(30 // 4, 100 // 4 + 1)
    green = small[rows, columns].astype(int)
    # Between the hole's white and the grey about it there is no green.
    assert (green[..., 1] - green[..., [0, 2]].max(-1)).max() <= 6


def test_a_gif_is_shown_on_white():
    images = [Image.fromarray(frame, "RGBA") for frame in see_through(4)]
    file = io.BytesIO()
    images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=100, disposal=2)
    clip = read_clip(file.getvalue(), frames=4)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2, 3]
    assert np.abs(clip.frames[:, 24:30, 40:90].astype(int) - 255).max() <= 4


def test_an_alpha_channel_in_which_nothing_is_transparent_goes_unsaid():
    file = io.BytesIO()
    with av.open(file, "w", format="mov") as out:
        stream = out.add_stream("qtrle", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "argb"
        for pixels in coded(0, 3):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            out.mux(stream.encode(frame.reformat(format="argb")))
        out.mux(stream.encode(None))
    clip = read_clip(file.getvalue(), frames=3)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2] and not clip.notes


@pytest.mark.parametrize(
    ("codec", "kind", "unused"),
    [("rawvideo", "avi", True), ("rawvideo", "mov", True), ("huffyuv", "avi", True)]
    + [("ffv1", "avi", False), ("png", "mov", False)],
)
def test_a_fourth_byte_that_is_0_throughout_hides_nothing_where_it_may_be_unused(
    codec, kind, unused
):
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "rgba" if codec == "png" else "bgra"
        for pixels in coded(0, 3):
            clear = np.dstack((pixels, np.zeros((HEIGHT, WIDTH), "u1")))
            frame = av.VideoFrame.from_ndarray(clear, format="rgba")
            out.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
        out.mux(stream.encode(None))
    clip = read_clip(file.getvalue(), frames=3)
    if unused:
        assert [number(frame) for frame in clip.frames] == [0, 1, 2] and not clip.notes
    else:
        assert (clip.frames == 255).all() and clip.notes == (NOTE,)


def test_numbered_pictures_are_shown_on_the_same_white(tmp_path):
    for i, frame in enumerate(see_through(3)):
        Image.fromarray(frame, "RGBA").save(tmp_path / f"{i:03}.png")
    clip = read_clip(tmp_path, frames=3, fps=10)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2]
    assert np.abs(clip.frames[:, 24:30, 40:90].astype(int) - 255).max() <= 1 and NOTE in clip.notes


def test_an_unused_fourth_byte_of_numbered_pictures_hides_nothing(tmp_path):
    for i, frame in enumerate(coded(0, 2)):
        clear = np.dstack((frame, np.zeros((HEIGHT, WIDTH), "u1")))
        Image.fromarray(clear).save(tmp_path / f"{i:03}.tga")
    clip = read_clip(tmp_path, frames=2, fps=10)
    assert [number(frame) for frame in clip.frames] == [0, 1] and NOTE not in clip.notes


def test_a_palette_with_a_transparent_colour(tmp_path):
    for i, frame in enumerate(coded(0, 2)):
        picture = Image.fromarray(frame).quantize(16)
        hole = picture.getpixel((64, 28))  # the ground
        picture.save(tmp_path / f"{i:03}.png", transparency=hole)
    clip = read_clip(tmp_path, frames=2, fps=10)
    assert (clip.frames[:, 26:30, 40:90] == 255).all() and NOTE in clip.notes


# -- stills ----------------------------------------------------------------------------------------


def picture(kind: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(coded(5, 1)[0]).save(file, kind, **options)
    return file.getvalue()


STILLS = {
    **{k: (lambda k=k: picture(k)) for k in ("PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "AVIF")},
    "WEBP without loss": lambda: picture("WEBP", lossless=True),
    "WEBP with alpha": lambda: pillow("WEBP", 1),
    "APNG of one picture": lambda: VIDEOS["apng"](1),
    "JPEG with another view": lambda: pillow("MPO", 2),
    "JPEG with three views": lambda: pillow("MPO", 3),
    "JPEG and the video taken with it": lambda: picture("JPEG") + muxed("mp4", Video(count=4)),
    "JPEG, cut off": lambda: picture("JPEG")[:900],
    "ICNS": lambda: picture("ICNS"),
    "JPEG 2000": lambda: picture("JPEG2000"),
    "PPM": lambda: picture("PPM"),
}


@pytest.mark.parametrize("start", [0.0, 2.0])
@pytest.mark.parametrize("kind", STILLS)
def test_all_stills_are_refused_alike(kind, start, tmp_path):
    data = STILLS[kind]()
    for name in ("a.png", "a.mp4"):  # whatever the file's name says
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ClipError) as refused:
            read_clip(tmp_path / name, start=start)
        said = f'"{name}" is a still picture; a clip needs moving pictures.'
        assert str(refused.value) == said


def test_a_document_with_a_picture_in_it_is_no_video():
    with pytest.raises(ClipError, match="could not be read as video"):
        read_clip(picture("PDF"))


@pytest.mark.parametrize("kind", ["mp4", "mov", "matroska", "avi"])
def test_a_video_of_one_picture_is_a_video(kind):
    clip = read_clip(muxed(kind, Video(count=1, first=9)), frames=3)
    assert [number(frame) for frame in clip.frames] == [9, 9, 9]


@pytest.mark.parametrize("kind", ["avi", "mjpeg"])
def test_moving_jpegs_are_a_video(kind):
    clip = read_clip(muxed(kind, Video("mjpeg", count=6, fps=25)), frames=6, stride=0.04)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2, 3, 4, 5]


# -- animated WebP ---------------------------------------------------------------------------------


def test_an_animated_webp_plays_by_its_own_durations():
    data = pillow("WEBP", 5, **{**WEBP, "duration": [100, 300, 100, 200, 100]})
    clip = read_clip(data, frames=10, name="a.webp")
    assert [number(frame) for frame in clip.frames] == [0, 1, 1, 1, 2, 3, 3, 4, 4, 4]
    assert clip.times == pytest.approx([0, 0.1, 0.1, 0.1, 0.4, 0.5, 0.5, 0.7, 0.7, 0.7])
    assert (clip.duration_s, clip.held, clip.codec) == (pytest.approx(0.8), 2, "webp")
    assert clip.fps == pytest.approx(5 / 0.8) and (clip.width, clip.height) == (WIDTH, HEIGHT)
    late = read_clip(data, frames=2, start=0.45)
    assert [number(frame) for frame in late.frames] == [2, 3]
    with pytest.raises(ClipError, match=r"lasts 0.8 s, so a start at 0.8 s lies beyond"):
        read_clip(data, start=0.8)


def test_pictures_of_a_webp_without_a_duration_last_as_in_browsers():
    assert read_clip(pillow("WEBP", 4, **{**WEBP, "duration": 0})).duration_s == pytest.approx(0.4)


def test_an_animated_avif_plays():
    clip = read_clip(pillow("AVIF", 6, duration=100, quality=95), frames=6)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2, 3, 4, 5]
    assert clip.duration_s == pytest.approx(0.6, abs=0.01)


def test_of_a_webp_no_more_pictures_are_decoded_than_wanted(monkeypatch):
    loaded = []
    load = WebPImageFile.load
    monkeypatch.setattr(
        WebPImageFile, "load", lambda self: loaded.append(self.tell()) or load(self)
    )
    clip = read_clip(pillow("WEBP", 30, **WEBP), frames=2, start=0.3, stride=0.2)
    assert [number(frame) for frame in clip.frames] == [3, 5] and max(loaded) == 5
    assert clip.duration_s == pytest.approx(3)


def damaged() -> dict[str, bytes]:
    whole = pillow("WEBP", 6, **WEBP)
    wide = bytearray(whole)
    wide[24:27] = (9999).to_bytes(3, "little")
    return {
        "cut": whole[: len(whole) // 2],
        "header": whole[:30],
        "half a header": whole[:17],
        "noise": whole[:40] + bytes(range(256)) * 8,
        "lies about its size": bytes(wide),
        "one picture, called animated": b"RIFF"
        + struct.pack("<I", 22)
        + b"WEBPVP8X"
        + struct.pack("<IB", 10, 2)
        + bytes(9),
    }


@pytest.mark.parametrize("case", damaged())
def test_a_damaged_webp_gets_one_sentence(case, capfd):
    with pytest.raises(ClipError) as refused:
        read_clip(damaged()[case], name="bad.webp")
    assert str(refused.value).startswith('"bad.webp" ') and str(refused.value).count(".") <= 4
    assert capfd.readouterr() == ("", "")


def test_limits_hold_for_a_webp(monkeypatch):
    data = pillow("WEBP", 4, **{**WEBP, "duration": 20_000})
    for name, value, told in (
        ("SCT_MAX_SIDE", "100", "128 x 96 pixels"),
        ("SCT_MAX_MINUTES", "1", "minutes"),
        ("SCT_MAX_MB", "0.0001", "MB"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(ClipError, match=told):
                sct.read_clip(data, name="a.webp")
    assert sct.read_clip(data).duration_s == pytest.approx(80)
