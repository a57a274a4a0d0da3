import json
from types import SimpleNamespace

import pytest

from benchmarks.harness import rows, timing
from benchmarks.harness.rows import Comparison, Limit, Row, fill
from benchmarks.harness.timing import Contestant, Memory, Settings, Unavailable


@pytest.fixture
def make(monkeypatch):
    """Contestants that move a clock: `make(name, seconds, package)`; `make.built` names them."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(timing, "LEAST_S", 0.0)

    def make(name: str, seconds: float, package: str = "") -> Contestant:
        def build(settings: Settings):
            make.built.append(name)

            def work() -> str:
                clock.now += seconds
                return name

            work.close = lambda: make.closed.append(name)
            return work

        return Contestant(name, build, package)

    make.built, make.closed = [], []
    return make


def absent(name: str) -> Contestant:
    def build(settings: Settings):
        raise Unavailable("it is not installed")

    return Contestant(name, build, package="peer")


def one(comparison: Comparison) -> Row:
    (row,) = rows.measure([[comparison]], Settings())
    return row


@pytest.mark.parametrize(("target", "met"), [(3.9, True), (4.0, True), (4.1, False)])
def test_faster_is_theirs_over_ours(make, target, met):
    row = one(Comparison("x", make("a", 0.5), make("b", 2.0), faster=True, target=target))
    assert (row.ours, row.theirs, row.ratio, row.met) == (0.5, 2.0, 4.0, met)
    assert row.ratio_ci95 == (4.0, 4.0) and row.repeats == 5


@pytest.mark.parametrize(("target", "met"), [(1.2, False), (1.25, True), (1.3, True)])
def test_otherwise_it_is_ours_over_theirs(make, target, met):
    row = one(Comparison("x", make("a", 2.5), make("b", 2.0), target=target))
    assert (row.ratio, row.met) == (1.25, met)


def test_the_peers_seconds_are_scaled(make):
    row = one(Comparison("growth", make("high", 9.0), make("low", 2.0), target=1.25, scale=4))
    assert (row.theirs, row.ratio, row.met) == (8.0, 1.125, True)


def test_a_limit_stands_in_for_a_peer(make):
    row = one(Comparison("warm", make("a", 0.09), Limit("60 ms", 0.06), target=1.0))
    assert row.ratio == pytest.approx(1.5) and row.met is False and row.given
    told = row.to_dict()
    assert told["reference_s"] == 0.06 and "peer_s" not in told and told["peer"] == "60 ms"


def test_nothing_to_compare_with_is_no_verdict(make):
    row = one(Comparison("x", make("a", 0.5)))
    assert (row.ours, row.ratio, row.met, row.to_dict()["peer"]) == (0.5, None, None, None)


def test_a_missing_peer_leaves_a_row_that_says_so(make):
    here = Comparison("x", make("a", 1.0), make("b", 3.0), faster=True, target=2.0)
    gone = Comparison("x", make("a", 1.0), absent("c"), faster=True, target=2.0)
    first, second = rows.measure([[here, gone]], Settings())
    assert first.met is True and not first.note
    assert (second.ours, second.theirs, second.ratio, second.met) == (1.0, None, None, None)
    assert second.note == "it is not installed" and second.peer == "c"


def test_what_we_cannot_do_here_leaves_a_row_too(make):
    row = one(Comparison("bfloat16", absent("low"), make("full", 1.0), faster=True, target=1.6))
    assert (row.ours, row.ratio, row.met, row.note) == (None, None, None, "it is not installed")


def test_a_group_builds_each_contestant_once_and_closes_it(make):
    group = [
        Comparison("x", make("a", 1.0), make("b", 2.0)),
        Comparison("y", make("a", 1.0), make("c", 3.0)),
    ]
    assert [row.theirs for row in rows.measure([group], Settings())] == [2.0, 3.0]
    assert make.built == ["a", "b", "c"] and sorted(make.closed) == ["a", "b", "c"]


def test_only_builds_only_what_the_chosen_rows_need(make):
    group = [
        Comparison("x", make("a", 1.0), make("Peer B", 2.0)),
        Comparison("y", make("a", 1.0), make("c", 3.0)),
    ]
    (row,) = rows.measure([group], Settings(), only="peer b")
    assert row.name == "x" and make.built == ["a", "Peer B"]
    assert [c.name for g in rows.chosen([group], "y") for c in g] == ["y"]
    with pytest.raises(ValueError, match=r"'z'.*there are x; y"):
        rows.chosen([group], "z")


def test_after_sees_the_row_and_both_works_and_may_overrule(make):
    def after(row: Row, ours, theirs) -> None:
        row.met, row.note = False, f"{ours()} {theirs()}"

    row = one(Comparison("x", make("a", 1.0), make("b", 9.0), True, 2.0, after=after))
    assert (row.met, row.note) == (False, "a b")


@pytest.mark.parametrize(("measure", "ratio"), [("growth", 0.25), ("total", 0.5)])
def test_memory(monkeypatch, make, measure, ratio):
    peaks = {"a": Memory(100.0, 600.0), "b": Memory(400.0, 1200.0)}
    monkeypatch.setattr(rows, "peak_memory", lambda contestant, settings: peaks[contestant.name])
    ours, theirs = make("a", 1.0), make("b", 1.0)
    row = one(Comparison("peak", ours, theirs, target=1 / 3, measure=measure))
    assert (row.unit, row.ratio, row.met) == ("mb", ratio, ratio < 1 / 3)
    assert row.ratio_ci95 is None and row.repeats is None and not make.built
    told = row.to_dict()
    assert told["ours_mb"] == getattr(peaks["a"], f"{measure}_mb") and "ours_s" not in told


def test_a_value_is_what_the_work_returns():
    kept = Contestant("trace", lambda settings: lambda: 450.0)
    row = one(Comparison("kept", kept, Limit("600 MB", 600), target=1.0, measure="value"))
    assert (row.ours, row.ratio, row.met, row.unit) == (450.0, 0.75, True, "mb")


def test_medians_and_interval():
    row = Row("x", faster=True, target=2.0)
    fill(row, [1.0, 1.2, 0.8, 1.0, 1.1], [2.0, 2.4, 1.6, 2.0, 9.0])
    assert (row.ours, row.theirs, row.ratio, row.met) == (1.0, 2.0, 2.0, True)
    low, high = row.ratio_ci95
    assert low <= 2.0 <= high


def test_json_has_every_field_and_no_numbers_that_json_lacks():
    row = Row("x", "peer", faster=True, target=4.5)
    fill(row, [1.0] * 5, [5.0] * 5)
    told = json.loads(json.dumps(row.to_dict(), allow_nan=False))
    assert told == {
        "name": "x",
        "ours_s": 1.0,
        "peer": "peer",
        "peer_s": 5.0,
        "ratio": 5.0,
        "ratio_is": "peer / ours",
        "ratio_ci95": [5.0, 5.0],
        "target": 4.5,
        "target_is": "at least",
        "met": True,
        "repeats": 5,
        "note": None,
    }


@pytest.mark.parametrize(("on", "met"), [("cpu", True), ("cuda", None)])
def test_a_target_counts_on_its_own_device_only(make, on, met):
    row = one(Comparison("x", make("a", 2.0), Limit("an hour", 3600), target=1.0, on=on))
    assert (row.met, row.target) == (met, met and 1.0) and row.ratio < 1
