"""Where heads point, against maps that are known."""

import numpy as np
import pytest
import torch

from sct.analysis.offsets import offset_statistics
from sct.model.shifted import Matched
from sct.model.trace import ShiftedTrace


def seen(q, k, frames=3, merge="mean"):
    keys = tuple(tuple(max(t - 1, 0) for t in range(frames)) for _ in range(q.shape[3]))
    return ShiftedTrace(Matched(q, k, keys, 3, "on", merge), 3, 8, ())


def test_one_patch_to_the_left_and_one_even():
    """Head 0: each patch looks a column to the left (at column 0: at itself). Head 1: evenly."""
    q = torch.zeros(1, 3, 1, 2, 9, 9)
    k = torch.zeros(1, 3, 1, 2, 9, 9)
    for token in range(9):
        q[..., 0, token, token if token % 3 == 0 else token - 1] = 400
        k[..., 0, token, token] = 1
    left, even = offset_statistics(seen(q, k))
    assert left.offsets.shape == (5, 5)
    assert left.offsets[2, 1] == pytest.approx(6 / 9) and left.offsets[2, 2] == pytest.approx(3 / 9)
    assert left.entropy == pytest.approx(0, abs=1e-6) and left.moves == pytest.approx(6 / 9)
    assert left.distance == pytest.approx(8 * 6 / 9)
    assert even.entropy == pytest.approx(1, abs=1e-6) and even.moves == pytest.approx(8 / 9)
    assert even.offsets.sum() == pytest.approx(1, abs=1e-6)
    # Of 81 pairs of patches nine share a place, and one lies two rows and columns apart.
    assert even.offsets[2, 2] == pytest.approx(9 / 81) and even.offsets[0, 0] == pytest.approx(
        1 / 81
    )
    place = np.stack(np.mgrid[:3, :3], -1).reshape(-1, 2)
    far = np.linalg.norm(place[None] - place[:, None], axis=-1).mean() * 8
    assert even.distance == pytest.approx(far)


def test_one_frame_points_nowhere():
    q = torch.zeros(1, 1, 1, 1, 9, 4)
    assert offset_statistics(seen(q, q, frames=1)) is None


def test_a_joint_softmax_is_read_by_its_previous_part():
    q = torch.randn(1, 3, 1, 1, 9, 4, generator=torch.Generator().manual_seed(0)) * 3
    one = offset_statistics(seen(q, q.roll(1, 4), merge="mean"))[0]
    joint = offset_statistics(seen(q, q.roll(1, 4), merge="joint"))[0]
    np.testing.assert_allclose(one.offsets, joint.offsets, atol=1e-6)
