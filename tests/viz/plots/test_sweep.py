import math
import re

import pytest

from sct.evaluation.motion_sweep import Point
from viz.plots.sweep import curve, here

POINTS = (Point(1, "pan left", (0.9, 0.7), 2), Point(4, "pan left", (0.2, 0.4), 0))


def test_a_curve_is_the_mean_and_its_band_goes_from_least_to_largest():
    figure = curve({"true label": POINTS}, "speed", (1, 4, 9), ((56, "out of stage 1"),))
    band, line = figure.data
    assert list(line.x) == [1, 4] and [round(y, 6) for y in line.y] == [0.8, 0.3]
    assert sorted(band.y) == [0.2, 0.4, 0.7, 0.9]
    axis, (mark,) = figure.layout.xaxis, figure.layout.annotations
    assert axis.type == "log" and axis.range[1] > math.log10(56)
    # Plotly takes places of lines as they are, and of words and ends as logarithms.
    assert figure.layout.shapes[0].x0 == 56 and mark.x == math.log10(56)
    assert mark.text == "out of stage 1"


def test_slow_speeds_have_as_much_room_as_fast_ones_and_ticks_to_read_them():
    places = tuple(0.25 * 1.5**i for i in range(16))
    axis = curve({}, "speed", places).layout.xaxis
    low, high = axis.range
    share = [(math.log10(v) - low) / (high - low) for v in (0.25, 4)]
    assert share[1] - share[0] > 0.4
    assert axis.ticktext[:5] == ("0.25", "0.5", "1", "2", "4")
    assert all(low <= math.log10(t) <= high for t in axis.tickvals)


@pytest.mark.parametrize(
    ("field", "now", "share"),
    [("speed", 0.25, 0), ("speed", 5, 0.5), ("speed", 100, 1), ("speed", 0, 0), ("speed", 500, 1),
     ("noise", 0.25, 0), ("noise", 50.125, 0.5), ("offset", 0.25, 0)],
)  # fmt: skip
def test_the_clip_on_the_page_is_shown_at_its_place(field, now, share):
    found = here(field, (0.25, 1, 100), (), now)
    at = float(re.search(r"--at:([\d.]+)", found)[1])
    assert at == pytest.approx(share, abs=0.03) and f"this clip: {now:.4g}<" in found
    figure = curve({}, field, (0.25, 1, 100)).layout.xaxis
    low, high = figure.range
    if 0 < share < 1:
        place = math.log10(now) if field == "speed" else now
        assert at == pytest.approx((place - low) / (high - low), abs=1e-3)


def test_before_it_was_asked_the_chart_says_how():
    figure = curve({}, "offset", (1, 2, 3))
    assert not figure.data and figure.layout.annotations[0].text == "Press Sweep"


def test_several_curves_are_told_apart_by_more_than_colour():
    figure = curve({"looks back by 1": POINTS, "looks back by 2": POINTS}, "speed", (1, 4))
    lines = [t for t in figure.data if t.name]
    assert len({t.line.dash for t in lines}) == 2 and figure.layout.showlegend
