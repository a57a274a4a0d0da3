"""Pictures of a folder in every coding that is read: the right one, in its own colours."""

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from sct.errors import ClipError
from sct.video.clip import read_clip
from sct.video.moving import is_still, pictures_in
from sct.video.pictures import sequence_in

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)


def coded(number):
    """A picture, 64 x 48: its number in eight bars above, red, blue below at the left, right."""
    frame = np.empty((48, 64, 3), np.uint8)
    frame[:24] = np.repeat([(number >> bit & 1) * 255 for bit in range(8)], 8)[None, :, None]
    frame[24:, :32], frame[24:, 32:] = RED, BLUE
    return frame


def assert_shows(source, numbers, colours=(RED, BLUE), off=25):
    clip = read_clip(source, frames=len(numbers), stride=0.04)
    for frame, number in zip(clip.frames.astype(int), numbers, strict=True):
        bars = frame[12, 4::8, 0] > 127
        assert int((bars << np.arange(8)).sum()) == number
        for column, colour in zip((16, 48), colours, strict=True):
            assert np.abs(frame[36, column] - colour).max() < off, frame[36, column]
    assert (clip.width, clip.height) == (64, 48)
    return clip


def grey(colour):
    return (round(np.dot(colour, (0.299, 0.587, 0.114))),) * 3


# -- TIFF ------------------------------------------------------------------------------------------

COMPRESSIONS = ("raw", "jpeg", "tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma", "zstd")


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "YCbCr", "RGBA", "LA", "I;16"])
def test_a_tiff_is_read_however_it_is_compressed(tmp_path, mode, compression):
    """FFmpeg shows one that is compressed as JPEG in black, white or green."""
    if mode == "I;16" and compression == "jpeg":
        return  # which has eight bits
    for i in (5, 170):
        picture = Image.fromarray(coded(i))
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
        else:
            picture = picture.convert(mode)
        options = {"quality": 95} if compression == "jpeg" else {}
        picture.save(tmp_path / f"{i}.tif", compression=compression, **options)
    plain = mode in ("RGB", "CMYK", "YCbCr", "RGBA")
    assert_shows(tmp_path, [5, 170], (RED, BLUE) if plain else (grey(RED), grey(BLUE)), 4)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_lzw"])
def test_a_tiff_of_black_and_white(tmp_path, compression):
    for i in (5, 170):
        Image.fromarray(coded(i)).convert("L").point(lambda v: 255 * (v > 127)).convert("1").save(
            tmp_path / f"{i}.tif", compression=compression
        )
    assert_shows(tmp_path, [5, 170], ((0, 0, 0), (0, 0, 0)))


def tiled(picture):
    """Write a TIFF by tiles of 16 x 16 pixels."""
    height, width, channels = picture.shape
    tiles = [
        picture[y : y + 16, x : x + 16].tobytes()
        for y in range(0, height, 16)
        for x in range(0, width, 16)
    ]
    count, size, body = len(tiles), len(tiles[0]), b"".join(tiles)
    lists = 8 + len(body)
    body += struct.pack(f"<{count}I", *(8 + size * i for i in range(count)))
    body += struct.pack(f"<{count}I", *[size] * count)
    bits = 8 + len(body)
    body += struct.pack("<3H", *[8 * picture.itemsize] * channels)
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, bits), (259, 3, 1, 1)]
    tags += [(262, 3, 1, 2), (277, 3, 1, 3), (322, 3, 1, 16), (323, 3, 1, 16)]
    tags += [(324, 4, count, lists), (325, 4, count, lists + 4 * count)]
    written = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<I", 8 + len(body))
    return head + body + struct.pack("<H", len(tags)) + written + bytes(4)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_tiff_in_tiles(tmp_path, kind):
    for i in (5, 170):
        (tmp_path / f"{i}.tif").write_bytes(
            tiled(coded(i).astype(kind) * (257 ** (kind != np.uint8)))
        )
    assert_shows(tmp_path, [5, 170], off=2)


@pytest.mark.parametrize("mode", ["F", "I"])
@pytest.mark.parametrize("compression", ["raw", "lzma"])
def test_greys_of_no_known_range_are_refused(tmp_path, mode, compression):
    for i in (1, 2):
        picture = Image.fromarray(coded(i)).convert("L").convert(mode)
        picture.save(tmp_path / f"{i}.tif", compression=compression)
    with pytest.raises(ClipError, match=r'^The picture "1.tif" of .* could not be read: .*\.$'):
        read_clip(tmp_path)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "zstd"])
