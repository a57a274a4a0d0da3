import numpy as np
import pytest

from viz.colors import ABLATED, BASELINE, palette, to_hex
from viz.plots import base
from viz.text import numbers

LABELS = ("static", "pan left", "pan right", "tilt up")


def test_the_bars_are_the_probabilities_likeliest_first():
    p = np.array([0.1, 0.6, 0.05, 0.25])
    bars = base.predictions(LABELS, p, truth="tilt up").data[0]
    assert list(bars.y) == ["pan left", "tilt up", "static", "pan right"]
    assert list(bars.x) == pytest.approx([0.6, 0.25, 0.1, 0.05])
    assert list(bars.text) == ["60.0%", "25.0%", "10.0%", "5.0%"]
    assert bars.marker.color[0] == BASELINE and BASELINE not in bars.marker.color[1:]


def test_the_truth_is_named_on_its_own_bar():
    figure = base.predictions(LABELS, np.full(4, 0.25), truth="tilt up")
    named = [t for t in figure.layout.yaxis.ticktext if "truth" in t]
    assert named == ["<b>tilt up</b> (truth)"]
    assert not any(
        "truth" in t for t in base.predictions(LABELS, np.full(4, 0.25)).layout.yaxis.ticktext
    )


def test_comparison_has_both_bars_and_the_change_of_each_class():
    before, after = np.array([0.7, 0.1, 0.1, 0.1]), np.array([0.2, 0.6, 0.1, 0.1])
    figure = base.comparison(LABELS, before, after)
    trained, ablated = figure.data
    assert (trained.name, ablated.name) == ("as trained", "ablated")
    assert (trained.marker.color, ablated.marker.color) == (BASELINE, ABLATED)
    order = [LABELS.index(n) for n in trained.y]
    assert list(trained.x) == pytest.approx(before[order].tolist())
    assert list(ablated.x) == pytest.approx(after[order].tolist())
    said = {a.y: a.text for a in figure.layout.annotations if a.y in LABELS}
    assert said["static"] == "▼ −50.0" and said["pan left"] == "▲ +50.0"
    assert said["pan right"] == "0.0"


def test_bucket_sizes_count_every_patch_in_the_colours_of_the_overlay():
    ids = np.array([[0, 0, 1], [3, 3, 3], [0, 1, 3]])
    bars = base.bucket_sizes(ids, 4, piece=3, picked=1).data[0]
    assert list(bars.y) == [3, 2, 0, 4] and sum(bars.y) == ids.size
    assert list(bars.marker.color) == [to_hex(c) for c in palette(4)]
    assert [w > 0 for w in bars.marker.line.width] == [False, True, False, False]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0%"), (0.0004, "<0.1%"), (0.1234, "12.3%"), (0.99999, ">99.9%"), (1, "100.0%")],
)
def test_percentages_never_round_to_a_false_none_or_all(value, text):
    assert numbers.percent(value) == text


def test_class_names_cannot_bring_markup_into_the_chart():
    figure = base.predictions(("<b>x</b><a href='//e'>y</a>", "z"), np.array([0.6, 0.4]), truth="z")
    assert not any("<a" in t for t in figure.layout.yaxis.ticktext)


def test_recall_marks_the_rounds_of_the_model_and_what_even_attention_would_keep():
    kept, even = np.linspace(0.2, 0.9, 8), np.linspace(0.1, 0.6, 8)
    flat, lines = base.recall(kept, even, rounds=3).data
    assert list(lines.y) == pytest.approx(kept.tolist())
    assert list(flat.y) == pytest.approx(even.tolist())
    assert [i for i, t in enumerate(lines.text) if t] == [2] and lines.text[2] == "40.0%"
    assert lines.marker.size[2] > lines.marker.size[1]


def test_more_rounds_than_are_drawn_are_marked_nowhere():
    assert not any(base.recall(np.ones(8), np.ones(8), rounds=16).data[1].text)
    base.cost([1] * 8, [2] * 8, 5, rounds=16)


def test_costs_stand_beside_full_attention():
    figure = base.cost([100, 200], [7_000_000, 14_000_000], 59_000_000, rounds=1)
    attend, hashing = figure.data
    assert list(attend.y) == [7_000_000, 14_000_000] and list(hashing.y) == [100, 200]
    assert figure.layout.shapes[0].y0 == 59_000_000
    said = " ".join(a.text for a in figure.layout.annotations)
    assert "full attention: 59 M" in said and "7 M" in said


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (1234, "1.23 k"), (7_700_000, "7.7 M"), (1.2e9, "1.2 G")]
)
def test_counts_are_said_short(value, text):
    assert numbers.millions(value) == text


def test_many_buckets_are_numbered_by_the_picked_one_alone():
    ids = np.arange(64).repeat(49).reshape(56, 56)
    assert [t for t in base.bucket_sizes(ids, 64, 49, 5).data[0].text if t] == ["<b>49</b>"]
