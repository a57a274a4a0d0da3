from sct.sweep import Point
from viz.sweeps import curve

POINTS = (Point(1, "pan left", (0.9, 0.7), 2), Point(4, "pan left", (0.2, 0.4), 0))


def test_a_curve_is_the_mean_and_its_band_goes_from_least_to_largest():
    figure = curve({"true label": POINTS}, "speed", (1, 4, 9), ((56, "out of stage 1"),), 4)
    band, line = figure.data
    assert list(line.x) == [1, 4] and [round(y, 6) for y in line.y] == [0.8, 0.3]
    assert sorted(band.y) == [0.2, 0.4, 0.7, 0.9]
    assert figure.layout.xaxis.range[1] > 56
    texts = [a.text for a in figure.layout.annotations]
    assert texts == ["out of stage 1", "▲", "this clip"]
    assert figure.layout.shapes[0].x0 == 56


def test_before_it_was_asked_the_chart_says_how():
    figure = curve({}, "offset", (1, 2, 3))
    assert not figure.data and figure.layout.annotations[0].text == "Press Sweep"


def test_several_curves_are_told_apart_by_more_than_colour():
    figure = curve({"looks back by 1": POINTS, "looks back by 2": POINTS}, "speed", (1, 4))
    lines = [t for t in figure.data if t.name]
    assert len({t.line.dash for t in lines}) == 2 and figure.layout.showlegend
