import pytest
import torch

import sct
from sct.kernels import tiling
from sct.kernels.hashing import _argmax_of_both_signs
from sct.limits import MOST
from sct.model.hashing import (
    hash_tokens,
    reference_hash,
    rotations,
    with_previous,
    within_reach,
)


def qk(tokens=36, heads=3, channels=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 2, tokens, heads, channels, generator=generator)


def test_ties_and_zeros_hash_as_argmax_says():
    generator = torch.Generator().manual_seed(0)
    for rows in (1, 5, 64, 127, 128, 144):  # in groups from 65 on, with wider ranks from 128 on
        x = torch.randint(-2, 3, (4, 3, rows, 40), generator=generator).float()
        x[0, 0, :, :10] = 0
        wanted = torch.cat([x, -x], dim=-2).argmax(-2)
        assert torch.equal(_argmax_of_both_signs(x), wanted)
    broken = torch.full((1, 3, 2), torch.nan)
    assert int(_argmax_of_both_signs(broken).max()) <= 5


@pytest.mark.parametrize("buckets", [2, 6, 256])
def test_buckets_are_the_definition_however_few_at_a_time(buckets, monkeypatch):
    x, rotation = qk(2 * buckets), rotations(4, 1, 3, 3, 8, buckets)
    turned = torch.einsum("btnhd,hdrm->bthrnm", x, rotation)
    wanted = torch.cat([turned, -turned], dim=-1).argmax(-1)
    for cache in (1 << 30, 1, 50_000):
        monkeypatch.setattr(tiling, "_CACHE", cache)
        hashed = hash_tokens(x, rotation, buckets)
        assert (hashed.buckets == wanted).float().mean() > 0.999  # but for ties in rounding
        assert torch.equal(hashed.order, hashed.buckets.argsort(dim=-1, stable=True))


def test_a_round_does_not_depend_on_how_many_run():
    assert torch.equal(rotations(3, 1, 4, 2, 8, 4)[:, :, :2], rotations(3, 1, 2, 2, 8, 4))


def test_order_sorts_by_bucket_then_position():
    hashed = hash_tokens(qk(), rotations(0, 1, 2, 3, 8, 4), 4)
    sorted_ids = hashed.buckets.gather(-1, hashed.order)
    key = sorted_ids * 36 + hashed.order
    assert (key.diff(dim=-1) > 0).all()


def test_odd_pieces_hash_into_one_bucket_more():
    hashed = hash_tokens(qk(360), rotations(0, 1, 1, 3, 8, 9), 9)
    assert int(hashed.buckets.max()) == 9


@pytest.mark.parametrize("n_buckets", [1, 2, 5, 16, 160])
def test_hashing_is_what_its_definition_says(n_buckets):
    qk = torch.randn(2, 3, 320, 2, 8, generator=torch.Generator().manual_seed(1))
    rotation = rotations(3, 2, 2, 2, 8, n_buckets)
    got, wanted = hash_tokens(qk, rotation, n_buckets), reference_hash(qk, rotation, n_buckets)
    assert got.buckets.equal(wanted.buckets) and got.order.equal(wanted.order)


@pytest.mark.parametrize("chunks", [1, 2, 3, 5])
def test_a_chunk_reaches_itself_and_the_one_before_in_both_forms_of_the_rule(chunks):
    order = torch.randperm(chunks * 4, generator=torch.Generator().manual_seed(chunks))
    seen = torch.zeros(chunks * 4, chunks * 4, dtype=torch.bool)
    sorted_chunks = order.view(chunks, 4)
    for queries, keys in zip(sorted_chunks, with_previous(sorted_chunks, 0, 1), strict=True):
        seen[queries[:, None], keys] = True
    assert within_reach(order, 4).equal(seen)
    assert within_reach(order, 4, slice(3, 5)).equal(seen[3:5])


@pytest.mark.parametrize("seed", [0, MOST["lsh_seed"]])
def test_every_seed_that_a_config_takes_can_be_drawn_from(seed):
    config = sct.SCTConfig(lsh_seed=seed, lsh_rounds=2)
    shape = config.lsh_rounds, 2, 8, 4
    drawn = [rotations(seed, stage, *shape) for stage in (1, 8)]
    assert not drawn[0].equal(drawn[1])
    assert not drawn[0].equal(rotations(seed - 1 if seed else 1, 1, *shape))
