import numpy as np
import pytest

from sct.analysis.displacement import in_window, true_displacement
from sct.synthetic.clips import make_batch, make_clip
from sct.training.grounding import source_targets
from viz.raster.arrows import agreement, motion, segments, side


def test_an_arrow_points_where_the_content_went():
    displacement = np.zeros((7, 7, 2), np.float32)
    displacement[2, 3] = (-4, 8)  # it came from four pixels above and eight to the right
    lines = np.array(segments(motion(displacement), 112)).reshape(7, 7, 4)
    x0, y0, x1, y1 = lines[2, 3]
    assert x1 - x0 == pytest.approx(-8 / 112, abs=2e-4)
    assert y1 - y0 == pytest.approx(4 / 112, abs=2e-4)
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((3.5 / 7, 2.5 / 7), abs=2e-4)
    still = lines[0, 0]
    assert (still[:2] == still[2:]).all()


def test_gain_lengthens_arrows_about_their_middle():
    moved = np.ones((4, 4, 2))
    one, three = (np.array(segments(moved, 100, g)) for g in (1, 3))
    assert three[:, 2] - three[:, 0] == pytest.approx(3 * (one[:, 2] - one[:, 0]), abs=1e-3)
    assert one[:, :2] + one[:, 2:] == pytest.approx(three[:, :2] + three[:, 2:], abs=1e-3)


def test_squares_share_an_arrow_where_motion_is_fast():
    still, slow, fast = (np.zeros((8, 28, 28, 2)) + (0, by) for by in (0.1, 1, 12))
    assert side([still], 112) == side([slow], 112) == 2  # patches are small, so arrows keep apart
    assert side([fast], 112) == 3 and side([slow, fast], 112, 2) == 5
    assert side([fast], 112, 100) == 7  # a quarter of the grid at most
    assert side([slow[:, :7, :7]], 112) == 1


def test_a_shared_arrow_is_the_mean_of_what_moves():
    moved, where = np.zeros((4, 4, 2)), np.ones((4, 4), bool)
    moved[0, 0], moved[0, 1], moved[1, 1] = (0, 4), (0, 8), (0.2, 0.2)
    moved[2, 2] = (6, 0)
    where[2:, :2] = False
    where[3, 3] = False
    lines = np.array(segments(moved, 16, squares=2, where=where))
    assert lines.shape == (3, 4)  # nothing counts in one square
    x0, y0, x1, y1 = lines[0]
    assert (x1 - x0, y1 - y0) == pytest.approx((6 / 16, 0))  # of 4 and 8, not of what stands
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((1 / 4, 0.5 / 4))
    assert lines[1][0] == lines[1][2] and lines[1][1] == lines[1][3]  # a dot: all stand still
    assert lines[2][3] - lines[2][1] == pytest.approx(6 / 16)


@pytest.mark.parametrize(
    ("label", "axis", "sign"),
    [("pan right", 1, -1), ("pan left", 1, 1), ("tilt up", 0, 1), ("tilt down", 0, -1)],
)
def test_true_motion_of_made_clips_goes_against_the_camera(label, axis, sign):
    made = make_clip(label, seed=5, clean=True)
    moved = -true_displacement(made.batch, 14, 1).displacement[0, 3].numpy() * 8
    assert moved.shape == (14, 14, 2)
    assert (np.sign(moved[..., axis]) == sign).all()


def test_what_is_in_sight_is_what_grounding_trains_on():
    batch = make_batch(["zoom in", "pan left", "roll clockwise"], seed=3)
    for grid in (14, 7):
        targets, inside = source_targets(batch.token_sources(grid), 7)
        across = grid // 7
        inside = inside.view(3, -1, across, across, 7, 7).transpose(3, 4)
        inside = inside.reshape(3, -1, grid, grid)
        for i in range(3):
            mine = in_window(true_displacement(batch, grid, 1).displacement[i, 4], 7)
            # The mean over a token's pixels and its centre differ by rounding only.
            assert (mine == inside[i, 4]).float().mean() > 0.99
        assert targets.shape[-1] == 49


def test_agreement_of_perfect_halved_and_opposite_arrows():
    rng = np.random.default_rng(1)
    true = rng.normal(size=(14, 14, 2)) * 5
    known = np.ones((14, 14), bool)
    assert agreement(true, true, known).direction == pytest.approx(1)
    half = agreement(true / 2, true, known)
    assert (half.direction, half.length) == (pytest.approx(1), pytest.approx(0.5))
    assert agreement(-true, true, known).direction == pytest.approx(-1)


def test_agreement_leaves_out_what_is_unknown_or_still():
    true = np.zeros((2, 2, 2))
    true[0, 0], true[1, 1] = (3, 0), (0.1, 0)
    moved = np.full((2, 2, 2), 9.0)
    known = np.array([[True, True], [True, True]])
    assert agreement(moved, true, known).tokens == 1
    assert agreement(moved, true, np.zeros((2, 2), bool)) is None


def test_a_displacement_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="grid"):
        motion(np.zeros((7, 7)))
