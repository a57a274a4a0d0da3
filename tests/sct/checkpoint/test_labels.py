"""What a card calls its answers is text that can be shown and told apart, or is refused."""

import copy
import json

import pytest

import sct
from sct.checkpoint import accepted, io, model_card

SHAPE = {"image_size": 28, "frames": 2, "widths": [8], "vilt_blocks": [1], "heads": [1]}
NO_LABELS = {
    "a table": {"a": 1},
    "null": None,
    "a number": 7,
    "true": True,
    "a list in it": ["a"],
    "an empty list": [],
    "half of a character": "\ud800",
    "nothing": "",
    "blanks": " \t",
    "an escape": "\x1b[31mred",
    "two lines": "a\nb",
    "turned letters": "a\u202eb",
    "invisible": "a\u200bb",
    "far too long": "x" * 201,
    "another one": "left",
    "another one, spaced": " left ",
}


@pytest.fixture
def refused(tmp_path):
    """Refuses a card of such labels and questions, in one sentence that can be shown."""
    path = tmp_path / "mine.safetensors"
    config = sct.SCTConfig(**SHAPE, clip_layers=1, num_classes=4, labels=("a", "b", "c", "d"))
    io.save(sct.SCT(config), path, {})

    def check(labels, questions=(), **more):
        card = json.loads(path.with_suffix(".json").read_text())
        card["config"] |= {"labels": labels, "questions": questions}
        path.with_suffix(".json").write_text(json.dumps(card | more))
        for read in (io.load, io.check, io.read_card):
            with pytest.raises(sct.ModelError, match=r"card of mine\.safetensors is damaged") as no:
                read(path)
            said = str(no.value)
            assert said.isprintable() and len(said) < 300, said

    return check


@pytest.mark.parametrize("bad", NO_LABELS.values(), ids=NO_LABELS)
def test_labels_of_a_config(bad, refused):
    refused(["left", "right", bad, "up"])


@pytest.mark.parametrize("bad", NO_LABELS.values(), ids=NO_LABELS)
def test_labels_of_a_question(bad, refused):
    labels = ["left", "right", bad, "up"]
    refused(labels, [["camera", labels[:2]], ["subject", labels[2:]]])


@pytest.mark.parametrize("bad", NO_LABELS.values(), ids=NO_LABELS)
def test_names_of_questions(bad, refused):
    labels = ["a", "b", "c", "d"]
    refused(labels, [["left", labels[:2]], [bad, labels[2:]]])


@pytest.mark.parametrize("whole", [{"a": 1}, None, 7, "left", [[["a"]]]])
def test_labels_and_questions_that_are_no_lists(whole, refused):
    refused(whole if whole != [[["a"]]] else [[[]]] * 4)
    refused(["a", "b", "c", "d"], whole)


@pytest.mark.parametrize(
    "card",
    [{"task": "\udfff"}, {"accepted": {"\ud800": {}}}, {"real_clips": [{"clip": "\ud800"}]}],
    ids=["a text", "a name", "far inside"],
)
def test_half_of_a_character_anywhere_in_a_card(card, refused):
    refused(["a", "b", "c", "d"], **card)


@pytest.mark.parametrize(
    "label", ["نمی\u200cخواهم", "👩\u200d🚒", "❤\ufe0f", "日本語", "<b>bold</b>"]
)
def test_labels_that_people_write_are_taken(label):
    config = sct.SCTConfig(num_classes=2, labels=(label, "other"))
    assert config.labels[0] == label


@pytest.mark.parametrize("bad", NO_LABELS.values(), ids=NO_LABELS)
def test_labels_of_what_was_measured(bad):
    """They are left out of what is shown: the weights answer all the same."""
    card = copy.deepcopy(io.read_card("sct-motion"))
    card["measured"] |= {"labels": ["left", bad], "confusion": [[1, 2], [3, 4]]}
    found = model_card.measurement(card, "synthetic")
    assert found.n and found.confusion is None and found.labels == () and not found.mistakes()
    if isinstance(bad, str) and bad.strip() != "left":
        row = card["measured"]["per_class"]["static"]
        card["measured"]["per_class"] = {bad: row, "static": row}
        found = model_card.measurement(card, "synthetic")
        assert [label for label, *_ in found.per_class] == ["static"]
        card["accepted"] = {bad: {"both": 0.5, "both_ci95": [0.4, 0.6], "n": 2}}
        assert accepted.accepted(card) == ()
