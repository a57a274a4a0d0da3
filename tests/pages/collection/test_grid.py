"""What the browser sends of the grid: a clip to be opened, labels, a page to be turned."""

import pytest

from pages.collection import grid, keeping, opening
from sct.collection.labels import path_of, read
from sct.collection.query import Rows
from sct.collection.runs import open_run


@pytest.fixture
def shown(runs, monkeypatch):
    """Show pages without a browser: `shown(run, question, *subjects)` returns (path, rows)."""
    state, asked, places = {}, [], []
    monkeypatch.setattr(opening, "want", lambda *given: asked.append(given))
    for module in (grid, keeping):
        monkeypatch.setattr(module.st, "session_state", state)
    monkeypatch.setattr(grid.url_values, "set_value", lambda *given: places.append(given))

    def show(name="shoot", question="camera", *subjects):
        run = open_run(path := runs(name, rows=30))
        rows = Rows(run).page(question)
        for subject in subjects:
            state.setdefault(grid._PAGES, {})[subject] = grid.Page(
                run, run.question(question), rows
            )
        return path, rows

    show.state, show.asked, show.places = state, asked, places
    return show


def said(path, question="camera"):
    return {key: one.label for key, one in read(path_of(path)).get(question, {}).items()}


def key(row):
    return row["file"], row["window"]


def test_only_what_is_of_a_page_that_was_shown_is_taken(shown):
    path, rows = shown("shoot", "camera", "before", "s")
    grid._told(4, {"subject": "s", "open": 2})
    assert shown.asked == [("shoot", rows[2]["file"], rows[2]["start_s"], 0.1, "sct-scene")]
    grid._told(4, {"subject": "of another page", "open": 2, "labels": [[1, "no", 0, "static"]]})
    grid._told(4, {"subject": "s", "open": 99})
    grid._told(4, "nonsense")
    assert len(shown.asked) == 1 and not said(path) and not shown.places
    labels = [[2, "s", 0, "static"], [3, "s", 1, "no label"], [4, "s", 99, "static"]]
    grid._told(4, {"subject": "s", "labels": labels, "further": True})
    assert said(path) == {key(rows[0]): "static"} and shown.places == [("p", 4)]
    # What was said on the page before comes late, and turns no page.
    grid._told(4, {"subject": "before", "labels": [[5, "before", 1, "zoom in"]], "further": True})
    assert said(path)[key(rows[1])] == "zoom in" and len(shown.places) == 1


def test_labels_are_of_the_run_and_question_that_they_were_said_of(shown):
    path, rows = shown("shoot", "camera", "first")
    other, _ = shown("after", "subject", "second")
    grid._told(1, {"subject": "second", "labels": [[1, "first", 0, "static"]], "open": 0})
    assert said(path) == {key(rows[0]): "static"} and not path_of(other).exists()
    assert shown.asked[0][0] == "after"
    path.unlink()
    labels = [[2, "first", 1, "static"], [3, "second", 0, "none"]]
    grid._told(1, {"subject": "second", "labels": labels})
    assert "no run" in shown.state[keeping._WRONG] and len(said(path)) == 1
    assert len(said(other, "subject")) == 1
    assert shown.state[grid._HEARD] == [1, 3]


def test_what_comes_again_is_not_new(shown):
    path, rows = shown("shoot", "camera", "s")
    first = [10, "s", 0, "static"]
    grid._told(1, {"subject": "s", "labels": [first]})
    # Another tab corrects it meanwhile.
    keeping.keep("shoot", "camera", [(rows[0], "pan left")])
    grid._told(1, {"subject": "s", "labels": [first, [11, "s", 1, "static"]]})
    assert said(path) == {key(rows[0]): "pan left", key(rows[1]): "static"}
    # A message was lost: what it said comes with the next one, in its order.
    labels = [[13, "s", 2, ""], [12, "s", 2, "zoom in"], [14, "s", 3, "static"]]
    grid._told(1, {"subject": "s", "labels": [first, *labels]})
    assert key(rows[2]) not in said(path) and said(path)[key(rows[3])] == "static"
    # What a grid that was drawn before has to say comes late, with what it said long ago.
    grid._told(1, {"subject": "s", "labels": [[20, "s", 4, "static"]]})
    grid._told(1, {"subject": "s", "labels": [first, [15, "s", 5, "static"]]})
    assert said(path)[key(rows[0])] == "pan left" and said(path)[key(rows[5])] == "static"


def test_what_could_not_be_written_is_taken_when_it_comes_again(shown):
    path, rows = shown("shoot", "camera", "s")
    path_of(path).mkdir()
    sent = {"subject": "s", "labels": [[1, "s", 0, "static"]]}
    grid._told(1, sent)
    path_of(path).rmdir()
    grid._told(1, sent)
    assert said(path) == {key(rows[0]): "static"}
