"""When an answer is sure, as a card says it, and what a person reads beside one that is not."""

import numpy as np
import pytest
import torch

import sct
from sct.checkpoint import certainty, familiarity
from sct.checkpoint.certainty import UNKNOWN, sure_from

LABELS = ("none", "moves left", "moves in place")


KNOWN = familiarity.fit(np.random.default_rng(0).normal(size=(64, 6)), 2)
NEAR, FAR = torch.zeros(6), torch.full((6,), 9.0)


def card(**more):
    told = {"questions": {"subject": {"threshold": 0.6, **more}}}
    return {"calibration": {**told, familiarity.KEY: KNOWN.to_card()}}


def logits(*shares):
    return torch.tensor(shares).log()


def judge(*given, embedding=NEAR):
    return certainty.judge(*given, embedding)


def test_a_sure_answer_needs_no_sentence():
    found = judge(card(), "none", "subject", LABELS, logits(0.1, 0.7, 0.2))
    assert found == (True, False, "", 0.6)


def test_an_unsure_answer_names_the_two_likeliest():
    found = judge(card(), "none", "subject", LABELS, logits(0.21, 0.41, 0.38))
    said = "Not sure: subject moves left 41.0%, moves in place 38.0%."
    assert found == (False, False, said, 0.6)
    plain = {"calibration": {"questions": {"": {"threshold": 0.6}}}}
    found = judge(plain, "none", "", LABELS, logits(0.5, 0.3, 0.2))
    assert found.sentence == "Not sure: none 50.0%, moves left 30.0%."


def test_a_clip_unlike_the_training_makes_no_answer_sure():
    given = "none", "subject", LABELS, logits(0.0, 1.0, 0.0)
    found = judge(card(), *given, embedding=FAR)
    assert found.sure is False and found.unlike and "Unlike" in found.sentence
    assert judge(card(), *given).sure is True
    plain = {"calibration": {"questions": {"subject": {"threshold": 0.6}}}}
    assert judge(plain, *given, embedding=FAR).sure is True
    assert judge(card(), *given, embedding=torch.zeros(7)).sure is True  # of another model


def test_answers_are_judged_alike_where_the_clip_is_unlike():
    config = sct.SCTConfig(num_classes=5, questions=(("camera", ("a", "b")), ("subject", LABELS)),
                           labels=("a", "b", *LABELS))  # fmt: skip
    told = card()
    told["calibration"]["questions"]["camera"] = {"threshold": 0.5}
    near, far = (
        certainty.answers(told, "none", config, torch.tensor([0.0, 9, 0, 9, 0]), embedding)
        for embedding in (NEAR, FAR)
    )
    assert [one.judged.sure for one in near] == [True, True]
    assert [one.judged.unlike for one in far] == [True, True]
    assert [one.judged.threshold for one in far] == [0.5, 0.6]


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
        card(threshold=0.49),
        card(threshold=None),
    ),
)
def test_a_card_may_hold_anything(broken):
    if broken:
        with pytest.raises(ValueError, match="calibration"):
            certainty.check(broken)
    assert sure_from(broken, "subject") is None
    assert judge(broken, "none", "subject", LABELS, logits(0.1, 0.7, 0.2)) == UNKNOWN


@pytest.mark.parametrize("field", ("mean", "axes", "variances", "rest", "most"))
@pytest.mark.parametrize("value", (None, [], "%%%", float("nan"), 0, -1, 5e-324))
def test_a_guard_that_cannot_be_read_is_damage(field, value):
    told = card()
    certainty.check(told)
    told["calibration"][familiarity.KEY][field] = value
    with pytest.raises(ValueError, match="familiarity cannot be read"):
        certainty.check(told)
    del told["calibration"][familiarity.KEY][field]
    with pytest.raises(ValueError, match="familiarity cannot be read"):
        certainty.check(told)


def test_a_card_without_a_guard_is_no_damage():
    certainty.check({})
    told = card()
    told["calibration"][familiarity.KEY] = {"n": 12, "auroc": {}}
    certainty.check(told)
    del told["calibration"][familiarity.KEY]
    certainty.check(told)


def test_a_share_just_short_of_the_threshold_does_not_read_as_if_it_had_reached_it():
    found = judge(card(threshold=0.6719), "none", "subject", LABELS, logits(0.231, 0.669, 0.1))
    assert found.sentence == "Not sure: subject moves left 66.9%, none 23.1%."
