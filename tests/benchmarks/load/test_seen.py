import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from benchmarks.load import memory, users
from benchmarks.load.client import Page
from benchmarks.load.seen import Seen, quantile, summary, words_of
from benchmarks.load.walk import SAMPLES, View

ANSWER, PLAYER = ("What does it do?", "static", "70.0%"), ("sct_player", "abc")


@pytest.mark.parametrize(("share", "right"), [(0.5, 5), (0.95, 10), (0.9, 9), (0.01, 1), (1.0, 10)])
def test_quantiles_are_values_that_were_measured(share, right):
    assert quantile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], share) == right


def test_quantiles_of_few_values():
    assert quantile([], 0.5) == 0 and quantile([3], 0.5) == quantile([3], 0.95) == 3
    assert quantile([1, 2, 3], 0.5) == 2


def test_every_request_counts_and_only_the_last_page_of_an_act_answers():
    seen = Seen()
    seen.add((Page(2.0, 2.0), Page(9.0, 1.0, (ANSWER,), ["box: no"])), View(), True)
    seen.fail("closed")
    found = summary(seen, ["x"])
    assert (found["requests"], found["answers"], found["errors"], found["unlike"]) == (2, 1, 2, 1)
    assert (found["median_s"], found["worst_s"], found["worst_to_the_end_s"]) == (1.0, 2.0, 9.0)
    assert found["by_page"] == ["inspect: 2, median 1.00, worst 2.00 s"]
    assert found["told"][-1] == "x" and "box: no" in found["told"][0]
    assert "unlike" not in summary(seen)


def test_a_player_counts_for_those_who_came_by_a_link_alone():
    assert words_of((ANSWER, PLAYER), True) == (ANSWER, PLAYER)
    assert words_of((ANSWER, PLAYER), False) == (ANSWER,)


class Alone:
    """A lone visitor who is told the same, whatever the view."""

    address = "here"

    def __init__(self, *_):
        self.session = ""

    def open(self, page="", **query):
        return Page(0.1, 0.1, (ANSWER, PLAYER))

    def close(self):
        pass


def test_answers_unlike_those_of_one_alone_are_counted(monkeypatch):
    monkeypatch.setattr(users, "Client", Alone)
    seen, other = Seen(), ("What does it do?", "static", "70.1%")
    seen.add([Page(said=(ANSWER, PLAYER))], View(), True)
    seen.add([Page(said=(ANSWER, ("sct_player", "abx")))], View(), False)
    assert users._unlike(Alone(), seen, lambda *_: None) == []
    seen.add([Page(said=(ANSWER, ("sct_player", "abx")))], View(), True)
    seen.add([Page(said=(other, PLAYER))], View(sample=SAMPLES[1]), False)
    seen.add([Page(said=())], View(), False)
    told = users._unlike(Alone(), seen, lambda *_: None)
    assert len(told) == 3 and "0 words, and alone 3" in "".join(told)
    assert "“static 70.1%”, and alone “static 70.0%”" in "".join(told)


def test_growth_and_slope():
    assert memory.growth([100.0] * 30) == 0
    assert memory.growth([100.0] * 3 + [105.0] * 24 + [110.0] * 3) == pytest.approx(0.1)
    assert memory.growth([100.0, 150.0]) == pytest.approx(0.5)
    assert memory.slope([5.0, 7.0, 9.0, 11.0]) == pytest.approx(2)
    assert memory.slope([3.0, 3.0]) == 0
    for few in ([], [1.0]):
        with pytest.raises(ValueError, match="two"):
            memory.growth(few)
        with pytest.raises(ValueError, match="two"):
            memory.slope(few)


def test_a_soak_looks_on_and_ends_when_it_is_interrupted(monkeypatch):
    sizes = iter(range(100, 10_000))
    server = SimpleNamespace(
        address="here", usage=lambda: SimpleNamespace(mb=next(sizes)), tracebacks=lambda: 0
    )

    @contextmanager
    def serving():
        yield server

    def stay(*_):
        time.sleep(0.3)
        return Seen()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(memory, "serving", serving)
    monkeypatch.setattr(memory, "crowd", stay)
    told = []
    found = memory.soak(2, 1, told.append, every_s=0.02)
    assert found["mb"][:2] == [100, 101] and found["growth"] > 0 and len(told) == len(found["mb"])
    monkeypatch.setattr(memory, "crowd", interrupted)
    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        memory.soak(2, 1, told.append, every_s=0.02)
    assert threading.active_count() == threads
