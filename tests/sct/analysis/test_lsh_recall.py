from functools import partial

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import sct
from sct import Ablation
from sct.analysis import lsh_recall
from sct.analysis.lsh_recall import full_cost, lsh_cost, recall_by_rounds, recall_of, turned_hash
from sct.grid import row_blocks
from sct.model.hashing import rotations, within_reach
from sct.model.lsh import reference_attention


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return sct.build("sct_ti").eval()


def seen_by(model, text="none", stage=1):
    x = torch.randn(1, 3, 3, 112, 112, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return model(x, Ablation.parse(text), trace=True).trace.lsh(stage)


@pytest.mark.parametrize("text", ["rounds=5", "rounds=5;bucket=98;seed=3"])
def test_each_number_of_rounds_keeps_what_a_model_with_so_many_keeps(model, text):
    seen = seen_by(model, text)
    found = recall_by_rounds(seen, 1, 3 if "seed" in text else 0, 2, 1)
    assert found.recall[4] == pytest.approx(seen.recall(2, 1), abs=1e-6)
    one = seen_by(model, text.replace("rounds=5", "rounds=1"))
    # The first stage is hashed before rounds could have changed what it sees.
    assert found.recall[0] == pytest.approx(one.recall(2, 1), abs=1e-6)
    assert len(found.recall) == 8 and (np.diff(found.recall) >= 0).all()
    assert found.recall[-1] <= 1 + 1e-6


def test_pairs_are_what_is_kept_of_even_attention(model):
    seen = seen_by(model)
    found = recall_by_rounds(seen, 1, 0, 0, 0, rounds=2)
    assert found.pairs[0] == pytest.approx(2 * 49 / 784)
    even = sct.model.trace.LSHTrace(torch.zeros_like(seen.qk), seen.hashed, 28, 4, 49)
    kept = recall_by_rounds(even, 1, 0, 0, 0, rounds=2)
    assert np.allclose(kept.recall, kept.pairs, atol=1e-6)
    assert np.allclose(kept.recall, 2 * 49 / 784, atol=1e-6)  # all alike: each round is the same


def test_one_piece_keeps_everything_from_the_first_round_on(model):
    found = recall_by_rounds(seen_by(model, stage=3), 3, 0, 1, 0, rounds=2)
    assert np.allclose(found.recall, 1) and np.allclose(found.pairs, 1)


def test_a_head_or_frame_that_is_not_there_is_refused(model):
    seen = seen_by(model)
    for frame, head in ((3, 0), (0, 3), (-1, 0)):
        with pytest.raises(IndexError, match="allowed"):
            recall_by_rounds(seen, 1, 0, frame, head)


def counted(run):
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() // 2


@pytest.mark.parametrize(
    ("grid", "size", "rounds"), [(28, 49, 1), (28, 98, 3), (14, 49, 2), (14, 98, 1), (7, 49, 4)]
)
def test_costs_are_the_products_that_are_computed(grid, size, rounds):
    n, heads, channels = grid**2, 2, 16
    qkv = torch.randn(1, 1, n, heads, 2 * channels)
    turned = rotations(0, 1, rounds, heads, channels, n // size)
    cost = lsh_cost(n, heads, channels, size, rounds)
    assert counted(lambda: reference_attention(qkv, turned, size)) == cost.total
    q, v = qkv[0, 0].transpose(0, 1).chunk(2, dim=-1)
    exact = counted(lambda: (q @ q.transpose(-1, -2)).softmax(-1) @ v)
    assert exact == full_cost(n, heads, channels).total


def test_pieces_that_do_not_divide_the_tokens_are_refused():
    with pytest.raises(ValueError, match="must divide"):
        lsh_cost(784, 3, 16, 50, 1)


def test_an_unturned_hash_with_all_directions_is_the_model_s(model):
    seen = seen_by(model)
    drawn = rotations(0, 1, 1, seen.heads, seen.qk.shape[-1], 16)[1, :, 0]
    x = seen.qk[0, 2, :, 1] @ drawn
    buckets, order = turned_hash(x, 0, 8)
    assert buckets.tolist() == seen.buckets(2, 1).ravel().tolist()
    assert order.tolist() == seen.order(2, 1).tolist()
    assert turned_hash(x, 360, 8)[0].tolist() == buckets.tolist()
    few, _ = turned_hash(x, 90, 2)  # a quarter turn: the first takes the place of the second
    turned = torch.stack([-x[:, 1], x[:, 0], x[:, 1], -x[:, 0]], -1)
    assert few.tolist() == turned.argmax(-1).tolist() != buckets.tolist()


def test_a_large_frame_is_measured_block_by_block(monkeypatch):
    """As exactly as at once; a map of all pairs of a large frame would take gigabytes."""
    torch.manual_seed(0)
    orders = [torch.randperm(64) for _ in range(3)]
    exact = torch.randn(64, 64).softmax(-1)
    whole = recall_of(lambda rows: exact[rows], orders, 8)
    asked = []

    def some(rows):
        asked.append(rows)
        return exact[rows]

    monkeypatch.setattr(lsh_recall, "row_blocks", partial(row_blocks, most=640))
    found = recall_of(some, orders, 8)
    assert asked == [slice(i, min(i + 10, 64)) for i in range(0, 64, 10)]
    assert np.allclose(found.recall, whole.recall, atol=1e-7)
    assert np.array_equal(found.pairs, whole.pairs)
    reached = sum(within_reach(order, 8) for order in orders[:2]) > 0
    assert found.recall[1] == pytest.approx(float((exact * reached).sum(-1).mean()), abs=1e-6)
    assert row_blocks(3, most=1) == [slice(0, 1), slice(1, 2), slice(2, 3)]
