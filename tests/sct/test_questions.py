"""Models that answer several questions: their configs, and a softmax for each."""

import json

import pytest
import torch

import sct
from sct.questions import asking, in_full, probabilities, question_of, questions_of

TWO = (("camera", ("static", "pan")), ("subject", ("none", "moves", "in place")))
FLAT = ("static", "pan", "none", "moves", "in place")


def config(**changed):
    return sct.SCTConfig(**{"num_classes": 5, "labels": FLAT, "questions": TWO, **changed})


def test_a_model_without_questions_has_one():
    (only,) = questions_of(sct.SCTConfig(num_classes=2, labels=("a", "b")))
    assert only == ("", 0, 2, ("a", "b")) and only.classes == slice(0, 2)
    (only,) = questions_of(sct.SCTConfig(num_classes=7))
    assert only.labels == () and only.stop == 7


def test_questions_follow_each_other_and_survive_json():
    camera, subject = questions_of(config())
    assert camera == ("camera", 0, 2, TWO[0][1]) and subject == ("subject", 2, 5, TWO[1][1])
    assert [question_of(config(), i).name for i in range(5)] == ["camera"] * 2 + ["subject"] * 3
    for place in (-1, 5):
        with pytest.raises(IndexError, match="0 to 4"):
            question_of(config(), place)
    assert sct.SCTConfig.from_dict(json.loads(json.dumps(config().to_dict()))) == config()


def test_each_question_has_a_softmax_of_its_own():
    logits = torch.randn(3, 4, 5)
    shares = probabilities(config(), logits)
    torch.testing.assert_close(shares[..., :2], logits[..., :2].softmax(-1))
    torch.testing.assert_close(shares[..., 2:], logits[..., 2:].softmax(-1))
    one = sct.SCTConfig(num_classes=5)
    torch.testing.assert_close(probabilities(one, logits), logits.softmax(-1))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"questions": (("camera", FLAT[:2]),)}, "must be those of the config"),
        ({"labels": FLAT[::-1]}, "must be those of the config"),
        ({"labels": (), "num_classes": 5}, "must be those of the config"),
        ({"questions": (TWO[0], ("camera", FLAT[2:]))}, "questions: two of them are 'camera'"),
        ({"questions": (TWO[0], ("subject", ("static", "b", "c")))}, "two of them are 'static'"),
        ({"questions": (("camera", FLAT[:1]), ("subject", FLAT[1:]))}, "'camera' needs two labels"),
        ({"questions": ("camera", "subject")}, "a name and its labels"),
        ({"questions": ((1, FLAT),)}, "questions: 1 is no text"),
        ({"questions": (("", FLAT),)}, "questions: '' is empty"),
        ({"questions": "camera"}, "must be a list"),
        ({"labels": FLAT[:4]}, "4 names for 5 classes"),
    ],
)
def test_what_does_not_fit_is_refused(changed, told):
    with pytest.raises(ValueError, match=told):
        config(**changed)


# -- one question of a model -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    shape = {"image_size": 28, "frames": 3, "widths": (16,), "heads": (2,), "vilt_blocks": (1,)}
    small = {**shape, "clip_layers": 1, "grounded_heads": ((0,),)}
    return sct.SCT(config(**small)).eval()


def test_one_question_answers_as_the_whole_model_does_and_shares_its_weights(model):
    frames = torch.randn(2, 3, 3, 28, 28)
    with torch.no_grad():
        whole = model(frames).logits
        for question in questions_of(model.config):
            one = asking(model, question.name)
            assert one.config.labels == question.labels
            assert one.config.questions == ((question.name, question.labels),)
            assert in_full(one.config, question.labels[1]).startswith(f"{question.name} ")
            assert asking(one, question.name) is one
            assert one.config.grounded_heads == model.config.grounded_heads
            torch.testing.assert_close(one(frames).logits, whole[:, question.classes])
            assert one.patch is model.patch and not one.training
            own = one.head[-1].weight
            storage = model.head[-1].weight.untyped_storage().data_ptr()
            assert own.untyped_storage().data_ptr() == storage
        assert torch.equal(model(frames).logits, whole) and model.head[-1].out_features == 5


def test_one_question_can_be_traced_ablated_and_attributed(model):
    from sct import ablation_study, attribution

    subject, frames = asking(model, "subject"), torch.randn(1, 3, 3, 28, 28)
    found = attribution.attribute(subject, frames, "input-x-gradient", "moves")
    assert found.target == 1 and found.values.any()
    effects = ablation_study.one_at_a_time(subject, frames)
    assert effects.label in TWO[1][1] and effects.effects
    assert subject(frames, sct.Ablation.parse("shifted=off"), trace=True).trace.clip_seen
    state = subject.state_dict()
    assert state["head.2.weight"].shape[0] == 3 and state.keys() == model.state_dict().keys()


def test_a_question_that_there_is_not(model):
    with pytest.raises(ValueError, match=r"'weather': its questions are camera, subject"):
        asking(model, "weather")
    single = sct.build(widths=(16,), heads=(1,), vilt_blocks=(1,), grounded_heads=())
    assert asking(single, "") is single
    with pytest.raises(ValueError, match="'camera': it has one question"):
        asking(single, "camera")
