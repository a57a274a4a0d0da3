"""Charts of the ablation lab, in the page and as PNG."""

import cv2
import numpy as np
import pytest

from viz.plots.ablation import Bars, Heat, Intervals

HOSTILE = "<b>$x$ </b>"
BARS = Bars(HOSTILE, ["one", HOSTILE], [-2.0, 0.5], ["", HOSTILE], "change")
HEAT = Heat(
    "title",
    ["a", HOSTILE],
    ["0", "1"],
    np.array([[1.0, np.nan], [-1.0, -0.001]]),
    "less",
    "more",
    np.array([[True, False], [False, True]]),
)
ROWS = Intervals("t", ["a", HOSTILE], [0.5, 1], [0.4, 0.8], [0.6, 1], ["", HOSTILE], chance=0.1)
LINE = Intervals("t", [HOSTILE], [0.5, 1, 0.2], [0.4, 0.8, 0.1], [0.6, 1, 0.3], steps=[1, 2, 3],
                 marked=2)  # fmt: skip


@pytest.mark.parametrize("chart", [BARS, HEAT, ROWS, LINE])
def test_each_is_drawn_as_png_in_its_colours(chart):
    picture = cv2.imdecode(np.frombuffer(chart.png(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    blue = np.array([0x2F, 0x7F, 0xC1])
    assert picture.shape[1] > 1000 and tuple(picture[0, 0]) == (255, 255, 255)
    assert (np.abs(picture.astype(int) - blue).max(-1) < 60).sum() > 100


@pytest.mark.parametrize("chart", [BARS, HEAT, ROWS, LINE])
def test_names_are_text(chart):
    assert "<b>" not in chart.figure().to_json().replace("\\u003c", "<")


def test_a_heat_map_is_empty_where_nothing_is_and_marks_cells():
    heat, marks = HEAT.figure().data
    assert heat.z[0][1] is None and heat.zmin == -1 and heat.zmax == 1
    assert [list(row) for row in heat.text] == [["+1.00", ""], ["−1.00", "0.00"]]
    assert [(round(x), round(y)) for x, y in zip(marks.x, marks.y, strict=True)] == [(0, 0), (1, 1)]


def test_intervals_reach_from_low_to_high():
    (dots,) = ROWS.figure().data
    assert dots.error_x.array == pytest.approx([0.1, 0])
    assert dots.error_x.arrayminus == pytest.approx([0.1, 0.2])
