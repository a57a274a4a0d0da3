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
    said = "Not sure: subject moves left 41%, moves in place 38%."
    assert found == (False, False, said, 0.6)
    plain = {"calibration": {"questions": {"": {"threshold": 0.6}}}}
    found = judge(plain, "none", "", LABELS, logits(0.5, 0.3, 0.2))
    assert found.sentence == "Not sure: none 50%, moves left 30%."


def test_a_clip_unlike_the_training_makes_no_answer_sure():
    given = "none", "subject", LABELS, logits(0.0, 1.0, 0.0)
    found = judge(card(), *given, embedding=FAR)
    assert found.sure is False and found.unlike and "unlike" in found.sentence
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
        card(threshold=None),
    ),
)
def test_a_card_may_hold_anything(broken):
    assert sure_from(broken, "subject") is None
    assert judge(broken, "none", "subject", LABELS, logits(0.1, 0.7, 0.2)) == UNKNOWN
