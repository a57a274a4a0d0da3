"""What moved, as far as that is known: the truth of made clips, an estimate of all others."""

import cv2
import numpy as np
import pytest

from sct.analysis.ground_truth import reference
from sct.synthetic.clips import make_clip

BEFORE = [0, 0, 1, 2]


def sliding(by: int) -> np.ndarray:
    """Four frames of a texture that moves `by` pixels a frame to the right."""
    small = np.random.default_rng(5).integers(0, 255, (9, 9, 3), np.uint8)
    first = cv2.resize(small, (112, 112), interpolation=cv2.INTER_CUBIC)
    return np.stack([np.roll(first, t * by, 1) for t in range(4)])


def test_an_estimate_that_finds_its_way_back_is_relied_on():
    found = reference(sliding(6), BEFORE, 7, 7)
    assert found.kind == ("none", "flow", "flow", "flow")
    assert found.still == (True, False, False, False)
    assert (found.checked[1:] > 0.5).all() and found.checked[0] == 1
    across = found.motion[2, ..., 1][found.known[2]]
    assert np.median(across) == pytest.approx(6, abs=0.5)


def test_an_estimate_of_noise_mostly_is_not_and_hardly_any_of_it_is_compared():
    noise = np.random.default_rng(0).integers(0, 255, (4, 112, 112, 3), np.uint8)
    found = reference(noise, BEFORE, 7, 7)
    assert (found.checked[1:] < 0.5).all()
    assert (found.known[1:].mean((1, 2)) <= found.checked[1:]).all()


def test_the_truth_needs_no_check():
    made = make_clip("pan left", 3, frames=4, size=112)
    found = reference(made.frames, BEFORE, 7, 7, made.batch)
    assert found.kind[1:] == ("truth",) * 3 and (found.checked == 1).all()
