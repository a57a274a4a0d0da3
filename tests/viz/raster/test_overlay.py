import cv2
import numpy as np
import pytest

from viz.colors import palette
from viz.raster.geometry import token_box
from viz.raster.overlay import buckets, diverging, diverging_stops, enlarge, heat, heat_stops

GREY = np.full((112, 112, 3), 128, np.uint8)


def photo(side=112):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 255, (14, 14, 3), dtype=np.uint8)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


def brightness(rgb):
    return rgb.astype(float) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("grid", [7, 14, 28])
@pytest.mark.parametrize("token", [(0, 0), (3, 5), (6, 6)])
def test_a_single_weight_is_brightest_in_its_own_pixels(grid, token):
    weights = np.zeros((grid, grid), np.float32)
    weights[token] = 1
    drawn = brightness(heat(GREY, weights, 1.0))
    top, left, bottom, right = token_box(token, grid, 112)
    inside = np.zeros((112, 112), bool)
    inside[top:bottom, left:right] = True
    assert drawn[inside].min() > drawn[~inside].max() + 50


def test_two_maps_on_one_scale_show_the_same_weight_alike():
    one, two = (np.zeros((14, 14), np.float32) for _ in range(2))
    one[2, 2], two[11, 11] = 0.4, 0.4
    two[0, 0] = 0.8
    a, b = heat(GREY, one, 0.8), heat(GREY, two, 0.8)
    assert (a[20, 20] == b[92, 92]).all()
    assert brightness(b)[4, 4] > brightness(b)[92, 92] > brightness(b)[60, 60]


def test_brighter_means_more_all_along_the_scale():
    weights = np.linspace(0, 1, 196).reshape(14, 14)
    drawn = brightness(heat(GREY, weights, 1.0))[4::8, 4::8].ravel()
    assert (np.diff(drawn) >= -1).all()
    assert drawn[-1] - drawn[0] > 120


def test_the_legend_shows_the_colours_of_the_map():
    stops = heat_stops(8)
    weights = np.linspace(0, 1, 8)[None].repeat(8, 0)
    drawn = heat(np.full((64, 64, 3), 128, np.uint8), weights, 1.0)[0, 4::8]
    assert ["#" + "".join(f"{c:02x}" for c in rgb) for rgb in drawn] == stops


def test_what_a_patch_cannot_see_is_dark_and_grey():
    weights = np.full((14, 14), 0.5)
    frame = photo()
    mask = np.zeros((14, 14), bool)
    mask[7:, :7] = True
    drawn = heat(frame, weights, 1.0, mask).astype(int)
    seen = np.zeros((112, 112), bool)
    seen[56:, :56] = True
    assert (drawn[~seen].max(-1) == drawn[~seen].min(-1)).all()
    assert (drawn[seen].max(-1) != drawn[seen].min(-1)).mean() > 0.9


def test_maps_of_nothing_and_even_frames_are_drawn():
    assert heat(GREY, np.zeros((7, 7)), 0.0).shape == GREY.shape
    assert heat(np.zeros((112, 112, 3), np.uint8), np.ones((7, 7)) / 49, 1 / 49).max() > 100


def test_buckets_have_their_palette_colour_and_lines_between_them():
    ids = np.zeros((14, 14), np.int64)
    ids[:, 7:] = 3
    drawn = buckets(GREY, ids, 4)
    colours = palette(4).astype(float)
    for x, bucket in ((20, 0), (90, 3)):
        mixed = 0.45 * colours[bucket] + 0.55 * 128
        assert np.abs(drawn[50, x] - mixed).max() <= 1
    assert (drawn[:, 55:57].max(-1) < drawn[:, 20:21].max(-1)).all()


def test_enlarging_keeps_the_picture():
    frame = photo()
    assert (enlarge(frame, 112) == frame).all()
    big = enlarge(frame, 448)
    assert big.shape == (448, 448, 3)
    assert np.abs(enlarge(big, 112).astype(int) - frame).mean() < 3


@pytest.mark.parametrize(
    "frame", [np.zeros((4, 5, 3), np.uint8), np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8)]
)
def test_other_pictures_are_refused(frame):
    with pytest.raises(ValueError, match="square uint8"):
        heat(frame, np.ones((2, 2)), 1.0)


def test_other_maps_are_refused():
    with pytest.raises(ValueError, match="grid"):
        heat(GREY, np.ones((2, 3)), 1.0)


def test_what_speaks_for_is_blue_and_against_orange_each_in_its_own_pixels():
    values = np.zeros((7, 7), np.float32)
    values[1, 2], values[4, 5] = 2, -2
    drawn = diverging(GREY, values, 2.0).astype(int)
    blue = drawn[..., 2] - drawn[..., 0]
    assert (blue[16:32, 32:48] > 60).all() and (blue[64:80, 80:96] < -60).all()
    assert np.abs(blue).sum() == np.abs(blue[16:32, 32:48]).sum() + np.abs(blue[64:80, 80:96]).sum()
    stops = diverging_stops(9)
    assert len(stops) == 9 and stops[0] != stops[8]
    assert stops[4][1:3] == stops[4][3:5] == stops[4][5:7]  # nothing is grey
