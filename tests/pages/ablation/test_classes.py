import numpy as np

from pages.ablation.classes import pick


def test_answers_truth_and_what_moves_are_shown_the_likeliest_first():
    before = np.array([0.7, 0.2, 0.05, 0.03, 0.02])
    after = np.array([0.3, 0.6, 0.055, 0.03, 0.015])
    found = pick([before, after], truth=4)
    assert found.shown.tolist() == [0, 1, 4] and found.others.tolist() == [2, 3]
    assert found.about == "that hardly change"
    assert pick([before, after]).shown.tolist() == [0, 1]


def test_alone_those_of_a_point_or_more_are_shown():
    found = pick([np.array([0.004, 0.98, 0.006, 0.01])])
    assert found.shown.tolist() == [1, 3] and found.about == "that are below 1%"


def test_of_many_that_move_the_largest_are_shown_and_one_alone_is_not_folded_up():
    before = np.full(20, 0.05)
    after = before + np.linspace(0.04, -0.04, 20)
    found = pick([before, after])
    assert len(found.shown) == 8 and found.about == "that change less"
    assert set(found.shown) | set(found.others) == set(range(20))
    nine = pick([before[:9], after[:9]])
    assert len(nine.shown) == 9 and not len(nine.others)


def test_a_class_that_moves_under_any_variant_is_shown():
    a = np.array([0.9, 0.04, 0.03, 0.02, 0.01])
    b = np.array([0.9, 0.04, 0.005, 0.045, 0.01])
    assert pick([a, a, b]).shown.tolist() == pick([a, b, a]).shown.tolist() == [0, 3, 2]
    assert pick([a, a]).shown.tolist() == [0]
