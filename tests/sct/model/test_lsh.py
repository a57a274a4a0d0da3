import pytest
import torch

from sct.kernels import tiling
from sct.model.hashing import hash_tokens, rotations
from sct.model.lsh import full_attention, lsh_attention, reference_attention


def qkv(frames=2, tokens=36, heads=3, channels=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, frames, tokens, heads, 2 * channels, generator=generator)


def plain_lsh(x, rotation, size):
    """The definition, with loops and no permutation trick: the oracle."""
    d = x.shape[-1] // 2
    b, t, n, heads, _ = x.shape
    buckets = hash_tokens(x[..., :d], rotation, n // size).buckets
    out = torch.zeros(b, t, heads, n, d)
    for i in range(b):
        for j in range(t):
            for h in range(heads):
                q, v = x[i, j, :, h, :d], x[i, j, :, h, d:]
                scores = q @ (q / q.norm(dim=-1, keepdim=True)).T / d**0.5
                outs, lses = [], []
                for r in range(rotation.shape[2]):
                    ids = buckets[i, j, h, r].tolist()
                    order = sorted(range(n), key=lambda k: (ids[k], k))
                    place = {token: p // size for p, token in enumerate(order)}
                    pieces = n // size
                    row = torch.tensor([place[token] for token in range(n)])
                    seen = (row[:, None] - row) % pieces <= 1
                    masked = scores.masked_fill(~seen, -torch.inf)
                    outs.append(masked.softmax(-1) @ v)
                    lses.append(masked.logsumexp(-1))
                share = torch.stack(lses).softmax(0)
                out[i, j, h] = (share[..., None] * torch.stack(outs)).sum(0)
    return out


@pytest.mark.parametrize("rounds", [1, 4])
def test_one_bucket_is_full_attention(rounds):
    x = qkv()
    out, hashed = lsh_attention(x, rotations(0, 1, rounds, 3, 8, 1), 36)
    torch.testing.assert_close(out, full_attention(x), atol=1e-5, rtol=0)
    assert int(hashed.buckets.max()) == 0


def with_gradient(function, x):
    """Result and gradient, as numbers to compare; the same weights for every function."""
    x = x.detach().clone().requires_grad_()
    out = function(x)
    weight = torch.randn(out.shape, generator=torch.Generator().manual_seed(1)).to(out.dtype)
    (gradient,) = torch.autograd.grad((out * weight).sum(), x)
    return out.detach().float(), gradient.float()


@pytest.mark.parametrize("size", [4, 9, 12, 18])
@pytest.mark.parametrize("rounds", [1, 3])
def test_the_reference_is_the_definition(size, rounds):
    rotation = rotations(5, 1, rounds, 3, 8, 36 // size)
    got, slope = with_gradient(lambda x: reference_attention(x, rotation, size), qkv())
    wanted, true = with_gradient(lambda x: plain_lsh(x, rotation, size), qkv())
    torch.testing.assert_close(got, wanted, atol=1e-5, rtol=0)
    torch.testing.assert_close(slope, true, atol=1e-4, rtol=0)


SHAPES = [  # frames, tokens, heads, channels, size, rounds
    (2, 49, 1, 8, 49, 1),  # one bucket
    (1, 49, 2, 16, 49, 8),
    (3, 98, 3, 24, 49, 1),  # two pieces, each before the other
    (2, 147, 2, 8, 49, 4),  # an odd number of them
    (5, 196, 3, 16, 49, 2),
    (2, 63, 4, 8, 7, 8),
    (1, 784, 2, 32, 49, 3),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_fast_equals_the_reference_with_gradients(shape, monkeypatch):
    frames, tokens, heads, channels, size, rounds = shape
    x = qkv(frames, tokens, heads, channels, seed=tokens + rounds)
    rotation = rotations(2, 1, rounds, heads, channels, tokens // size)
    wanted, true = with_gradient(lambda x: reference_attention(x, rotation, size), x)
    for cache in (1 << 30, 1, 200_000):  # all frames at once, one by one, a few at a time
        monkeypatch.setattr(tiling, "_CACHE", cache)
        got, slope = with_gradient(lambda x: lsh_attention(x, rotation, size)[0], x)
        torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(slope, true, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("rounds", [1, 4])
def test_in_bfloat16_it_is_the_reference_within_its_rounding(rounds):
    x = qkv(2, 196, 3, 16).bfloat16()
    rotation = rotations(2, 1, rounds, 3, 16, 4)
    got, slope = with_gradient(lambda x: lsh_attention(x, rotation, 49)[0], x)
    wanted, true = with_gradient(lambda x: reference_attention(x, rotation, 49), x.float())
    assert (got - wanted).abs().mean() < 0.01 * wanted.abs().mean()
    assert (slope - true).abs().mean() < 0.02 * true.abs().mean()


def test_seeded():
    x = qkv()

    def run(seed):
        return lsh_attention(x, rotations(seed, 1, 4, 3, 8, 4), 9)

    (one, first), (two, again), (other, third) = run(7), run(7), run(8)
    assert torch.equal(one, two) and torch.equal(first.buckets, again.buckets)
    assert not torch.equal(one, other) and not torch.equal(first.buckets, third.buckets)


def test_without_the_fused_operator_the_values_stay(monkeypatch):
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(1, 2, 98, 3, 24, generator=generator)
    rotation = rotations(0, 1, 2, 3, 12, 2)
    wanted, slope = with_gradient(lambda x: lsh_attention(x, rotation, 49)[0], x)
    monkeypatch.setattr("sct.kernels.lsh._fused", lambda q: None)
    got, other = with_gradient(lambda x: lsh_attention(x, rotation, 49)[0], x)
    torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(other, slope, atol=1e-4, rtol=1e-4)
