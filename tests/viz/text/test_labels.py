from viz.text.labels import accuracy


def test_no_share_of_right_answers_is_rounded_up():
    card = {
        "measured": {"top1": 0.9665, "n": 2000, "top1_ci95": [0.9576, 0.7]},
        "footage": {"top1": 0.9778, "n": 900},
    }
    said = accuracy(card, 17)
    assert "96.6% of 2,000" in said and "95.7% to 70.0%" in said and "97.7% of 900" in said
    assert "5.9%" in said


def test_a_model_that_was_not_measured_claims_nothing():
    assert "has not been measured" in accuracy({}, 17)
