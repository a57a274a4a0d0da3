import numpy as np
import pytest

from viz.colors import _VISION, _lab, diverging
from viz.components.heatplayer.contents import HeatMap, heat_message, top_of
from viz.components.player.message import sprite, unpack

PICTURES = sprite(np.zeros((3, 32, 32, 3), np.uint8))
VIEW = {"frame": 1, "row": 2, "column": 3, "edit": 0}


def heat(values, signed=True, **more):
    values = np.asarray(values, np.float32)
    return HeatMap(
        values, values.sum((1, 2)), signed, "Method", "meaning", "for", "against", **more
    )


def spread(seed=0):
    return np.random.default_rng(seed).normal(size=(3, 4, 4))


def test_a_message_has_the_values_and_what_is_said_of_them():
    a, b = heat(spread(0), verdict="failed", badge="fails", why="because"), heat(spread(1))
    header, parts = unpack(heat_message(PICTURES, (0, 0.1, 0.2), (a, b), VIEW, 4))
    assert (header["frames"], header["grid"], header["view"]) == (3, 4, VIEW)
    np.testing.assert_array_equal(parts["values0"], a.values)
    np.testing.assert_array_equal(parts["frames1"], b.frames)
    first, second = header["maps"]
    assert (first["verdict"], first["badge"], first["why"]) == ("failed", "fails", "because")
    assert second["verdict"] is None
    assert first["total"] == pytest.approx(np.abs(a.values).sum(), rel=1e-6)
    assert len(heat_message(PICTURES, (0, 0.1, 0.2), (a, b), VIEW, 4)) < 20_000


def test_names_are_data():
    hostile = "</script><img src=x onerror=alert(1)>"
    each = HeatMap(spread(), spread().sum((1, 2)), True, hostile, hostile, hostile)
    header, _ = unpack(heat_message(PICTURES, (0, 0.1, 0.2), (each,), VIEW, 4))
    assert header["maps"][0]["name"] == header["maps"][0]["up"] == hostile


def test_the_scale_ends_where_few_patches_are_and_never_at_zero_if_there_is_one():
    values = np.zeros((8, 28, 28))
    assert top_of(values) == 0
    values[3, 2, 2] = -2.5
    assert top_of(values) == 2.5
    values = np.random.default_rng(0).normal(size=(8, 28, 28))
    assert 0.002 < (np.abs(values) > top_of(values)).mean() < 0.008


@pytest.mark.parametrize("maps", [(), (heat(spread()),) * 3, (heat(spread()), heat(spread()[:2]))])
def test_one_or_two_maps_of_one_shape(maps):
    with pytest.raises(ValueError, match="one or two of one shape"):
        heat_message(PICTURES, (0, 0.1, 0.2), maps, VIEW, 4)


@pytest.mark.parametrize("vision", _VISION)
def test_for_and_against_are_told_apart_by_every_eye_and_are_equally_light(vision):
    plus, minus = (_lab((side / 255) @ vision.T) for side in diverging())
    assert np.linalg.norm(plus - minus, axis=1)[96:].min() > 45
    assert np.abs(_lab(diverging()[0] / 255)[:, 0] - _lab(diverging()[1] / 255)[:, 0]).max() < 6
    for side in (plus, minus):
        assert (np.diff(side[:, 0]) > -0.5).all()  # more is lighter
