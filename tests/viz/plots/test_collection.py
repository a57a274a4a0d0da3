"""Charts of a collection: they count right, show what is chosen, and read names as text."""

import numpy as np

from viz.colors import answer_colours
from viz.plots import collection

HOSTILE = "<b>x</b>"


def test_answers_are_counted_in_their_order_and_can_be_clicked_however_few():
    figure = collection.answers(["static", HOSTILE, "c"], [7, 0, 1000], (HOSTILE,))
    counted, rows = figure.data
    assert list(counted.x) == [7, 0, 1000] and list(counted.text) == ["7", "0", "1,000"]
    assert list(counted.y) == ["static", "&lt;b&gt;x&lt;/b&gt;", "c"]
    faint, bright, _ = counted.marker.opacity
    assert faint < bright == 1 and list(counted.marker.color) == answer_colours(3)
    assert [one[0] for one in rows.customdata] == ["static", HOSTILE, "c"]
    assert len(set(rows.x)) == 1 and rows.x[0] > 1000
    assert set(collection.answers(["a", "b"], [0, 0], ()).data[0].marker.opacity) == {1}


def test_a_histogram_shows_what_lies_in_the_range():
    counts = np.array([4, 3, 2, 1])
    figure = collection.histogram((0.0, 1.0), counts, (0.25, 0.75), "p")
    (bars,) = figure.data
    assert list(bars.y) == [4, 3, 2, 1] and list(bars.x) == [0.125, 0.375, 0.625, 0.875]
    assert bars.marker.opacity[1] == bars.marker.opacity[2] == 1 and len(figure.layout.shapes) == 2
    assert not collection.histogram((0.0, 1.0), counts, None, "p").layout.shapes
    assert collection.histogram((2.0, 2.0), counts, None, "p").data[0].width > 0


def test_of_many_answers_the_frequent_ones_and_the_chosen_are_drawn():
    labels = [f"label {i}" for i in range(400)]
    counts = [i if i % 7 else 0 for i in range(400)]
    figure = collection.answers(labels, counts, ("label 7",))
    bars, rows = figure.data
    assert len(bars.y) == len(rows.y) == collection.MOST_ANSWERS and figure.layout.height < 600
    assert list(bars.x) == sorted(bars.x, reverse=True) and bars.x[0] == 398
    assert [row[0] for row in rows.customdata] == list(bars.y) and "label 7" in bars.y
    whole = collection.answers(labels[:9], counts[:9], ())
    assert list(whole.data[0].y) == labels[:9]
    same = collection.answers(labels, counts, ()).data[0]
    assert same.marker.color[0] == answer_colours(400)[398]  # that of the cards


def test_a_matrix_has_a_square_for_each_pair_and_tells_right_from_wrong():
    counts = np.array([[9, 1], [0, 0]])
    figure = collection.matrix(["a", HOSTILE], ["a", "b"], counts, [("a", "b")], "known", "said")
    squares, weak = figure.data
    assert list(zip(squares.y, squares.x, strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    # What is chosen is strong enough for white; the other number has the theme's own colour.
    assert [list(trace.text) for trace in (squares, weak)] == [[""] * 4, ["9", "1", "", ""]]
    strong, _ = collection.matrix(["a", HOSTILE], ["a", "b"], counts, [], "known", "said").data
    assert strong.text[0] == "9" and strong.textfont.color == "#fff" and not weak.textfont.color
    right, wrong, *_ = squares.marker.color
    assert right != wrong and list(figure.layout.yaxis.ticktext) == ["a", "&lt;b&gt;x&lt;/b&gt;"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_the_map_has_a_trace_for_each_answer_that_was_given():
    points = [(0.0, 1.0, "b", f"{HOSTILE}.mp4", 3), (2.0, 1.0, "a", "y", 0), (3, 1, "b", "z", 1)]
    figure = collection.scatter_map(points, ["a", "b", "c"], ((0, 0), (1, 0), (1, 1)))
    assert [trace.name for trace in figure.data] == ["a", "b"]
    assert list(figure.data[1].x) == [0.0, 3] and "<b>" not in figure.data[1].customdata[0]
    assert len(figure.layout.shapes) == 1
