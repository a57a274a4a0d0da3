import copy
import json

import pytest

from sct.checkpoint import io, model_card

CARD = io.read_card("sct-motion")


def test_what_the_shipped_card_says():
    found = model_card.measurement(CARD, "synthetic")
    assert (found.n, found.top1[0]) == (2000, CARD["measured"]["top1"])
    assert found.confusion.sum() == 2000 and len(found.per_class) == 17
    (shown, said, wrong, total), *_ = found.mistakes(1)
    row, column = found.labels.index(shown), found.labels.index(said)
    assert found.confusion[row, column] == wrong and found.confusion[row].sum() == total
    assert wrong == max(v for i, r in enumerate(found.confusion) for j, v in enumerate(r) if i != j)
    heads = model_card.motion_agreement(CARD, "footage")
    assert [h.grounded for h in heads if h.stage == 2] == [True, True, False, False]
    assert len(model_card.ablated(CARD)) == 4 and len(model_card.real_clips(CARD)) == 12
    assert len(model_card.failures(CARD)) == 4 and len(model_card.training_commands(CARD)) == 3


def spoilt(value):
    """Cards in which one value, at any depth, is `value`."""
    text = json.dumps(CARD)
    for key in ("measured", "attention_follows_motion", "ablated", "real_clips", "falls_short",
                "recipe", "footage"):  # fmt: skip
        yield {**json.loads(text), key: value}
        inner = CARD[key] if isinstance(CARD[key], dict) else {}
        for name in inner:
            card = copy.deepcopy(CARD)
            card[key][name] = value
            yield card
            if isinstance(inner[name], list):
                card = copy.deepcopy(CARD)
                card[key][name] = [value]
                yield card


@pytest.mark.parametrize(
    "value", [None, True, -1, 7, 1e400, float("nan"), "text", [], {}, [[1]], {"a": {"b": []}}]
)
def test_a_damaged_card_is_read_as_far_as_it_goes(value):
    for card in spoilt(value):
        for key in model_card.MEASUREMENTS:
            found = model_card.measurement(card, key)
            if found is not None:
                assert found.n > 0 and 0 <= found.top1[1] <= found.top1[0] <= found.top1[2] <= 1
                found.mistakes()
            model_card.motion_agreement(card, key)
        (
            model_card.ablated(card),
            model_card.real_clips(card),
            model_card.failures(card),
            model_card.training_commands(card),
        )


@pytest.mark.parametrize("ends", [[0.9, 0.8], [0.97, 0.99], [0.1], ["a", "b"], [-0.1, 1], [0.9, 2]])
def test_a_share_without_its_interval_is_none(ends):
    card = copy.deepcopy(CARD)
    card["measured"]["top1_ci95"] = ends
    assert model_card.measurement(card, "synthetic") is None
