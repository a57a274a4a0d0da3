"""What a run of the app leaves for garbage collection to look at."""

import asyncio
import gc
import time
import types
import weakref

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from pages.cache import device
from pages.shell import garbage
from tests.loops import run_async


class Thing:
    pass


@pytest.fixture
def quiet():
    """No collection but one that is asked for."""
    gc.disable()
    yield
    gc.enable()


def test_a_run_sets_aside_what_stays(open_app):
    gc.unfreeze()
    open_app("motion_lab")
    assert gc.get_freeze_count() > 2 * len(gc.get_objects())


def test_the_garbage_of_a_run_is_freed_and_what_lives_is_looked_at_no_more(quiet):
    garbage.settle()
    first, second = Thing(), Thing()
    first.own, second.own = first, second
    gone, later = weakref.ref(first), weakref.ref(second)
    del first
    garbage.settle()
    assert gone() is None and later() is not None
    del second
    gc.collect()  # as Streamlit does after each run
    assert later() is not None, "each run would look at all that there is"
    garbage._give_back(nobody=False)
    assert later() is None


@pytest.fixture
def sessions(monkeypatch):
    """A server with sessions that Streamlit keeps for a moment, two of them without a page."""
    storage = MemorySessionStorage(ttl_seconds=0.05)
    manager = types.SimpleNamespace(_session_storage=storage, list_sessions=storage.list)
    running = types.SimpleNamespace(_session_mgr=manager)
    monkeypatch.setattr(garbage.runtime, "get_instance", lambda: running)
    for name in "ab":
        ring = Thing()
        ring.own, ring.id = ring, name
        storage.save(types.SimpleNamespace(session=ring))
    return storage


def test_sessions_of_people_who_left_are_dropped_though_nobody_comes(sessions, quiet, monkeypatch):
    gone = weakref.ref(sessions.list()[0].session)
    assert garbage._expire() == 0 and gone() is not None
    gc.freeze()  # as `settle` does while sessions live
    time.sleep(0.1)
    monkeypatch.setattr(garbage, "_EVERY_S", 0.01)

    async def some_time():
        tidy = asyncio.create_task(garbage.keep_tidy())
        while gone() is not None:
            await asyncio.sleep(0.01)
        tidy.cancel()

    known = device._results("passes", 8)
    known.put("clip", "trace")
    run_async(asyncio.wait_for(some_time(), 30))
    assert sessions.list() == []
    assert device._results("passes", 8).get("clip") is None, "nobody is there who may want it"


def test_what_was_computed_is_kept_as_long_as_somebody_is_there(sessions, monkeypatch):
    manager = garbage.runtime.get_instance()._session_mgr
    monkeypatch.setattr(manager, "list_sessions", lambda: ["one"])
    monkeypatch.setattr(garbage, "_EVERY_S", 0.01)
    known = device._results("passes", 8)
    known.put("clip", "trace")

    async def some_time():
        tidy = asyncio.create_task(garbage.keep_tidy())
        await asyncio.sleep(0.5)
        tidy.cancel()

    run_async(some_time())
    assert len(sessions._cache._data) == 0
    assert device._results("passes", 8).get("clip") == "trace"


def test_people_who_stay_are_not_stopped_by_each_who_leaves(sessions, monkeypatch):
    """A look at all objects takes the better part of a second, in which nobody is served."""
    manager, looks = garbage.runtime.get_instance()._session_mgr, []
    monkeypatch.setattr(manager, "list_sessions", lambda: ["one"])
    monkeypatch.setattr(garbage, "_expire", lambda: 1)
    monkeypatch.setattr(garbage.allocator, "resident", lambda: 100 << 20)
    monkeypatch.setattr(garbage, "_EVERY_S", 0.01)
    monkeypatch.setattr(garbage, "_COLLECT_S", 0.3)
    monkeypatch.setattr(garbage, "_give_back", looks.append)

    async def some_time():
        tidy = asyncio.create_task(garbage.keep_tidy())
        await asyncio.sleep(1.0)
        tidy.cancel()

    run_async(some_time())
    assert 1 <= len(looks) <= 3


def test_what_was_freed_is_handed_back_where_the_server_has_grown(sessions, monkeypatch):
    asked, grown = [], iter((100 << 20, 150 << 20, 300 << 20, 110 << 20, 120 << 20))
    monkeypatch.setattr(garbage.allocator, "resident", lambda: next(grown, 120 << 20))
    monkeypatch.setattr(garbage.allocator, "hand_back", lambda: asked.append(1))
    monkeypatch.setattr(garbage, "_expire", lambda: 0)
    monkeypatch.setattr(garbage, "_EVERY_S", 0.001)

    async def some_time():
        tidy = asyncio.create_task(garbage.keep_tidy())
        await asyncio.sleep(0.2)
        tidy.cancel()

    run_async(some_time())
    assert len(asked) == garbage._TRIMS


def test_streamlit_still_keeps_sessions_where_they_are_looked_for():
    """There is no public way to them: another version may do it otherwise."""
    from streamlit.runtime import Runtime
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    assert callable(MemorySessionStorage()._cache.expire)
    assert "_session_storage" in WebsocketSessionManager.__init__.__code__.co_names
    assert "_session_mgr" in Runtime.__init__.__code__.co_names
    assert callable(WebsocketSessionManager.list_sessions)
