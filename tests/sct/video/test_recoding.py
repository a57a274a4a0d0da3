"""Frames through H.264: in order, all of them, and the worse the higher the factor."""

import numpy as np
import pytest

from sct.video.recoding import through_h264


def film(count=9, side=64):
    rng = np.random.default_rng(0)
    scene = rng.integers(0, 256, (side, side * 2, 3)).astype(np.float32)
    for axis in (0, 1):
        scene = (scene + np.roll(scene, 1, axis) + np.roll(scene, 2, axis)) / 3
    return np.stack([scene[:, 3 * t : 3 * t + side] for t in range(count)]).astype(np.uint8)


def test_the_frames_come_back_in_order():
    given = film()
    found = through_h264(given, 20)
    assert found.shape == given.shape and found.dtype == np.uint8
    apart = np.abs(found[:, None].astype(int) - given[None]).mean(axis=(2, 3, 4))
    assert (apart.argmin(axis=1) == np.arange(len(given))).all()


def test_a_higher_factor_leaves_less():
    given = film()
    loss = [np.abs(through_h264(given, crf).astype(int) - given).mean() for crf in (0, 25, 45)]
    assert loss[0] < loss[1] < loss[2] and loss[0] < 12  # 4:2:0 alone loses colour


@pytest.mark.parametrize(
    ("frames", "crf", "said"),
    (
        (film(2)[:, :63], 20, "even"),
        (film(2), 52, "crf"),
        (film(2).astype(np.float32), 20, "uint8"),
    ),
)
def test_what_it_does_not_take(frames, crf, said):
    with pytest.raises(ValueError, match=said):
        through_h264(frames, crf)
