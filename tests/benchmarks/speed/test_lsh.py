"""In 98 tokens there are two pieces, and each sees both: LSH attention is exact attention."""

import sys
from functools import partial
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange

from benchmarks.harness import rows, timing
from benchmarks.harness.timing import Settings
from benchmarks.speed import lsh
from benchmarks.speed.lsh import exact_attention, hugging_face_attention, our_attention

FEW = 98
SETTINGS = Settings()


@pytest.fixture(autouse=True)
def two_frames(monkeypatch):
    monkeypatch.setattr(lsh, "FRAMES", 2)


def self_masked(scale: float) -> torch.Tensor:
    """Exact attention in which no token sees itself: (sequence, token, channel)."""
    qk, v = (rearrange(x, "t n h d -> (t h) n d") for x in lsh.inputs(FEW, SETTINGS))
    scores = qk @ F.normalize(qk, dim=-1).transpose(1, 2) * scale
    return scores.masked_fill(torch.eye(FEW, dtype=torch.bool), -torch.inf).softmax(-1) @ v


def test_ours_sees_the_same_numbers_as_exact_attention():
    ours, exact = our_attention(FEW, SETTINGS)(), exact_attention(FEW, SETTINGS)()
    assert exact.shape == (2, lsh.HEADS, FEW, lsh.CHANNELS)
    torch.testing.assert_close(ours[0], exact, rtol=1e-4, atol=1e-5)


def test_reformer_pytorch_sees_the_same_numbers(monkeypatch):
    """In one round: of several, its first piece looks at the last piece of another round."""
    pytest.importorskip("reformer_pytorch")
    monkeypatch.setattr(lsh, "ROUNDS", 1)
    theirs = lsh.reformer_attention(FEW, SETTINGS)()
    expected = self_masked(scale=lsh.CHANNELS**-0.5)
    torch.testing.assert_close(theirs, expected, rtol=1e-4, atol=1e-5)


def test_hugging_face_sees_the_same_numbers(monkeypatch):
    """The same, and it leaves the usual scale out."""
    pytest.importorskip("transformers")
    monkeypatch.setattr(lsh, "ROUNDS", 1)
    theirs = hugging_face_attention(FEW, SETTINGS)()
    theirs = rearrange(theirs, "t n (h d) -> (t h) n d", h=lsh.HEADS)
    torch.testing.assert_close(theirs, self_masked(scale=1.0), rtol=1e-3, atol=1e-4)


def fake_reformer(monkeypatch) -> dict:
    """Put a package in place of reformer-pytorch that tells how it was called."""
    seen = {}

    class LSHAttention(torch.nn.Module):
        def __init__(self, **settings):
            super().__init__()
            seen.update(settings)

        def forward(self, qk, v):
            seen.update(shape=tuple(qk.shape), training=self.training)
            seen["gradients"] = (qk.requires_grad, v.requires_grad)
            return qk * v, None, None

    package = ModuleType("reformer_pytorch")
    package.LSHAttention = LSHAttention
    monkeypatch.setitem(sys.modules, "reformer_pytorch", package)
    monkeypatch.setitem(sys.modules, "reformer_pytorch.reformer_pytorch", package)
    return seen


def test_reformer_pytorch_gets_the_same_settings(monkeypatch):
    seen = fake_reformer(monkeypatch)
    lsh.reformer_attention(FEW, SETTINGS)()
    assert seen == {
        "bucket_size": 49,
        "n_hashes": 4,
        "causal": False,
        "shape": (6, FEW, 24),
        "training": False,
        "gradients": (False, False),
    }
    lsh.reformer_attention(FEW, SETTINGS, backward=True)()
    assert seen["training"] and seen["gradients"] == (True, True)


def test_both_ways_means_gradients_of_all_inputs_and_of_one_call_each_time():
    x, y = torch.tensor([2.0, 3.0]), torch.tensor([5.0, 7.0])
    work = lsh.work_of(lambda: x * y, [x, y])
    work()
    first = x.grad.clone()
    work()
    gradient = x.grad / y.detach()
    torch.testing.assert_close(x.grad, first)
    torch.testing.assert_close(y.grad, gradient * x.detach())


def test_one_way_keeps_nothing_for_a_gradient():
    x = torch.ones(3, requires_grad=True)
    assert not lsh.work_of(lambda: x * 2)().requires_grad


def test_the_rows_are_those_that_were_promised():
    promised = {
        ("forward, 3136 tokens", "reformer-pytorch LSHAttention"): "at least 4.5",
        ("forward, 3136 tokens", "transformers LSHSelfAttention"): "at least 4.5",
        ("forward, 3136 tokens", "exact attention, 3136 tokens"): "at least 1.5",
        ("forward, 12544 tokens", "exact attention, 12544 tokens"): "at least 4",
        ("forward + backward, 3136 tokens", "reformer-pytorch LSHAttention"): "at least 3",
        ("growth, 784 to 3136 tokens", "n log n from 784 tokens"): "at most 1.25",
        ("growth, 3136 to 12544 tokens", "n log n from 3136 tokens"): "at most 1.25",
        ("growth, 784 to 12544 tokens", "n log n from 784 tokens"): "at most 1.25",
        ("peak memory, 3136 tokens", "reformer-pytorch LSHAttention"): "at most 0.333",
    }
    found = [c.row() for group in lsh.groups(SETTINGS) for c in group]
    assert {(row.name, row.peer): row.goal for row in found} == promised


def test_growth_of_n_log_n_is_a_ratio_of_one(monkeypatch):
    group = next(g for g in lsh.groups(SETTINGS) if g[0].name.startswith("growth"))
    # 784 log 784 = 5224.8, 3136 log 3136 = 25246.7 and 12544 log 12544 = 118376.4.
    taken = {
        "ours, 784 tokens": 5.2248,
        "ours, 3136 tokens": 25.2467,
        "ours, 12544 tokens": 118.3764,
    }
    monkeypatch.setattr(rows, "prepare", lambda contestant, settings: lambda: None)
    monkeypatch.setattr(
        rows, "side_by_side", lambda works, settings: {name: [taken[name]] for name in works}
    )
    found = rows.measure([group], SETTINGS)
    assert [row.ratio for row in found] == pytest.approx([1, 1, 1], rel=1e-4)


def test_the_table_goes_on_without_reformer_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "reformer_pytorch.reformer_pytorch", None)
    monkeypatch.setattr(lsh, "TOKENS", (49, FEW, 196))
    monkeypatch.setattr(timing, "LEAST_S", 0.0)
    found = rows.measure(lsh.groups(SETTINGS), SETTINGS, only="backward")
    assert len(found) == 1 and found[0].ours > 0 and found[0].ratio is None
    assert "reformer-pytorch cannot be imported" in found[0].note


def test_contestants_can_go_to_another_process():
    import pickle

    for group in lsh.groups(SETTINGS):
        for comparison in group:
            for contestant in comparison.contestants:
                again = pickle.loads(pickle.dumps(contestant))
                assert again.name == contestant.name and isinstance(again.build, partial)
