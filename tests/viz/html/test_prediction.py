import numpy as np

from viz.html.prediction import answer

LABELS = ("static", "pan left", "<b>tilt</b>", "zoom in", "roll")


def test_the_likeliest_are_shown_and_the_truth_always():
    text = answer(LABELS, np.array([0.5, 0.25, 0.15, 0.09, 0.01]), "roll")
    assert "The model says: static" in text and "wrong, it is roll" in text
    assert text.count("<li>") == 4 and "<b>roll</b> (truth)" in text and "zoom in" not in text
    assert "✓ right" in answer(LABELS, np.array([0.5, 0.25, 0.15, 0.09, 0.01]), "static")


def test_names_are_text_and_an_unnamed_path_has_no_truth():
    text = answer(LABELS, np.array([0.1, 0.1, 0.6, 0.1, 0.1]), None)
    assert "&lt;b&gt;tilt" in text and "<b>tilt" not in text
    assert "no label names this path" in text and "(truth)" not in text


def test_what_is_not_sure_says_so_and_is_not_praised():
    doubt = "Not sure: static 50%, <i>pan</i> left 25%."
    text = answer(LABELS, np.array([0.5, 0.25, 0.15, 0.09, 0.01]), "static", doubt=doubt)
    assert "&lt;i&gt;pan" in text and "right, but not sure" in text and "✓" not in text
    wrong = answer(LABELS, np.array([0.5, 0.25, 0.15, 0.09, 0.01]), "roll", doubt=doubt)
    assert "✗ wrong, it is roll" in wrong and "Not sure" in wrong