def test_a_tiff_that_is_cut_off_is_refused(tmp_path, compression):
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for i in (1, 2):
        Image.fromarray(noise).save(tmp_path / f"{i}.tif", compression=compression)
    whole = (tmp_path / "2.tif").read_bytes()
    for end in (len(whole) // 2, 40, 9, 5):
        (tmp_path / "2.tif").write_bytes(whole[:end])
        with pytest.raises(ClipError, match=r'"2.tif" of'):
            read_clip(tmp_path, frames=2, stride=0.04)


def test_the_limit_of_sides_holds_for_each_reader(tmp_path, monkeypatch):
    monkeypatch.setenv("SCT_MAX_SIDE", "63")
    for ending in ("tif", "webp", "gif", "avif", "png"):
        for i in (1, 2):
            Image.fromarray(coded(i)).save(tmp_path / f"{ending}{i}.{ending}")
    for ending in ("tif", "webp", "gif", "avif", "png"):
        place = tmp_path / f"of {ending}"
        place.mkdir()
        for i in (1, 2):
            (tmp_path / f"{ending}{i}.{ending}").rename(place / f"{i}.{ending}")
        with pytest.raises(ClipError, match="at most 63 a side"):
            read_clip(place)


# -- formats that may move -------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["webp", "gif", "avif", "WEBP"])
@pytest.mark.parametrize("lossless", [False, True])
def test_numbered_stills_of_formats_that_may_move(tmp_path, ending, lossless):
    for i in range(8, 13):  # 10 comes after 9
        Image.fromarray(coded(i)).save(tmp_path / f"f_{i}.{ending}", lossless=lossless, quality=90)
    clip = assert_shows(tmp_path, [8, 9, 10, 11, 12])
    assert clip.duration_s == 0.2 and clip.codec == ending.lower()


@pytest.mark.parametrize("ending", ["webp", "avif"])
def test_they_are_upright_and_on_white(tmp_path, ending):
    for i in (1, 2):
        exif = Image.Exif()
        exif[0x112] = 6
        picture = Image.fromarray(coded(i)).convert("RGBA")
        pixels = np.array(picture.transpose(Image.Transpose.ROTATE_90))
        pixels[:, :2, 3] = 0  # the uppermost rows
        Image.fromarray(pixels).save(tmp_path / f"{i}.{ending}", exif=exif, quality=95)
    clip = assert_shows(tmp_path, [1, 2])
    assert clip.rotation == 90 and clip.frames[:, 0].min() > 250
    assert "Transparent parts are shown on white." in clip.notes


def test_one_that_moves_among_them_is_refused(tmp_path):
    first, *others = (Image.fromarray(coded(i)) for i in range(1, 5))
    first.save(tmp_path / "1.webp")
    first.save(tmp_path / "2.webp", save_all=True, append_images=others)
    with pytest.raises(ClipError, match=r'"2.webp" of .* moves; a clip of pictures'):
        read_clip(tmp_path, frames=2, stride=0.04)
    assert is_still(tmp_path / "1.webp") and not is_still(tmp_path / "2.webp")
    first.save(tmp_path / "1.webp", save_all=True, append_images=others)
    assert sequence_in(tmp_path, ["1.webp", "2.webp"]) == ()
    with pytest.raises(ClipError, match="no numbered pictures"):
        read_clip(tmp_path)


def test_what_is_asked_whether_it_moves_may_be_anything(tmp_path):
    (tmp_path / "folder.webp").mkdir()
    for name, data in (("none.gif", b""), ("text.gif", b"GIF89a"), ("riff.webp", b"RIFF" * 9)):
        (tmp_path / name).write_bytes(data)
    assert not any(map(is_still, [*tmp_path.iterdir(), tmp_path / "missing.gif"]))


@pytest.mark.parametrize("ending", ["gif", "webp", "avif"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_whether_it_moves_is_told_without_decoding(ending, count):
    first, *others = (Image.fromarray(coded(i)) for i in range(1, count + 1))
    for more in ({}, {"quality": 30}, {"interlace": 1}):
        written = io.BytesIO()
        first.save(written, ending, save_all=True, append_images=others, **more)
        data = written.getvalue()
        assert pictures_in(data) == (1 if count == 1 else 2)
        for cut in range(len(data)):  # it ends everywhere, and raises nothing else
            with suppress(ValueError):
                assert pictures_in(data[:cut]) in (1, 2)
