import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sct.errors import Busy, OutOfMemory
from sct.serving.queue import DeviceQueue


class MovedOn(BaseException):
    """As Streamlit ends a run of a script: no Exception."""


class Scene:
    """Threads that ask a queue for turns, in a known order, behind one that has it already."""

    def __init__(self, **given):
        self.queue, self.log = DeviceQueue(**given), []
        self._pool, self._free = ThreadPoolExecutor(32), threading.Event()
        self._held = self._pool.submit(self._hold)
        self.until(lambda: self.queue._owner is not None)

    def _hold(self):
        with self.queue.turn("first"):
            assert self._free.wait(30)

    def until(self, holds):
        end = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.002)

    def ask(self, work):
        """Start a thread that gets in line, and return its future once it is there."""
        before = self.queue.length
        found = self._pool.submit(work)
        self.until(lambda: self.queue.length > before or found.done())
        return found

    def turn(self, session, name="", waiting=lambda ahead, seconds: None):
        def work():
            with self.queue.turn(session, waiting):
                self.log.append(name or session)

        return self.ask(work)

    def together(self, session, item, run, kind="kind", most=8):
        return self.ask(lambda: self.queue.together(session, kind, item, run, most))

    def go(self, *waiting):
        self._free.set()
        return [each.result(10) for each in (self._held, *waiting)][1:]


def test_one_at_a_time():
    queue, now, most = DeviceQueue(), [], []

    def work(session):
        with queue.turn(session):
            now.append(session)
            most.append(len(now))
            time.sleep(0.002)
            now.remove(session)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(40)))
    assert most == [1] * 40


def test_sessions_take_turns_whoever_asked_for_more():
    scene = Scene(most_each=9)
    asked = [scene.turn("greedy", f"greedy {i}") for i in range(4)]
    asked += [scene.turn("b"), scene.turn("c"), scene.turn("b", "b again")]
    scene.go(*asked)
    assert scene.log[:3] == ["greedy 0", "b", "c"]
    assert scene.log[3:] == ["greedy 1", "b again", "greedy 2", "greedy 3"]


def test_a_full_line_refuses_at_once_and_one_session_cannot_fill_it():
    scene = Scene(most=3, most_each=2)
    asked = [scene.turn("a"), scene.turn("a")]
    begun = time.monotonic()
    with pytest.raises(Busy, match="2 are waiting"):
        scene.turn("a").result(10)
    asked.append(scene.turn("b"))
    with pytest.raises(Busy, match="try again"):
        scene.turn("c").result(10)
    assert time.monotonic() - begun < 0.5
    scene.go(*asked)
    assert sorted(scene.log) == ["a", "a", "b"] and scene.queue.length == 0


def test_who_waits_is_told_its_place_and_may_leave():
    scene, told = Scene(), []

    def waiting(ahead, seconds):
        told.append((ahead, seconds))
        if len(told) == 3:
            raise MovedOn

    before, gone, after = scene.turn("a"), scene.turn("b", waiting=waiting), scene.turn("c")
    with pytest.raises(MovedOn):
        gone.result(10)
    assert [ahead for ahead, _ in told] == [2, 2, 2]
    assert told[0][1] < told[1][1] < told[2][1]
    scene.go(before, after)
    assert scene.log == ["a", "c"]


def test_an_error_or_an_interrupt_within_a_turn_ends_it():
    queue = DeviceQueue()
    for error in (ValueError, MovedOn):
        with pytest.raises(error), queue.turn("a"):
            raise error
    with queue.turn("b"), queue.turn("b"):
        pass  # and within a turn another one is the same
    assert queue._owner is None and queue.length == 0


def test_a_long_computation_gives_way_between_its_steps():
    scene = Scene()

    def long():
        with scene.queue.turn("long") as turn:
            for step in range(3):
                scene.log.append(step)
                turn.give_way()

    asked = [scene.ask(long), scene.turn("a"), scene.turn("b"), scene.turn("long", "own")]
    scene.go(*asked)
    assert scene.log[:3] == [0, "a", "b"] and scene.log[3:] in ([1, 2, "own"], ["own", 1, 2])


def test_who_gave_way_and_moved_on_takes_no_turn_from_others():
    scene, inside = Scene(), threading.Event()

    def leaves(ahead, seconds):
        if inside.is_set():
            raise MovedOn

    def long():
        with scene.queue.turn("long", leaves) as turn:
            turn.give_way()

    def short():
        with scene.queue.turn("short"):
            inside.set()
            time.sleep(0.4)
            assert scene.queue._owner == threading.get_ident()

    gone, other = scene.ask(long), scene.ask(short)
    scene.go(other)
    with pytest.raises(MovedOn):
        gone.result(10)
    with scene.queue.turn("next"):
        pass


def test_those_of_a_kind_are_computed_together():
    scene, calls = Scene(), []

    def run(items):
        calls.append(list(items))
        return [item * 10 for item in items]

    asked = [scene.together(f"s{i}", i, run, most=3) for i in range(5)]
    other = scene.together("s9", 9, run, kind="another")
    assert scene.go(*asked, other) == [0, 10, 20, 30, 40, 90]
    assert sorted(map(len, calls)) == [1, 2, 3] and [9] in calls


def test_alone_with_one_at_a_time():
    scene, calls = Scene(), []

    def run(items):
        calls.append(list(items))
        return items

    scene.go(*[scene.together(f"s{i}", i, run, most=1) for i in range(3)])
    assert calls == [[0], [1], [2]]


def test_an_error_reaches_its_owner_alone():
    scene = Scene()

    def run(items):
        if 1 in items:
            raise ValueError("one")
        return items

    asked = [scene.together(f"s{i}", i, run) for i in range(3)]
    with pytest.raises(ValueError, match="one"):
        scene.go(asked[1])
    assert [asked[0].result(10), asked[2].result(10)] == [0, 2]


def test_where_memory_runs_out_fewer_are_computed_at_once():
    scene, calls = Scene(), []

    def run(items):
        calls.append(len(items))
        if len(items) > 2:
            raise OutOfMemory("no memory")
        return items

    assert scene.go(*[scene.together(f"s{i}", i, run) for i in range(4)]) == [0, 1, 2, 3]
    assert calls == [4, 2, 2]


def test_who_computes_for_others_and_moves_on_leaves_them_in_line():
    scene, calls = Scene(), []

    def run(items):
        calls.append(list(items))
        if len(calls) == 1:
            raise MovedOn
        return items

    asked = [scene.together(f"s{i}", i, run) for i in range(3)]
    with pytest.raises(MovedOn):
        scene.go(asked[0])
    assert [each.result(10) for each in asked[1:]] == [1, 2]
    assert calls == [[0, 1, 2], [1, 2]]
    assert scene.queue.length == 0
