"""Stills and animated pictures: which are clips, and what is shown of them."""

import io

import numpy as np
import pytest
from PIL import Image

from sct.errors import ClipError
from sct.video.alpha import NOTE
from sct.video.clip import read_clip
from tests.sct.video.coded import HEIGHT, WIDTH, coded, muxed, number
from tests.sct.video.coded import Track as Video
from tests.sct.video.test_alpha import WEBP, pillow, see_through


def picture(kind: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(coded(5, 1)[0]).save(file, kind, **options)
    return file.getvalue()


def views() -> bytes:
    file = io.BytesIO()
    first, *others = (Image.fromarray(frame) for frame in coded(5, 3))
    first.save(file, "MPO", save_all=True, append_images=others)
    return file.getvalue()


ANOTHER = Image.new("L", (9, 9))
WITH_MORE = {
    "a JPEG with other views behind it": views,
    "a JPEG with a video behind it": lambda: picture("JPEG") + muxed("mp4", Video(count=20)),
    "a JPEG with zeros behind it": lambda: picture("JPEG") + bytes(5000),
    "a JPEG with half another": lambda: picture("JPEG") + picture("JPEG")[:40],
    "a JPEG that is cut off": lambda: picture("JPEG")[:-900],
    "a PNG with zeros behind it": lambda: picture("PNG") + bytes(5000),
    "a TIFF of pages": lambda: picture("TIFF", save_all=True, append_images=[ANOTHER]),
    "icons": lambda: picture("ICO"),
    "a HEIC": lambda: branded(b"heic"),
    "a HEIF": lambda: branded(b"mif1"),
    "an AVIF with alpha": lambda: pillow("AVIF", 1),
}


def branded(brand: bytes) -> bytes:
    """An MP4 of one picture that calls itself a picture."""
    made = muxed("mp4", Video("libx264", count=1))
    return made[:8] + brand + made[12:]


@pytest.mark.parametrize("start", [0.0, 2.0])
@pytest.mark.parametrize("case", WITH_MORE)
def test_a_still_with_more_in_its_file_is_a_still(case, start):
    with pytest.raises(ClipError) as refused:
        read_clip(WITH_MORE[case](), start=start, name="a")
    assert str(refused.value) == '"a" is a still picture; a clip needs moving pictures.'


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_pictures_end_to_end_are_a_video_of_an_assumed_rate(kind):
    options = {"quality": 95} if kind == "JPEG" else {}
    file = io.BytesIO()
    for frame in coded(0, 30):
        Image.fromarray(frame).save(file, kind, **options)
    clip = read_clip(file.getvalue(), frames=4, stride=0.12)
    assert [number(frame) for frame in clip.frames] == [0, 3, 6, 9]
    late = read_clip(file.getvalue(), frames=4, start=1.04, stride=0.04)
    assert [number(frame) for frame in late.frames] == [26, 27, 28, 29]
    assert late.duration_s == pytest.approx(1.2) and late.held == 0
    assert clip.notes == ("No time stamps: pictures are counted, 25 a second assumed.",)


# -- animated WebP ---------------------------------------------------------------------------------


def test_times_that_were_rounded_to_milliseconds_are_met():
    data = pillow("WEBP", 30, **{**WEBP, "duration": [33, 34, 33] * 10})  # 30 a second
    for first in (0, 10):
        clip = read_clip(data, frames=20, start=first / 30, stride=1 / 30)
        assert [number(frame) for frame in clip.frames] == list(range(first, first + 20))


def test_what_no_picture_of_a_webp_covers_is_white():
    images = [Image.new("RGBA", (64, 48)) for _ in range(3)]
    for i, image in enumerate(images):
        image.paste((250, 0, 0, 255), (0, 0, 32 + i, 48))
    file = io.BytesIO()
    images[0].save(file, "WEBP", save_all=True, append_images=images[1:], duration=100)
    assert not file.getvalue()[20] & 0x10  # the header does not speak of transparency
    clip = read_clip(file.getvalue(), frames=3)
    assert (clip.frames[:, :, 40:] == 255).all() and NOTE in clip.notes
    assert [int((frame[24, :, 1] < 128).sum()) for frame in clip.frames] == [32, 33, 34]


def test_a_webp_is_upright():
    frames = [Image.fromarray(f).transpose(Image.Transpose.ROTATE_90) for f in coded(0, 3)]
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x112] = 6
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], exif=exif, **WEBP)
    clip = read_clip(file.getvalue(), frames=3)
    assert [number(frame) for frame in clip.frames] == [0, 1, 2]
    assert (clip.width, clip.height, clip.rotation) == (WIDTH, HEIGHT, 90)


def test_a_canvas_that_is_too_large_for_memory_is_refused(monkeypatch, capfd):
    monkeypatch.setenv("SCT_MAX_SIDE", "16384")
    huge = bytearray(pillow("WEBP", 3, **WEBP))
    huge[24:30] = b"\xff\x3f\0" * 2
    with pytest.raises(ClipError, match=r"^\"a.webp\" has too many pixels for an animated WebP.$"):
        read_clip(bytes(huge), name="a.webp")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(  # 0: parts stay, 1 and 2: they are taken away again
    ("kind", "disposal"), [("PNG", 0), ("PNG", 1), ("GIF", 0), ("GIF", 1), ("GIF", 2), ("WEBP", 0)]
)
@pytest.mark.parametrize("start", [0, 1.3, 2.2])
def test_parts_that_build_upon_each_other_are_put_together(kind, disposal, start):
    images = [Image.fromarray(frame, "RGBA") for frame in see_through(30)]
    file = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {"disposal": disposal}
    images[0].save(file, kind, save_all=True, append_images=images[1:], duration=100, **options)
    clip = read_clip(file.getvalue(), frames=4, start=start)
    first = round(start * 10)
    assert [number(frame) for frame in clip.frames] == list(range(first, first + 4))
    assert clip.duration_s == pytest.approx(3) and clip.skipped == 0
    with Image.open(io.BytesIO(file.getvalue())) as image:
        for i, frame in enumerate(clip.frames):
            image.seek(first + i)
            white = Image.new("RGBA", image.size, "white")
            white.alpha_composite(image.convert("RGBA"))
            assert np.abs(np.asarray(white)[..., :3].astype(int) - frame).max() <= 2
