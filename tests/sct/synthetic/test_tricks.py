"""The tricks: that they move one way, and seem to move another."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from sct.synthetic import tricks

SIZE = 96


@pytest.mark.parametrize("draw", [tricks.barber_pole, tricks.wagon_wheel])
@pytest.mark.parametrize("seed", range(3))
def test_a_trick_is_a_clip_that_only_its_seed_changes(draw, seed):
    clip = draw(np.random.default_rng(seed), 4, SIZE)
    assert clip.dtype == np.uint8 and clip.shape == (4, SIZE, SIZE, 3)
    assert np.array_equal(clip, draw(np.random.default_rng(seed), 4, SIZE))
    assert np.abs(np.diff(clip.astype(int), axis=0)).mean() > 1


@pytest.mark.parametrize("seed", range(4))
def test_the_stripes_of_the_pole_seem_to_climb_or_to_sink(seed):
    """Its middle column, where a point moves sideways alone, is the one before moved up or down."""
    clip = tricks.barber_pole(np.random.default_rng(seed), 6, SIZE)
    column = clip[:, :, SIZE // 2].astype(float)
    assert np.ptp(clip[:, :, 0].astype(int), axis=0).max() <= 1  # the wall stands still
    moved = []
    for before, now in pairwise(column):
        fits = {}
        for step in range(-12, 13):
            there = before[12 - step : SIZE - 12 - step]
            fits[step] = np.abs(now[12 : SIZE - 12] - there).mean()
        moved.append(min(fits, key=fits.get))
        assert fits[moved[-1]] < 0.5 * fits[0]
    assert len(set(np.sign(moved))) == 1 and moved[0] != 0


@pytest.mark.parametrize("seed", range(4))
def test_the_wheel_seems_to_turn_back(seed):
    """Of all turns of less than half a gap, one counter-clockwise explains the next frame best."""
    clip = tricks.wagon_wheel(np.random.default_rng(seed), 5, SIZE).mean(-1).astype(np.float32)
    rng = np.random.default_rng(seed)  # drawn in the same order as the wheel
    spokes, short = int(rng.integers(6, 11)), rng.uniform(0.1, 0.3)
    centre = tuple(float(v) for v in SIZE * rng.uniform(0.47, 0.53, 2) - 0.5)
    gap = 360 / spokes
    rows, columns = np.mgrid[:SIZE, :SIZE]
    near = np.hypot(columns - centre[0], rows - centre[1]) < 0.28 * SIZE
    turns = np.arange(-0.48, 0.49, 0.02) * gap  # degrees clockwise
    for before, now in pairwise(clip):
        errors = []
        for turn in turns:
            spun = cv2.warpAffine(before, cv2.getRotationMatrix2D(centre, -turn, 1), (SIZE, SIZE))
            errors.append(np.abs(spun - now)[near].mean())
        assert turns[int(np.argmin(errors))] == pytest.approx(-short * gap, abs=0.06 * gap)
