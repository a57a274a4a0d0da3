import numpy as np
import pytest

from viz.colors import palette, to_hex
from viz.plots import hashing


def test_bucket_sizes_count_every_patch_in_the_colours_of_the_overlay():
    ids = np.array([[0, 0, 1], [3, 3, 3], [0, 1, 3]])
    bars = hashing.bucket_sizes(ids, 4, chunk=3, picked=1).data[0]
    assert list(bars.y) == [3, 2, 0, 4] and sum(bars.y) == ids.size
    assert list(bars.marker.color) == [to_hex(c) for c in palette(4)]
    assert [w > 0 for w in bars.marker.line.width] == [False, True, False, False]


def test_recall_marks_the_rounds_of_the_model_and_what_even_attention_would_keep():
    kept, even = np.linspace(0.2, 0.9, 8), np.linspace(0.1, 0.6, 8)
    flat, lines = hashing.recall(kept, even, rounds=3).data
    assert list(lines.y) == pytest.approx(kept.tolist())
    assert list(flat.y) == pytest.approx(even.tolist())
    assert [i for i, t in enumerate(lines.text) if t] == [2] and lines.text[2] == "40.0%"
    assert lines.marker.size[2] > lines.marker.size[1]


def test_more_rounds_than_are_drawn_are_marked_nowhere():
    assert not any(hashing.recall(np.ones(8), np.ones(8), rounds=16).data[1].text)
    hashing.cost([1] * 8, [2] * 8, 5, rounds=16)


def test_costs_stand_beside_full_attention():
    figure = hashing.cost([100, 200], [7_000_000, 14_000_000], 59_000_000, rounds=1)
    attend, hashed = figure.data
    assert list(attend.y) == [7_000_000, 14_000_000] and list(hashed.y) == [100, 200]
    assert figure.layout.shapes[0].y0 == 59_000_000
    said = " ".join(a.text for a in figure.layout.annotations)
    assert "full attention: 59 M" in said and "7 M" in said


def test_many_buckets_are_numbered_by_the_picked_one_alone():
    ids = np.arange(64).repeat(49).reshape(56, 56)
    assert [t for t in hashing.bucket_sizes(ids, 64, 49, 5).data[0].text if t] == ["<b>49</b>"]
