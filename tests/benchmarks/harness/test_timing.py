"""Nothing here looks at the real clock: the works move a clock of their own."""

import os
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks.harness import timing
from benchmarks.harness.timing import Contestant, Settings, Unavailable


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """A clock at `now` seconds that stands still until someone moves it."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def takes(clock: SimpleNamespace, *durations: float):
    """A work that takes these seconds, call by call, and then the last of them for ever."""
    left = list(durations)

    def work() -> None:
        clock.now += left.pop(0) if len(left) > 1 else left[0]

    return work


def test_all_take_turns_and_each_begins_a_round(clock):
    order = []

    def work(name: str):
        def run() -> None:
            order.append(name)
            clock.now += 1

        return run

    works = {name: work(name) for name in "abc"}
    taken = timing.side_by_side(works, Settings(repeats=5))
    assert "".join(order) == "abcbcacababcbca"
    assert taken == {name: [1.0] * 5 for name in "abc"}


def test_each_call_is_timed_by_itself(clock):
    works = {"a": takes(clock, 1, 2, 3, 4, 5), "b": takes(clock, 10, 20, 30, 40, 50)}
    taken = timing.side_by_side(works, Settings(repeats=5))
    assert taken == {"a": [1, 2, 3, 4, 5], "b": [10, 20, 30, 40, 50]}


def test_what_is_short_is_repeated_more_often(clock, monkeypatch):
    monkeypatch.setattr(timing, "LEAST_S", 3.0)
    taken = timing.side_by_side({"a": takes(clock, 0.1), "b": takes(clock, 0.15)}, Settings())
    assert len(taken["a"]) == len(taken["b"]) == 12  # of 0.25 s each
    monkeypatch.setattr(timing, "MOST_ROUNDS", 7)
    assert len(timing.side_by_side({"a": takes(clock, 0.1)}, Settings())["a"]) == 7


def test_a_collection_of_garbage_does_not_fall_into_a_repeat(clock):
    import gc

    seen = []

    def work() -> None:
        seen.append(gc.isenabled())
        clock.now += 1

    timing.side_by_side({"a": work}, Settings())
    assert not any(seen) and gc.isenabled()


def test_ratio_is_that_of_the_medians():
    assert timing.ratio_of_medians([1, 2, 90], [4, 1, 0.5]) == 2.0


def test_interval_draws_repeats_as_pairs():
    """Both slowed alike in the same rounds: the ratio is known exactly all the same."""
    below = [1.0, 5.0, 2.0, 9.0, 3.0]
    assert timing.ratio_interval([3 * b for b in below], below) == pytest.approx((3.0, 3.0))


def test_interval_holds_the_ratio_and_is_wider_where_there_is_more_noise():
    rng = np.random.default_rng(1)

    def interval(noise: float) -> tuple[float, float]:
        above = 2 + noise * rng.standard_normal(15)
        return timing.ratio_interval(above, np.ones(15))

    calm, wild = interval(0.01), interval(0.2)
    assert calm[0] < 2 < calm[1] and wild[0] < 2 < wild[1]
    assert wild[1] - wild[0] > 3 * (calm[1] - calm[0])
    assert timing.ratio_interval([1, 2, 3, 4, 5], [1] * 5) == pytest.approx((1, 5), abs=1)


def test_preparing_warms_up_with_one_call():
    calls = []
    work = timing.prepare(Contestant("a", lambda settings: partial(calls.append, 1)), Settings())
    assert calls == [1]
    work()
    assert calls == [1, 1]


def test_a_peer_that_fails_is_unavailable_but_we_are_not():
    def broken(settings: Settings):
        raise TypeError("no\nsuch argument")

    with pytest.raises(Unavailable, match="TypeError: no such argument"):
        timing.prepare(Contestant("theirs", broken, package="peer"), Settings())
    with pytest.raises(TypeError):
        timing.prepare(Contestant("ours", broken), Settings())


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "no_such", None)
    with pytest.raises(Unavailable, match=r"no-such cannot.*benchmarks/requirements\.txt"):
        timing.need("no_such.module", "no-such")


def test_on_a_gpu_products_are_in_bfloat16():
    assert Settings().dtype == torch.float32 and Settings().precision == "float32"
    assert Settings(device="cuda").precision == "bfloat16"


# -- memory: real processes ------------------------------------------------------------------------


def arrays(megabytes: float, at_once: int, settings: Settings):
    """Holds so many arrays of this size at once, three times over, besides 50 MB all the time.

    Before it starts it frees ten times as much.
    """
    elements = int(megabytes * 1e6 / 8)
    [np.ones(elements) for _ in range(10 * at_once)]
    held = np.ones(50_000_000 // 8)

    def work() -> None:
        assert held.any() and torch.get_num_threads() == settings.threads
        for _ in range(3):
            [np.ones(elements) for _ in range(at_once)]

    return work


def peak(contestant: Contestant) -> timing.Memory:
    if not sys.platform.startswith("linux"):
        pytest.skip("read from /proc")
    return timing.peak_memory(contestant, Settings(threads=3))


@pytest.mark.parametrize(("megabytes", "at_once"), [(80, 1), (0.02, 4000)])
def test_peak_is_what_was_held_at_once_above_what_was_there(megabytes, at_once):
    """In one piece, and in pieces so small that what is freed stays in the heap."""
    found = peak(Contestant("arrays", partial(arrays, megabytes, at_once)))
    assert found.growth_mb == pytest.approx(80, abs=8)
    assert found.total_mb > 50 + found.growth_mb


def lack(settings: Settings):
    raise Unavailable("not here")


def fail(settings: Settings):
    raise TypeError("mistaken")


def test_errors_come_back_from_the_other_process():
    with pytest.raises(Unavailable, match="not here"):
        peak(Contestant("lack", lack))
    with pytest.raises(RuntimeError, match="fail: TypeError: mistaken"):
        peak(Contestant("fail", fail))
    with pytest.raises(Unavailable, match="process ended"):
        timing.in_new_process(os._exit, 1)
