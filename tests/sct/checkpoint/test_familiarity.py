"""Where the embeddings of known clips lie: distances by hand, and a card that may hold anything."""

import json

import numpy as np
import pytest

from sct.checkpoint.familiarity import KEY, Familiarity, familiarity, fit


def test_distances_by_hand():
    axes = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    found = Familiarity(np.array([1.0, 0, 0]), axes, np.array([4.0, 1.0]), 0.25, 3.0)
    given = np.array([[1.0, 0, 0], [3.0, 0, 0], [1.0, 2.0, 0], [1.0, 0, 1.0], [3.0, 1.0, 0.5]])
    assert found.distance(given).tolist() == pytest.approx([0, 1, 4, 4, 3])
    assert [found.holds(row) for row in given] == [True, True, False, False, True]


def test_a_plane_and_what_lies_beside_it_are_found():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    spread = np.array([5.0, 3.0, 2.0] + [0.1] * 9)
    known = rng.normal(size=(4000, 12)) * spread @ turn + 7
    found = fit(known, 3)
    assert sorted(found.variances) == pytest.approx([4, 9, 25], rel=0.1)
    assert found.rest == pytest.approx(0.01, rel=0.1)
    assert np.allclose(found.axes @ found.axes.T, np.eye(3), atol=1e-6)
    assert found.distance(known).mean() == pytest.approx(12, rel=0.02)  # as of a normal one
    assert found.most == found.distance(known).max()
    beside, along = found.mean + turn[5] * 2, found.mean + turn[0] * 2
    assert not found.holds(beside) and found.holds(along)


def test_a_card_gives_back_what_it_was_given():
    found = fit(np.random.default_rng(1).normal(size=(50, 8)), 3)
    again = familiarity(json.loads(json.dumps({"calibration": {KEY: found.to_card()}})))
    for name in ("mean", "axes", "variances"):
        assert np.array_equal(getattr(again, name), getattr(found, name))
    assert (again.rest, again.most) == (found.rest, found.most)


def test_known_clips_that_are_all_alike_leave_a_distance():
    found = fit(np.ones((20, 4)), 1)
    assert found.holds(np.ones(4)) and not found.holds(np.ones(4) + 1)


GOOD = fit(np.random.default_rng(1).normal(size=(50, 8)), 3).to_card()


@pytest.mark.parametrize(
    "broken",
    (
        {"mean": None},
        {"mean": "no base64!"},
        {"mean": GOOD["mean"][:-4]},
        {"mean": ""},
        {"axes": GOOD["mean"]},
        {"axes": 3},
        {"axes": "AACAfw=="},  # infinite
        {"variances": [1.0, 2.0]},
        {"variances": [1.0, -2.0, 1.0]},
        {"variances": [1.0, "2", 1.0]},
        {"variances": "abc"},
        {"variances": []},
        {"rest": 0},
        {"rest": float("nan")},
        {"most": None},
    ),
)
def test_a_card_may_hold_anything(broken):
    assert familiarity({"calibration": {KEY: GOOD}}) is not None
    assert familiarity({"calibration": {KEY: {**GOOD, **broken}}}) is None


@pytest.mark.parametrize("card", ({}, {"calibration": 3}, {"calibration": {KEY: []}}))
def test_a_card_without_it_says_nothing(card):
    assert familiarity(card) is None
