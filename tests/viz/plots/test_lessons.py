import pytest

from viz.plots.lessons import intervals, lines


def test_lines_are_drawn_over_axes_of_the_wanted_kind():
    figure = lines([1, 10, 100], [("a", [1, 2, 3]), ("b", [3, 2, 1])], "x", "y", 10, "xy", "here")
    assert [(t.name, list(t.y)) for t in figure.data] == [("a", [1, 2, 3]), ("b", [3, 2, 1])]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    (note,) = figure.layout.annotations
    assert note.text == "here" and note.x == pytest.approx(1)  # a logarithm, as Plotly wants it
    assert lines([1, 2], [("a", [1, 2])], "x", "y", 2, "", "m").layout.annotations[0].x == 2
    assert len({t.line.color for t in figure.data}) == 2


def test_intervals_reach_from_their_low_end_to_their_high_one():
    figure = intervals([("one", 0.5, 0.4, 0.7), ("two", 0.1, 0.0, 0.2)], 0.25, 0.06)
    for trace, (share, low, high) in zip(
        figure.data, ((0.5, 0.4, 0.7), (0.1, 0.0, 0.2)), strict=True
    ):
        assert trace.x[0] == share
        assert share - trace.error_x.arrayminus[0] == pytest.approx(low)
        assert share + trace.error_x.array[0] == pytest.approx(high)
    assert [(a.text, a.x) for a in figure.layout.annotations] == [
        ("your guess", 0.25),
        ("chance", 0.06),
    ]
    assert [s.x0 for s in figure.layout.shapes] == [0.25, 0.06]
