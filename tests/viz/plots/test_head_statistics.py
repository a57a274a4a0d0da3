"""Figures of statistics, against what they were given."""

import numpy as np
import pytest

from viz.plots import head_statistics


def test_directions_are_those_of_the_motion():
    moved = np.zeros((4, 4, 2))
    moved[0, :, 1] = 3  # to the right
    moved[1, :, 0] = -1  # up
    where = np.ones((4, 4), bool)
    share = head_statistics.directions(moved, where, 4)
    assert share.tolist() == pytest.approx([0.75, 0.25, 0, 0])
    where[0] = False
    assert head_statistics.directions(moved, where, 4).tolist() == pytest.approx([0, 1, 0, 0])
    assert head_statistics.directions(moved * 0, where).sum() == 0


def test_a_compass_is_lightest_where_the_head_looks():
    offsets = np.full((13, 13), 1e-4)
    offsets[6, 3] = 0.9
    picture = head_statistics.compass(offsets, 130).astype(int).sum(-1)
    assert picture[65, 35] > 2 * picture[100, 100]
    with pytest.raises(ValueError, match="odd"):
        head_statistics.compass(np.zeros((4, 4)))


def test_ranking_keeps_the_order_and_marks_the_kinds():
    known = {"block": 0, "tokens": 90, "moving": 40}
    rows = [
        {"stage": 2, "head": 0, "grounded": True, "correlation": 0.91, **known},
        {"stage": 1, "head": 3, "grounded": False, "correlation": -0.2, **known},
    ]
    figure = head_statistics.ranking(rows)
    assert list(figure.data[0].y) == ["◆ stage 2, head 0", "○ stage 1, head 3"]
    assert list(figure.data[0].x) == [0.91, -0.2] and figure.data[0].text[1] == "−0.20"


def test_the_overview_has_a_cell_for_each_frame_and_stage():
    pictures = np.full((3, 64, 64, 3), 90, np.uint8)
    lengths = {1: np.zeros((3, 14, 14)), 2: np.zeros((3, 7, 7))}
    still = head_statistics.overview(pictures, lengths)
    lengths[2][1, 3, 3] = 8
    moved = head_statistics.overview(pictures, lengths)
    assert still.shape == moved.shape
    rows, columns = np.nonzero((still != moved).any(-1))
    assert rows.min() > 34 + 132 and columns.min() > 74 + 132 and columns.max() < 74 + 2 * 138


def test_a_stage_that_follows_nothing_does_not_set_the_scale():
    pictures = np.full((2, 64, 64, 3), 90, np.uint8)
    lengths = {1: np.full((2, 14, 14), 60.0), 2: np.full((2, 7, 7), 3.0)}
    both = head_statistics.overview(pictures, lengths)[250, 150].astype(int).sum()
    alone = head_statistics.overview(pictures, lengths, grounded=(2,))[250, 150].astype(int).sum()
    assert alone > 1.5 * both
