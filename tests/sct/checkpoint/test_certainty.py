"""When an answer is sure, as a card says it, and what a person reads beside one that is not."""

import pytest
import torch

from sct.checkpoint.certainty import UNKNOWN, Certainty, certainty, judge, together

LABELS = ("none", "moves left", "moves in place")


def card(**more):
    return {"calibration": {"questions": {"subject": {"threshold": 0.6, "familiar": 2.0, **more}}}}


def logits(*shares, energy=5.0):
    return torch.tensor(shares).log() + energy


def test_a_sure_answer_needs_no_sentence():
    found = judge(card(), "none", "subject", LABELS, logits(0.1, 0.7, 0.2))
    assert found == (True, False, "", 0.6)


def test_an_unsure_answer_names_the_two_likeliest():
    found = judge(card(), "none", "subject", LABELS, logits(0.21, 0.41, 0.38))
    said = "Not sure: subject moves left 41%, moves in place 38%."
    assert found == (False, False, said, 0.6)
    plain = {"calibration": {"questions": {"": {"threshold": 0.6}}}}
    found = judge(plain, "none", "", LABELS, logits(0.5, 0.3, 0.2))
    assert found.sentence == "Not sure: none 50%, moves left 30%."


def test_a_clip_unlike_the_training_makes_no_answer_sure():
    found = judge(card(), "none", "subject", LABELS, logits(0.0, 1.0, 0.0, energy=1.9))
    assert found.sure is False and found.unlike and "unlike" in found.sentence
    known = card(familiar=None)
    assert judge(known, "none", "subject", LABELS, logits(0, 1, 0, energy=-9.0)).sure is True


def test_what_one_question_finds_strange_makes_no_other_sure():
    strange = judge(card(), "none", "subject", LABELS, logits(0.0, 1.0, 0.0, energy=1.9))
    fine = judge(card(), "none", "subject", LABELS, logits(0.1, 0.7, 0.2))
    found = together({"camera": strange, "subject": fine, "other": UNKNOWN})
    assert [one.sure for one in found.values()] == [False, False, None]
    assert found["subject"].unlike and not found["other"].unlike
    assert together({"subject": fine}) == {"subject": fine}


def test_the_figures_are_of_the_model_as_it_was_trained():
    given = "subject", LABELS, logits(0.1, 0.7, 0.2)
    assert judge(card(), "shifted=off", *given) == UNKNOWN
    twin = {**card(), "trained_with": "shifted=off"}
    assert judge(twin, "shifted=off", *given).sure and judge(twin, "none", *given) == UNKNOWN


@pytest.mark.parametrize(
    "broken",
    (
        {},
        {"calibration": 3},
        {"calibration": {"questions": []}},
        {"calibration": {"questions": {"subject": None}}},
        card(threshold="0.6"),
        card(threshold=float("nan")),
        card(threshold=1.5),
        card(threshold=None),
    ),
)
def test_a_card_may_hold_anything(broken):
    assert certainty(broken, "subject") is None
    assert judge(broken, "none", "subject", LABELS, logits(0.1, 0.7, 0.2)) == UNKNOWN


def test_what_is_odd_in_it_is_left_out():
    assert certainty(card(familiar="warm"), "subject") == Certainty(0.6, None)
    assert certainty(card(), "camera") is None
