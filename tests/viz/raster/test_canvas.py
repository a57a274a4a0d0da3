"""Text on a sheet: what is too long is cut, what cannot be shown is no danger, room is kept."""

import numpy as np
import pytest

from viz.raster import canvas


def ink(sheet):
    return np.argwhere((sheet != np.array(canvas.PAPER, np.uint8)).any(-1))


@pytest.mark.parametrize(
    "text",
    ["<b>bold</b> &amp; plain", "W" * 400, "中文 Привет ÄÖ", "\u202egnp.exe",
     "a\x00b\nc\x1b[31m", "😀" * 50],
)  # fmt: skip
def test_text_stays_in_its_room(text):
    sheet = canvas.sheet(400, 60)
    end = canvas.write(sheet, 40, 40, text, 18, room=200)
    found = ink(sheet)
    assert len(found) and end <= 240
    assert found[:, 1].min() >= 38 and found[:, 1].max() <= 242
    assert found[:, 0].min() >= 18 and found[:, 0].max() <= 52  # nothing wraps to another line


def test_markup_is_drawn_as_it_stands():
    one, other = canvas.sheet(300, 60), canvas.sheet(300, 60)
    canvas.write(one, 10, 40, "<b>x</b>")
    canvas.write(other, 10, 40, "x")
    assert len(ink(one)) > 4 * len(ink(other))


def test_controls_and_overrides_of_direction_are_gone():
    assert canvas.clean("a\x00b\nc\u202ed\u2066e") == "a b c d e"
    assert canvas.fit("a longer text than fits here", 90).endswith("…")
    assert canvas.fit("short", 90) == "short"
    assert canvas.fit("no room at all", 3) == ""


def test_anchors():
    for anchor, low, high in (("left", 100, 180), ("right", 20, 101), ("middle", 60, 141)):
        sheet = canvas.sheet(200, 60)
        canvas.write(sheet, 100, 40, "anchor", anchor=anchor)
        columns = ink(sheet)[:, 1]
        assert low <= columns.min() and columns.max() <= high


def test_a_picture_keeps_its_pixels_and_loses_its_corners():
    sheet = canvas.sheet(60, 60)
    canvas.paste(sheet, 10, 12, np.full((30, 40, 3), 200, np.uint8), radius=8)
    assert (sheet[27, 30] == 200).all() and (sheet[12, 30] == 200).all()
    assert tuple(sheet[12, 10]) == canvas.PAPER and tuple(sheet[11, 30]) == canvas.PAPER
