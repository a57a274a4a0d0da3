import numpy as np
import pytest

from viz.colors import _VISION, _lab, apply_scale, palette, scale, to_hex


@pytest.mark.parametrize("name", ["inferno", "viridis"])
def test_scales_grow_lighter_all_along(name):
    lightness = _lab(scale(name) / 255)[:, 0]
    assert (np.diff(lightness) > -0.6).all()
    assert lightness[-1] - lightness[0] > 60


def test_scale_ends_and_clipping():
    lut = scale()
    drawn = apply_scale(np.array([-1.0, 0.0, 2.0, 9.0]), 2.0)
    assert (drawn == lut[[0, 0, 255, 255]]).all()
    assert (apply_scale(np.zeros(2), 0.0) == lut[0]).all()
    with pytest.raises(ValueError, match="viridis"):
        scale("jet")


@pytest.mark.parametrize("n", [1, 4, 16, 64])
def test_every_bucket_has_a_colour_of_its_own(n):
    colours = palette(n)
    assert colours.shape == (n, 3) and len(np.unique(colours, axis=0)) == n
    assert (palette(64)[:n] == colours).all()


@pytest.mark.parametrize("vision", range(4), ids=["normal", "protan", "deutan", "tritan"])
def test_the_sixteen_buckets_of_the_first_stage_are_told_apart_by_everyone(vision):
    lab = _lab((palette(16) / 255) @ _VISION[vision].T)
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    assert apart[~np.eye(16, dtype=bool)].min() > 10


def test_hex():
    assert to_hex(np.array([0, 128, 255])) == "#0080ff"
