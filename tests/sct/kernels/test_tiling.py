import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
import torch

import sct
from sct.kernels import tiling
from sct.kernels.tiling import in_tiles, join, over_frames, tile_size, tiled


class Pair(NamedTuple):
    first: torch.Tensor
    second: torch.Tensor


@pytest.fixture
def two_cores():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def large(rows=6):
    """Rows of which each fills the cache, so that each is a piece and all are worth sharing."""
    return torch.arange(rows * (1 << 20), dtype=torch.float32).view(rows, -1)


def test_as_many_tile_size_as_fit_the_cache():
    x = torch.zeros(1)
    assert tile_size(x, 100, 1 << 18) == 4
    assert tile_size(x, 3, 1 << 18) == 3
    assert tile_size(x, 100, 1 << 30) == 1
    assert tile_size(x.double(), 100, 1 << 18) == 2
    assert tile_size(torch.zeros(1, device="meta"), 100, 1 << 30) == 100


def test_a_single_part_is_join_without_a_copy():
    x = torch.zeros(2, 3)
    assert join([x], 0) is x
    assert join([x, x], 1).shape == (2, 6)


@torch.no_grad()
def test_pieces_come_back_in_order_from_two_threads(two_cores):
    x, met = large(), threading.Barrier(2)

    def work(part):
        if int(part[0, 0]) < 2 * x.shape[1]:  # the first two pieces are at work at once
            met.wait(10)
        return part[:, 0].clone(), threading.get_ident(), torch.get_num_threads()

    values, who, cores = zip(*in_tiles(work, x, 0, x.shape[1]), strict=True)
    assert torch.cat(values).equal(x[:, 0])
    assert len(set(who)) == 2
    assert threading.get_ident() not in who
    assert set(cores) == {1}, "each computes alone"
    assert torch.get_num_threads() == 2
    with ThreadPoolExecutor(1) as later:
        assert later.submit(torch.get_num_threads).result() == 2, "and no other thread is changed"


@pytest.mark.parametrize("why", ["gradients", "little", "one core", "inside"])
def test_one_after_the_other(two_cores, why):
    x = large()
    if why == "one core":
        torch.set_num_threads(1)
    floats = 8 if why == "little" else x.shape[1]

    def who(part):
        return threading.get_ident()

    with torch.set_grad_enabled(why == "gradients"):
        if why == "inside":

            def both(part):
                return who(part), set(in_tiles(who, x, 0, floats))

            found = in_tiles(both, x, 0, floats)
            assert all(inner == {outer} for outer, inner in found)
        else:
            assert set(in_tiles(who, x, 0, floats)) == {threading.get_ident()}


def test_what_holds_for_the_caller_holds_for_its_pieces(two_cores):
    x = large()

    def state(part):
        return (
            torch.is_inference_mode_enabled(),
            torch.is_grad_enabled(),
            torch.is_autocast_enabled("cpu"),
            torch.get_autocast_dtype("cpu"),
        )

    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert set(in_tiles(state, x, 0, x.shape[1])) == {(True, False, True, torch.bfloat16)}
    with torch.no_grad():
        assert {s[:3] for s in in_tiles(state, x, 0, x.shape[1])} == {(False, False, False)}


@torch.no_grad()
def test_an_error_in_a_piece_reaches_the_caller(two_cores):
    x = large()

    def fails(part):
        raise ValueError(f"tile {int(part[0, 0])}")

    with pytest.raises(ValueError, match="tile"):
        in_tiles(fails, x, 0, x.shape[1])
    assert len(in_tiles(lambda part: part, x, 0, x.shape[1])) == len(x), "and the threads go on"


class Unwanted(BaseException):
    """As an interrupt, and as what Streamlit ends a run of a script by: no Exception."""


