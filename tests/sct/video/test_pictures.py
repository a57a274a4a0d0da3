"""Folders of numbered pictures as clips: which picture at which second, upright, in its colours."""

import os

import numpy as np
import pytest
from PIL import Image

import sct.video.pictures as room
from sct.errors import ClipError
from sct.video.clip import clip_facts, read_clip
from sct.video.picture_names import numbered_pictures

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)
ASSUMED = "Folder of pictures: 25 a second are assumed."


def coded(number, width=64, height=48):
    """A picture with its number in eight bars above, and red, blue below at the left, right."""
    frame = np.empty((height, width, 3), np.uint8)
    bars = np.repeat([(number >> bit & 1) * 255 for bit in range(8)], width // 8)
    frame[: height // 2] = bars[None, :, None]
    frame[height // 2 :, : width // 2] = RED
    frame[height // 2 :, width // 2 :] = BLUE
    return frame


def numbers(frames):
    """The number that each frame shows; fails where the corners are not those of `coded`."""
    found = []
    for frame in frames.astype(int):
        height, width = frame.shape[:2]
        for column, colour in ((width // 4, RED), (3 * width // 4, BLUE)):
            assert np.abs(frame[3 * height // 4, column] - colour).max() < 25
        bars = frame[height // 4, [width * (2 * bit + 1) // 16 for bit in range(8)], 0] > 127
        found.append(int((bars << np.arange(8)).sum()))
    return found


def folder(place, names, **options):
    """Write picture i of `coded` under the i-th name."""
    place.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names):
        Image.fromarray(coded(i)).save(place / name, **options)
    return place


def refusal(source, **options):
    with pytest.raises(ClipError) as error:
        read_clip(source, **options)
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text and text.count(". ") == 0
    return text


NAMES = {
    "ucf": [f"img_{i:05d}.jpg" for i in range(1, 31)],
    "ssv2": [f"{i:05d}.jpg" for i in range(1, 31)],
    "davis": [f"{i:05d}.png" for i in range(30)],
    "sintel": [f"frame_{i:04d}.png" for i in range(1, 31)],
    "no zeros": [f"{i}.jpeg" for i in range(95, 125)],
    "gaps": [f"frame{i}.bmp" for i in range(0, 300, 10)],
    "capitals and kinds": [f"a 2b{i}.{'JPG' if i % 2 else 'jpeg'}" for i in range(30)],
    "a word behind": [f"{i:03d}_left.tif" for i in range(30)],
    "others": [f"f-{i}.ppm" for i in range(30)],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_pictures_come_in_the_order_of_their_numbers(tmp_path, names):
    source = folder(tmp_path / "clip", names)
    clip = read_clip(source, frames=8, start=0.2, stride=0.1)
    assert numbers(clip.frames) == [5, 7, 10, 12, 15, 17, 20, 22]
    np.testing.assert_allclose(clip.times, [n / 25 for n in numbers(clip.frames)])
    assert (clip.fps, clip.duration_s, clip.held, clip.skipped) == (25, 1.2, 0, 0)
    assert (clip.name, clip.width, clip.height) == ("clip", 64, 48)
    gaps = ("Numbers of pictures are skipped (261); no time is left for them.",)
    assert clip.notes == (ASSUMED, *(gaps if names == NAMES["gaps"] else ()))
    assert clip_facts(clip)["path"] == os.fspath(source)


def test_the_rate_may_be_said_and_the_last_picture_is_held(tmp_path):
    source = folder(tmp_path, [f"{i}.png" for i in range(1, 11)])
    clip = read_clip(str(source), frames=6, start=0.5, stride=0.2, fps=10)
    assert numbers(clip.frames) == [5, 7, 9, 9, 9, 9] and clip.held == 3
    assert (clip.fps, clip.duration_s, clip.notes) == (10, 1.0, ())
    # 0.1 + 0.2 is above 0.3, and 3 * 0.1 too: each picture comes up once all the same.
    for fps in (10, 24, 25, 29.97, 30, 60):
        again = read_clip(source, frames=10, stride=1 / fps, fps=fps)
        assert numbers(again.frames) == list(range(10)) and again.held == 0
    assert "lasts 1 s, so a start at 1 s" in refusal(source, start=1.0, fps=10)


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf"), 1001, "25", True])
def test_a_rate_is_a_number_within_bounds(tmp_path, fps):
    assert "above 0 and at most 1000" in refusal(folder(tmp_path, ["1.png", "2.png"]), fps=fps)


def test_a_file_has_its_own_rate(tmp_path, make_video):
    (tmp_path / "clip.mp4").write_bytes(make_video(9))
    assert "a rate (fps) is for a folder" in refusal(tmp_path / "clip.mp4", fps=25)


@pytest.mark.parametrize("mode", ["L", "I;16", "P", "RGBA", "1", "CMYK"])
def test_pictures_of_other_kinds(tmp_path, mode):
    ending = "jpg" if mode == "CMYK" else "png"
    for i in range(2):
        grey = np.full((48, 64), 100 + 100 * i, np.uint8)
        if mode == "I;16":
            picture = Image.fromarray(grey.astype(np.uint16) * 257)
        else:
            picture = Image.fromarray(grey).convert("RGB").convert(mode)
        picture.save(tmp_path / f"{i}.{ending}")
    clip = read_clip(tmp_path, frames=2, stride=0.04)
    means = clip.frames.reshape(2, -1).mean(1)
    if mode != "1":
        assert np.abs(means - (100, 200)).max() < 4
    assert means[0] < means[1]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "tif"])
def test_pictures_are_upright(tmp_path, orientation, ending):
    undo = {  # what a camera did to the picture that such a number undoes
        **{2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180},
        **{4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE},
        **{6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE},
        **{8: Image.Transpose.ROTATE_270},
    }
    for i in range(2):
        picture = Image.fromarray(coded(40 + i))
        if orientation in undo:
            picture = picture.transpose(undo[orientation])
        exif = Image.Exif()
        exif[0x112] = orientation
        picture.save(tmp_path / f"{i}.{ending}", exif=exif)
    clip = read_clip(tmp_path, frames=2, stride=0.04)
    assert numbers(clip.frames) == [40, 41]
    assert (clip.width, clip.height) == (64, 48)


def test_large_pictures_are_shrunk_as_videos_are(tmp_path):
    for i in range(2):
        Image.fromarray(coded(i, 1600, 800)).save(tmp_path / f"{i}.png")
    clip = read_clip(tmp_path, frames=2, stride=0.04, max_size=100)
    assert clip.frames.shape == (2, 100, 200, 3) and (clip.width, clip.height) == (1600, 800)
    assert numbers(clip.frames) == [0, 1]


# -- which pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["2.jpg", "10.jpg", "1.jpg"], ("1.jpg", "2.jpg", "10.jpg")),
        (["img_1.jpg", "img_2.jpg", "flow_x_1.jpg", "flow_x_2.jpg", "flow_y_1.jpg"], None),
        (["img_1.jpg", "img_2.jpg", "x_1.jpg", "y_1.jpg"], None),
        (["img_1.jpg", "img_2.jpg", "cover.jpg", "notes.txt", "3.txt", "._img_3.jpg"], None),
        (["x_1.jpg", "x_2.jpg"], ("x_1.jpg", "x_2.jpg")),  # flow alone is what there is
        (["000000_10.png"], ()),
        (["cover.jpg", "back.jpg"], ()),
        (["1.mp4", "2.mp4", "1.gif", "2.webp"], ()),
        (["٣.jpg", "٤.jpg"], ()),
        ([f"{'9' * 30}.jpg", f"{'1' * 31}.jpg"], (f"{'9' * 30}.jpg", f"{'1' * 31}.jpg")),
    ],
)
def test_which_pictures_are_one_sequence(names, taken):
    assert numbered_pictures(names) == (("img_1.jpg", "img_2.jpg") if taken is None else taken)


def test_what_is_left_aside_is_noted(tmp_path):
    folder(tmp_path, ["img_1.jpg", "img_2.jpg", "flow_x_1.jpg", "cover.png"])
    assert read_clip(tmp_path).notes == (
        ASSUMED,
        "Other pictures in the folder are left aside (2).",
    )


def test_what_is_no_sequence_is_refused(tmp_path):
    two = folder(tmp_path / "two", ["a_1.jpg", "a_2.jpg", "b_1.jpg"])
    assert 'several sequences of pictures, such as "a_1.jpg" and "b_1.jpg"' in refusal(two)
    twice = folder(tmp_path / "twice", ["1.jpg", "01.jpg", "2.jpg"])
    assert 'two pictures of one number, "01.jpg" and "1.jpg"' in refusal(twice)
    one = folder(tmp_path / "one", ["1.jpg"])
    assert "a single picture, which does not move" in refusal(one)
    (tmp_path / "none").mkdir()
    assert "holds no numbered pictures" in refusal(tmp_path / "none")


def test_pictures_of_different_sizes_are_refused(tmp_path):
    folder(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    Image.fromarray(coded(3, 80, 48)).save(tmp_path / "3.jpg")
    text = refusal(tmp_path, frames=3, stride=0.04)
    assert 'differ in size: "1.jpg" has 64 x 48 pixels and "3.jpg" 80 x 48' in text


# -- hostile folders -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["jpg", "png", "bmp", "tif"])
def test_a_damaged_picture_is_named(tmp_path, ending):
    folder(tmp_path, [f"1.{ending}", f"2.{ending}"])
    place = tmp_path / f"2.{ending}"
    whole = place.read_bytes()
    place.write_bytes(whole + bytes(20))  # what comes after its end does not matter
    assert numbers(read_clip(tmp_path, frames=2, stride=0.04).frames) == [0, 1]
    for data in (
        whole[: len(whole) * 2 // 3],
        b"",
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"\xff\xd8\xff",
    ):
        place.write_bytes(data)
        assert f'The picture "2.{ending}" of ' in refusal(tmp_path, frames=2, stride=0.04)
    assert read_clip(tmp_path, frames=1).distinct == 1  # the others are not asked for


def test_folders_are_read_within_limits(tmp_path, monkeypatch):
    source = folder(tmp_path / "clip", [f"{i}.bmp" for i in range(20)])
    monkeypatch.setenv("SCT_MAX_MINUTES", "0.01")
    assert "at most 0.01 are accepted" in refusal(source)
    assert read_clip(source, frames=2, fps=100).duration_s == 0.2
    monkeypatch.delenv("SCT_MAX_MINUTES")
    monkeypatch.setenv("SCT_MAX_MB", "0.02")  # of the pictures that are read
    assert "at most 0.02 MB are accepted" in refusal(source)
    assert read_clip(source, frames=2).distinct == 2
    monkeypatch.delenv("SCT_MAX_MB")
    monkeypatch.setenv("SCT_MAX_SIDE", "63")
    assert "at most 63 a side" in refusal(source)
    monkeypatch.delenv("SCT_MAX_SIDE")
    monkeypatch.setenv("SCT_MAX_DECODE_S", "1e-9")
    assert "SCT_MAX_DECODE_S" in refusal(source)
    monkeypatch.delenv("SCT_MAX_DECODE_S")
    monkeypatch.setattr(room, "_MOST_NAMES", 19)
    assert "more than 19 files" in refusal(source)


def test_a_picture_that_is_no_file_is_refused(tmp_path):
    folder(tmp_path, ["1.png", "3.png"])
    os.mkfifo(tmp_path / "2.png")  # reading it would wait for ever
    assert '"2.png" of ' in refusal(tmp_path, frames=3, stride=0.04)
    (tmp_path / "2.png").unlink()
    (tmp_path / "2.png").symlink_to(tmp_path / "2.png")
    assert '"2.png" of ' in refusal(tmp_path, frames=3, stride=0.04)


def test_names_are_shown_as_text(tmp_path):
    text = refusal(folder(tmp_path / "a\x1b[31m\nb", ["1.png"]))
    assert "\x1b" not in text and "a[31m b" in text


@pytest.mark.parametrize(
    ("name", "shown"), [("\n", "\\n"), ("\x1b", "\\x1b"), ("\udcff", "\\udcff")]
)
def test_a_name_of_which_nothing_can_be_shown_is_shown_in_codes(tmp_path, name, shown):
    source = folder(tmp_path / name, ["1.png"])
    assert f'The folder "{shown}" holds a single picture' in refusal(source)
    folder(source, ["1.png", "2.png"])
    assert read_clip(source).name == shown


@pytest.mark.parametrize(
    "names",
    [
        ("0.25.jpg", "0.5.jpg", "0.75.jpg"),
        ("0.9.jpg", "0.95.jpg", "1.0.jpg"),
        ("3.25.jpg", "3.5.jpg", "3.75.jpg"),
        ("0,25.jpg", "0,5.jpg", "0,75.jpg"),
        ("t0.25s.jpg", "t0.5s.jpg", "t0.75s.jpg", "t1.0s.jpg"),
        ("0.04.jpg", "0.08.jpg", "0.12.jpg", "1.00.jpg"),
        ("1305031102.175304.png", "1305031102.211214.png", "1305031103.011301.png"),
        ("shot1.0009.jpg", "shot1.0010.jpg", "shot1.0100.jpg"),  # counted
        ("f_9.5.jpg", "f_10.25.jpg", "f_10.5.jpg"),
        ("3.05.jpg", "3.1.jpg"),
        ("1.1.jpg", "1.2.jpg", "1.10.jpg"),  # counted
        ("v.mp4_9.jpg", "v.mp4_10.jpg"),
        ("1.0.9.jpg", "1.0.10.jpg"),
    ],
)
def test_pictures_named_by_seconds_are_in_their_order(names):
    assert numbered_pictures(sorted(names)) == names
    assert numbered_pictures(sorted(names, reverse=True)) == names


def test_one_second_written_twice_is_refused():
    with pytest.raises(ClipError, match="two pictures of one number"):
        numbered_pictures(["0.5.jpg", "0.50.jpg", "0.75.jpg"])


def test_other_pictures_do_not_change_the_order_of_seconds():
    names = ("0.25.jpg", "0.5.jpg", "0.75.jpg")
    assert numbered_pictures(["cover.jpg", *names]) == names


@pytest.mark.parametrize(
    "names",
    [("1700000000.9", "1700000000.10"), ("1.8", "1.9", "1.10"), ("0.5", "0.10", "0.15", "0.20")],
)
def test_numbers_that_may_be_decimal_or_counted_are_refused(tmp_path, names):
    source = folder(tmp_path / "clip", [f"{name}.jpg" for name in names])
    assert "may be decimal or counted, such as" in refusal(source)


@pytest.mark.parametrize("step", [1, 5])
def test_shots_counted_behind_a_point_are_several_sequences(step):
    names = [f"shot{k}.{i:04d}.jpg" for k in (1, 2) for i in range(1, 30, step)]
    with pytest.raises(ClipError, match="several sequences"):
        numbered_pictures(names)


def test_a_clip_named_by_seconds_is_read_in_their_order_and_says_so(tmp_path):
    clip = read_clip(
        folder(tmp_path / "clip", ["0.25.jpg", "0.5.jpg", "0.75.jpg"]), frames=3, stride=0.04
    )
    assert numbers(clip.frames) == [0, 1, 2]
    (said,) = [note for note in clip.notes if "decimal numbers" in note]
    assert "their order is kept" in said and not any("skipped" in note for note in clip.notes)


@pytest.mark.parametrize(
    ("before", "numbers", "behind"),
    [
        ("video.mp4.", (1, 4, 9, 16, 25, 36), ".jpg"),
        ("Abuse001_x264.", (12, 47, 103, 288), ".jpg"),
        ("shot1.", (2, 5, 11), ".png"),
        ("video.mp4.", range(5, 16), ".jpg"),
        ("cam1.", range(9, 13), ".jpg"),
        ("cam0.", range(1, 13), ".jpg"),
    ],
)
def test_numbers_behind_a_name_with_a_number_are_counted(before, numbers, behind):
    names = tuple(f"{before}{number}{behind}" for number in numbers)
    assert numbered_pictures(sorted(names)) == names


@pytest.mark.parametrize(
    "form", ["frame_{}_640x480.jpg", "frame{}_crop2.jpg", "f_{}@2x.png", "{}of12.jpg"]
)
def test_the_number_that_varies_counts(form):
    names = tuple(form.format(i) for i in range(1, 13))
    assert numbered_pictures(sorted(names)) == names


@pytest.mark.parametrize(
    "names", ["a1_1.jpg a1_2.jpg a2_1.jpg a2_2.jpg", "1_2.jpg 2_1.jpg 3_3.jpg"]
)
def test_where_several_numbers_vary_there_are_several_sequences(names):
    with pytest.raises(ClipError, match="several sequences"):
        numbered_pictures(names.split())


def test_hashes_that_tools_add_do_not_count():
    names = tuple(f"frame_{i:04d}_jpg.rf.{'%032x' % (i * 7**30 % 2**128)}.jpg" for i in range(1, 9))
    assert numbered_pictures(sorted(names, reverse=True)) == names
