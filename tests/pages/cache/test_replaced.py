"""A checkpoint that the operator replaces under one name is another model from then on."""

import os

import pytest
import torch

import sct
from pages.cache import checkpoints, inference, models
from sct.checkpoint import io
from sct.model.ablation import Ablation
from sct.questions import asking
from sct.video.clip import Clip

SHAPE = {"image_size": 28, "frames": 2, "widths": (8,), "vilt_blocks": (1,), "heads": (1,)}
LABELS = {"old": ("left", "right", "no", "yes"), "new": ("up", "down", "none", "some")}


def put(folder, kind, grounded=((),)):
    torch.manual_seed(len(kind) + ord(kind[0]))
    labels = LABELS[kind]
    model = sct.SCT(
        sct.SCTConfig(
            **SHAPE, clip_layers=1, num_classes=4, labels=labels, grounded_heads=grounded,
            questions=(("camera", labels[:2]), ("subject", labels[2:])),
        )
    )  # fmt: skip
    io.save(model, folder / "mine", {"task": kind})
    return model.eval()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    return tmp_path


@pytest.fixture
def clip():
    from pages.cache.clips import sample_clip

    return sample_clip("pan right", 3, 2, 28)[1]


def expected(model: sct.SCT, clip: Clip, question: str):
    with torch.inference_mode():
        logits = asking(model, question)(sct.preprocess(clip, 28)).logits[0]
    return logits.softmax(-1).numpy()


def test_each_answer_is_of_the_weights_that_were_loaded_for_it(folder, clip):
    old = put(folder, "old")
    before = models.load("mine", "subject")
    first = inference.forward(before, clip, Ablation())
    new = put(folder, "new")
    after = models.load("mine", "subject")
    second = inference.forward(after, clip, Ablation())
    assert (before.labels, after.labels) == (LABELS["old"][2:], LABELS["new"][2:])
    assert before.key != after.key and first.key != second.key
    assert (before.card["task"], after.card["task"]) == ("old", "new")
    assert first.probabilities == pytest.approx(expected(old, clip, "subject"), abs=1e-5)
    assert second.probabilities == pytest.approx(expected(new, clip, "subject"), abs=1e-5)
    assert checkpoints.card_of("mine")[0]["task"] == "new"


def test_a_view_from_before_answers_all_its_questions_as_before(folder, clip):
    """The other question of a page was loaded by its name, and so came from the new weights."""
    from pages.state.view import View

    old = put(folder, "old")
    view = View(models.load("mine", "camera"), clip, None, Ablation(), None, False)
    put(folder, "new")
    found = inference.answers(view, inference.result_of(view))
    for answer, name in zip(found, ("camera", "subject"), strict=True):
        assert answer.question == name and set(answer.labels) <= set(LABELS["old"])
        assert answer.probabilities == pytest.approx(expected(old, clip, name), abs=1e-5)


def test_the_same_weights_under_another_card_are_another_model(folder):
    model = put(folder, "old")
    before = models.load("mine")
    io.save(model, folder / "mine", {"task": "said otherwise"})
    after = models.load("mine")
    assert before.key != after.key and after.card["task"] == "said otherwise"


def test_what_stays_is_loaded_and_hashed_once(folder, monkeypatch):
    put(folder, "old")
    before = models.load("mine")
    checkpoints.card_of("mine")
    monkeypatch.setattr(io.pair, "read", None)
    assert models.load("mine").whole is before.whole
    assert checkpoints.card_of("mine")[0]["task"] == "old"


def test_a_half_that_stays_is_one_sentence_and_goes_when_it_is_mended(folder):
    put(folder, "old")
    card = (folder / "mine.json").read_bytes()
    put(folder, "new")
    weights, own = (folder / "mine.safetensors").read_bytes(), (folder / "mine.json").read_bytes()
    (folder / "mine.json").write_bytes(card)
    with pytest.raises(sct.ModelError, match="not those that its card names"):
        models.load("mine")
    found, why = checkpoints.card_of("mine")
    assert found is None and "not those that its card names" in why
    (folder / "mine.json").write_bytes(own)
    assert models.load("mine").card["task"] == checkpoints.card_of("mine")[0]["task"] == "new"
    assert weights == (folder / "mine.safetensors").read_bytes()


def test_a_file_written_in_place_with_its_time_set_back_is_noticed(folder):
    put(folder, "old")
    models.load("mine")
    path = folder / "mine.safetensors"
    known, data = os.stat(path), bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    with pytest.raises(sct.ModelError):
        models.load("mine")


def test_a_twin_is_found_again(folder):
    put(folder, "old")
    assert inference.twin_of("mine") is None
    torch.manual_seed(0)
    config = models.load("mine").whole.config
    other = sct.SCT(sct.SCTConfig.from_dict(config.to_dict() | {"grounded_heads": ((0,),)}))
    io.save(other, folder / "other", {})
    assert inference.twin_of("mine") == ("other", True)
    io.save(sct.SCT(config), folder / "other", {})
    assert inference.twin_of("mine") is None
