import cv2
import numpy as np
import pytest

from viz.components.clipplayer import COMPONENT, clip_message
from viz.components.player.message import unpack

VIEW = {"frame": 1, "overlay": "none", "crop": "centre", "edit": 0}


def made(count=5, height=60, width=100, **more):
    # Each frame is of one colour, by which it is found again in the sheet.
    frames = np.stack([np.full((height, width, 3), 15 * i + 10, np.uint8) for i in range(count)])
    lit = np.linspace(0, 1, count * 16).reshape(count, 4, 4)
    message, held = clip_message(frames, range(count), VIEW, lit, **more)
    assert list(held) == list(range(count))
    return frames, lit, *unpack(message)


@pytest.mark.parametrize(("count", "across"), [(1, 1), (5, 3), (8, 3), (16, 4)])
def test_every_frame_lies_where_the_browser_looks_for_it(count, across):
    frames, _, header, parts = made(count)
    sheet = cv2.imdecode(parts["sheet"], cv2.IMREAD_COLOR)
    assert header["across"] == across and header["frames"] == count
    assert sheet.shape == (-(-count // across) * 60, across * 100, 3)
    for i in range(count):
        top, left = i // across * 60, i % across * 100
        found = sheet[top + 5 : top + 55, left + 5 : left + 95].mean()
        assert found == pytest.approx(frames[i].mean(), abs=3)


@pytest.mark.parametrize(("height", "width"), [(512, 910), (910, 512), (2000, 2000)])
def test_large_pictures_are_sent_as_large_as_they_are_shown(height, width):
    _, _, header, parts = made(2, height, width)
    sheet = cv2.imdecode(parts["sheet"], cv2.IMREAD_COLOR)
    tall, wide = sheet.shape[0], sheet.shape[1] / 2
    assert wide <= 720 and tall <= 480
    assert wide / tall == pytest.approx(width / height, rel=0.01)
    assert (header["height"], header["width"]) == (height, width)


def test_light_is_sent_as_bytes_and_motion_only_where_there_is_some():
    _, lit, header, parts = made()
    assert np.abs(parts["lit"] / 255 - lit).max() <= 0.5 / 255 + 1e-9
    assert header["overlays"] == ["none", "answer"] and "moved" not in parts
    moved = np.random.default_rng(0).normal(size=(5, 7, 7, 2))
    _, _, header, parts = made(moved=moved, side=112, crops=True, said={"motion": "<i>"})
    assert header["overlays"] == ["none", "answer", "motion"]
    assert np.allclose(parts["moved"], moved, atol=1e-6)
    assert header["crops"] is True and header["said"] == {"motion": "<i>"}


def test_texts_never_become_markup():
    assert "innerHTML" not in COMPONENT.script
