import numpy as np
import pytest

from viz.colors import ABLATED, BASELINE
from viz.plots import predictions

LABELS = ("static", "pan left", "pan right", "tilt up")


def test_the_bars_are_the_probabilities_likeliest_first():
    p = np.array([0.1, 0.6, 0.05, 0.25])
    bars = predictions.predictions(LABELS, p, truth="tilt up").data[0]
    assert list(bars.y) == ["pan left", "tilt up", "static", "pan right"]
    assert list(bars.x) == pytest.approx([0.6, 0.25, 0.1, 0.05])
    assert list(bars.text) == ["60.0%", "25.0%", "10.0%", "5.0%"]
    assert bars.marker.color[0] == BASELINE and BASELINE not in bars.marker.color[1:]


def test_the_truth_is_named_on_its_own_bar():
    figure = predictions.predictions(LABELS, np.full(4, 0.25), truth="tilt up")
    named = [t for t in figure.layout.yaxis.ticktext if "truth" in t]
    assert named == ["<b>tilt up</b> (truth)"]
    assert not any(
        "truth" in t
        for t in predictions.predictions(LABELS, np.full(4, 0.25)).layout.yaxis.ticktext
    )


def test_comparison_has_both_bars_and_the_change_of_each_class():
    before, after = np.array([0.7, 0.1, 0.1, 0.1]), np.array([0.2, 0.6, 0.1, 0.1])
    figure = predictions.comparison(LABELS, before, after)
    trained, ablated = figure.data
    assert (trained.name, ablated.name) == ("as trained", "ablated")
    assert (trained.marker.color, ablated.marker.color) == (BASELINE, ABLATED)
    order = [LABELS.index(n) for n in trained.y]
    assert list(trained.x) == pytest.approx(before[order].tolist())
    assert list(ablated.x) == pytest.approx(after[order].tolist())
    said = {a.y: a.text for a in figure.layout.annotations if a.y in LABELS}
    assert said["static"] == "▼ −50.0" and said["pan left"] == "▲ +50.0"
    assert said["pan right"] == "0.0"


def test_class_names_cannot_bring_markup_into_the_chart():
    figure = predictions.predictions(
        ("<b>x</b><a href='//e'>y</a>", "z"), np.array([0.6, 0.4]), truth="z"
    )
    assert not any("<a" in t for t in figure.layout.yaxis.ticktext)
