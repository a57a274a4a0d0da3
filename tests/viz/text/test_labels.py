import pytest

from viz.text.labels import accuracy, head_sentence, measured_heads

CARD = {
    "measured": {"top1": 0.9665, "n": 2000, "top1_ci95": [0.9576, 0.9737]},
    "footage": {"top1": 0.9778, "n": 900, "top1_ci95": [0.9659, 0.9856]},
}


def test_no_share_of_right_answers_is_rounded_up():
    said = accuracy(CARD, 17)
    assert (
        "96.6% (95" in said
        and "of 2,000" in said
        and "95.7% to 97.3%" in said
        and "97.7% (95" in said
        and "of 900" in said
    )
    assert "5.9%" in said


@pytest.mark.parametrize("damaged", (None, [], "x", {"top1": None}, {"top1": 2, "n": 3}))
def test_a_model_that_was_not_measured_claims_nothing(damaged):
    assert "has not been measured" in accuracy({}, 17)
    assert "has not been measured" in accuracy({"measured": damaged, "footage": damaged}, 17)
    assert "of 2,000" in accuracy({**CARD, "footage": damaged}, 17)


@pytest.mark.parametrize("damaged", (None, [], "x", {"heads": None}, {"heads": [{}, None]}))
def test_heads_that_were_not_measured_claim_nothing(damaged):
    assert measured_heads({"attention_follows_motion": damaged}, 2) == {}


def test_no_correlation_of_a_head_is_rounded_up():
    row = {"stage": 2, "head": 0, "correlation": 0.868, "correlation_ci95": [0.86, 0.87]}
    card = {"attention_follows_motion": {"heads": [row, {**row, "head": 1, "block": 1}]}}
    assert measured_heads(card, 2) == {0: 0.868}
    assert head_sentence(0, 2, (0,), measured_heads(card, 2)).endswith("r = +0.86.")


def test_a_clip_has_a_figure_of_its_own_beside_the_average():
    own = ("true motion", {0: 0.279, 1: 0.272})
    said = head_sentence("grounded", 4, (0, 1), {0: 0.868, 1: 0.8677}, own)
    assert "true motion: head 0: +0.86, head 1: +0.86." in said
    assert said.endswith("In this clip, with true motion: head 0: +0.27, head 1: +0.27.")
    assert head_sentence(2, 4, (0, 1), {}, own).endswith("In this clip too little moves to say.")
    assert "In this clip" not in head_sentence(2, 4, (0, 1), {})