@pytest.mark.parametrize("error", [ValueError, Unwanted])
@torch.no_grad()
def test_after_an_error_in_one_tile_the_others_are_left(two_cores, error):
    done, met = [], threading.Barrier(2)

    def work(part):
        done.append(part)
        met.wait(10)  # both cores are at work
        if part[0, 0] == 0:
            raise error
        time.sleep(0.2)

    with pytest.raises(error):
        in_tiles(work, torch.arange(800.0)[:, None], 0, 1 << 20)
    assert len(done) == 2, "of 800"


@pytest.mark.parametrize("cores", [1, 2])
@torch.no_grad()
def test_what_is_no_longer_wanted_ends_at_the_next_tile(two_cores, cores):
    torch.set_num_threads(cores)
    done, caller = [], threading.get_ident()

    def check():
        assert threading.get_ident() == caller
        if len(done) >= 2:
            raise Unwanted

    def work(part):
        done.append(part)
        time.sleep(0.03)

    rows = torch.zeros(800, 1)
    with pytest.raises(Unwanted), tiling.cancelled_by(check):
        in_tiles(work, rows, 0, 1 << 20)
    assert len(done) <= 16, "of 800"
    before = time.monotonic()
    assert len(in_tiles(lambda part: part, rows, 0, 1 << 20)) == 800, "nothing asks any more"
    assert time.monotonic() - before < 2, "and the threads are free for the next pass"


@torch.no_grad()
def test_many_callers_tile_size(two_cores):
    x = large()

    def call(_):
        return torch.cat(in_tiles(lambda part: part[:, 0] * 2, x, 0, x.shape[1]))

    with ThreadPoolExecutor(8) as callers:
        for found in callers.map(call, range(32)):
            assert found.equal(x[:, 0] * 2)


@torch.inference_mode()
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_model_answers_alike_on_one_core_and_on_two(two_cores, monkeypatch, precision):
    monkeypatch.setattr(tiling, "_WORTH", 0)
    model = sct.load("sct-motion", device="cpu")
    clip = torch.randn(2, 8, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    two = model(clip, trace=True, precision=precision)
    assert model(clip, precision=precision).logits.equal(two.logits)
    torch.set_num_threads(1)
    one = model(clip, trace=True, precision=precision)
    near = 1e-3 if precision == "float32" else 0.3  # a token near a border may change its bucket
    torch.testing.assert_close(two.logits, one.logits, rtol=0, atol=near)
    for stage in (1, 2, 3):
        a, b = (out.trace.shifted(stage).maps(3, (2, 5), 0) for out in (two, one))
        torch.testing.assert_close(a, b, rtol=0, atol=near)
        a, b = (out.trace.lsh(stage).buckets(3, 0, 0) for out in (two, one))
        assert (a == b).mean() > 0.9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@torch.no_grad()
def test_a_forked_child_makes_threads_of_its_own(two_cores):
    x = large()
    in_tiles(lambda part: part, x, 0, x.shape[1])
    child = os.fork()
    if not child:
        # The parent's threads are not here: it must not wait for them, but make its own.
        try:
            found = torch.cat(in_tiles(lambda part: part[:, 0].clone(), x, 0, x.shape[1]))
            os._exit(int(not found.equal(x[:, 0])))
        except BaseException:
            os._exit(2)
    deadline = time.monotonic() + 60
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.05)
    if done == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert done != (0, 0), "the child waits for threads of its parent"
    assert done[1] == 0


@torch.no_grad()
def test_what_lies_beside_is_cut_alike(two_cores):
    x, beside = large(), torch.arange(6.0)[:, None]
    found = tiled(lambda part, none, own: (none, part[:, :1] + own), x, 0, x.shape[1],
                  beside=(None, beside))  # fmt: skip
    assert found[0] is None and torch.equal(found[1], x[:, :1] + beside)
    frames, more = torch.zeros(2, 3, 5), torch.arange(12.0).view(2, 3, 2)
    assert torch.equal(over_frames(lambda _, own: own * 2, frames, 1 << 20, [more]), more * 2)
