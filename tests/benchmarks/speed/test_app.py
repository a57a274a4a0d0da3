import sys
import types

import pytest

from benchmarks.harness.timing import Settings
from benchmarks.speed import app


def ignore(done: int, total: int) -> None:
    pass


def test_frames_move(monkeypatch):
    monkeypatch.setattr(app, "FRAMES", 4)
    frames = app.moving_frames()
    assert frames.shape == (4, 360, 640, 3) and frames.dtype == "uint8"
    assert (frames[0, :, 2:] == frames[1, :, :-2]).all() and (frames[0] != frames[1]).any()


def test_a_row_is_the_median_of_its_part_of_all_visits(monkeypatch):
    monkeypatch.setattr(app, "FRAMES", 2)
    taken = iter([0, 4, 3, 5, 7, 6])  # the first visit is not counted
    monkeypatch.setattr(app, "in_new_process", lambda *_: {key: next(taken) for key in ["load"]})
    (row,) = app.measure(Settings(), "SHIPPED", ignore)
    assert (row.name, row.ours, row.repeats) == ("load the shipped model", 5, 5)
    assert row.met is None and row.target is None


def test_an_unknown_row_is_refused():
    with pytest.raises(ValueError, match=r"no row has that.*first prediction"):
        app.measure(Settings(), "nowhere", ignore)


def test_a_visit_in_a_process_of_its_own(monkeypatch, tmp_path):
    # The new process first imports what is the main module here, which may be the app by now.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    monkeypatch.setattr(app, "FRAMES", 30)
    app.write_mp4(app.moving_frames(), tmp_path / "clip.mp4", fps=app.FPS)
    seconds = app.in_new_process(app.visit, str(tmp_path / "clip.mp4"), 1, "cpu")
    assert seconds["import"] > 0.2  # PyTorch was not there yet
    assert set(seconds) == set(app.NAMES) and min(seconds.values()) > 0
    parts = sum(seconds[key] for key in ("import", "load", "read", "preprocess", "first"))
    assert seconds["all"] == pytest.approx(parts)
