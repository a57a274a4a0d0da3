"""What a run of the app leaves for garbage collection to look at."""

import gc
import sys
import types
import weakref

import pytest

from pages.shell import garbage


class Thing:
    pass


@pytest.fixture
def quiet():
    """No collection but one that is asked for."""
    gc.disable()
    yield
    gc.enable()


def test_a_run_sets_aside_what_stays(open_app, monkeypatch):
    gc.unfreeze()
    monkeypatch.setitem(sys.modules, "another", types.ModuleType("another"))  # so there is work
    open_app("motion_lab")
    assert gc.get_freeze_count() > 2 * len(gc.get_objects())


def test_garbage_is_looked_for_before_it_is_set_aside_and_once_for_all(monkeypatch, quiet):
    garbage.settle()
    ring = Thing()
    ring.own, gone = ring, weakref.ref(ring)
    del ring
    garbage.settle()
    assert gone() is not None  # nothing was loaded since, so nothing was done
    monkeypatch.setitem(sys.modules, "one more", types.ModuleType("one more"))
    garbage.settle()
    assert gone() is None
