"""Labelling on the page: what is said is kept at once, and the page goes on where it was left."""

from dataclasses import replace

import pytest

from pages.cache.collections import labels_of
from pages.collection import keeping
from sct.collection.labels import Decision, add, list_path, path_of, read
from sct.collection.query import Rows
from sct.collection.runs import open_run
from sct.datasets.dataset import open_dataset
from tests.sct.collection.made import header_of, write_clips

LABELS = ["static", "pan left"]


@pytest.fixture
def labelled(open_app, runs):
    """The page with the first `count` clips labelled, least sure first: (page, rows in order)."""

    def go(count=0, rows=60, **query):
        path = runs(rows=rows)
        order = Rows(open_run(path)).page("camera", limit=rows)
        add(path_of(path), [said(row) for row in order[:count]])
        return open_app("collection", label="true", **query), order, path

    return go


def words(at):
    return " ".join(e.value for e in [*at.caption, *at.markdown, *at.info])


def said(row, label="static"):
    return Decision(row["file"], row["window"], row["start_s"], "camera", label, row["label"])


def test_it_begins_with_the_first_clip_without_a_label(labelled, grid):
    at, order, _ = labelled(30)
    header, _ = grid(at)
    assert header["labelling"] and header["first"] == 24 and header["total"] == 60
    assert [card["mine"] for card in header["cards"][:8]] == ["static"] * 6 + [""] * 2
    assert "30 labelled" in " ".join(m.value for m in at.markdown)
    assert header["cards"][6]["file"] == order[30]["file"]


def test_labels_are_on_the_cards_and_a_filter(labelled, grid, open_app):
    labelled(3)
    header, _ = grid(open_app("collection"))
    assert [card["mine"] for card in header["cards"][:4]] == ["static"] * 3 + [""]
    assert grid(open_app("collection", where="labelled.camera=no"))[0]["total"] == 57


def test_labels_of_other_moments_are_left_aside_and_said(labelled, runs, grid, open_app, check):
    at, order, path = labelled(8)
    add(path_of(path), [said({**order[0], "file": "gone.mp4"})])
    check(at.run())
    assert "1 label is of another moment than this run’s windows and is left aside." in words(at)
    # Of the run that takes its place each file's first windows alone are where they were.
    runs(rows=60, header=header_of(path.parent.parent, every=0.4))
    same = sum(row["window"] == 0 for row in order[:8])
    check(at.run())
    assert f"{9 - same} labels are of other moments than this run’s windows" in words(at)
    assert len(labels_of(open_run(path))["camera"]) == same
    at = open_app("collection")
    assert sum(card["mine"] != "" for card in grid(at)[0]["cards"]) <= same
    add(path_of(path), [replace(said(order[0]), start_s=order[0]["window"] * 0.4)])
    assert labels_of(open_run(path))["camera"][order[0]["file"], order[0]["window"]]


def test_no_row_is_looked_up_twice(runs, monkeypatch):
    path = runs(rows=60)
    run, asked, parts = open_run(path), [], Rows.parts
    rows = Rows(run).page("camera", limit=9)
    monkeypatch.setattr(Rows, "parts", lambda own, keys: asked.extend(keys) or parts(own, keys))
    for row in rows:
        add(path_of(path), [said(row)])
        labels_of(run)
        labels_of(run)
    assert asked == [(row["file"], row["window"]) for row in rows]


def test_of_files_that_could_not_be_read_there_is_nothing_to_label(open_app, runs, grid, check):
    runs(rows=30, bad=3)
    at = open_app("collection", label="true", where="errors=yes")
    assert grid(at) is None and "there is nothing to label here" in words(at)
    next(t for t in at.toggle if t.label == "Could not be read").set_value(False)
    check(at.run())
    assert grid(at)[0]["total"] == 30


def test_a_bad_line_among_the_labels_hides_nothing(labelled, grid, check):
    at, _, path = labelled(3)
    with path_of(path).open("ab") as file:
        file.write(b"caf\xe9.mp4,0,0,camera,static,x\na.mp4,99999999999,0,camera,static,x\n")
    check(at.run())
    assert not at.error and "3 labelled" in words(at) and grid(at)[0]["total"] == 60


def test_a_page_that_is_being_labelled_is_not_sent_anew(labelled, grid, check):
    at, order, path = labelled()
    first = grid(at)
    add(path_of(path), [said(row) for row in order[:2]])
    check(at.run())
    assert grid(at)[0] == first[0]


def test_only_what_is_new_is_written(runs, monkeypatch):
    path = runs(rows=30)
    run = open_run(path)
    rows = Rows(run).page("camera", limit=3)

    def keep(*said):
        assert keeping.keep("shoot", "camera", said)

    keep((rows[0], "static"), (rows[1], ""), (rows[2], "pan left"))
    keep((rows[0], "static"), (rows[1], ""), (rows[2], "zoom in"), (rows[1], "no label"))
    lines = path_of(path).read_text().splitlines()
    assert len(lines) == 1 + 3
    found = read(path_of(path))["camera"]
    assert {one.label for one in found.values()} == {"static", "zoom in"}
    assert labels_of(run)["camera"] == found
    keep((rows[0], "pan left"), (rows[0], ""))
    assert len(labels_of(run)["camera"]) == 1


def test_a_folder_that_cannot_be_written_is_said(labelled, monkeypatch, check):
    from sct.errors import RunError

    _, order, _ = labelled()

    def refuse(*given):
        raise RunError("x.labels.csv cannot be written: no room.")

    monkeypatch.setattr("sct.collection.labels.add", refuse)
    state = {}
    monkeypatch.setattr(keeping.st, "session_state", state)
    assert not keeping.keep("shoot", "camera", [(order[0], "static")])
    assert "cannot be written" in state[keeping._WRONG]


def test_a_list_to_train_on_is_written_beside_the_run(open_app, runs, check, tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    names, strips = write_clips(folder, 6)
    path = runs(rows=6, header=header_of(folder), files=names, strips=strips)
    rows = Rows(open_run(path)).page("camera", limit=6)
    add(path_of(path), [said(r, label) for r, label in zip(rows, LABELS * 3, strict=True)])
    (folder / names[0]).unlink()
    at = open_app("collection", label="true")
    at.button(key="write_list").click()
    check(at.run())
    assert "1 files are not there any more" in at.success[0].value
    assert "--data shoot.camera.train.csv --init sct-scene" in at.code[0].value
    found = open_dataset(path.with_name("shoot.camera.train.csv"))
    assert len(found) == 5 and set(found.labels) == set(LABELS)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "labels", "ü" * 200])
def test_a_list_stays_beside_its_run_whatever_the_question_is_called(name, tmp_path):
    found = list_path(tmp_path / "r.parquet", name)
    assert found.parent == tmp_path and found.name.endswith(".train.csv") and len(found.name) < 90
