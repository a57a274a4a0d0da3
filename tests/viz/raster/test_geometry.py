import numpy as np
import pytest

from viz.raster.geometry import check_token, parse_token, token_at, token_box, token_centre
from viz.raster.overlay import cells


@pytest.mark.parametrize("grid", [1, 7, 14, 28, 56])
@pytest.mark.parametrize("side", [112, 448, 375])
def test_click_token_and_pixels_agree_for_every_patch(grid, side):
    covered = np.zeros((side, side), int)
    for row in range(grid):
        for col in range(grid):
            top, left, bottom, right = token_box((row, col), grid, side)
            covered[top:bottom, left:right] += 1
            x, y = token_centre((row, col), grid, side)
            assert token_at(x, y, grid, side) == (row, col)
            assert left <= x <= right and top <= y <= bottom
            marked = np.zeros((grid, grid), int)
            marked[row, col] = 1
            drawn = np.argwhere(cells(marked, side))
            assert drawn.min(0).tolist() == [top, left]
            assert (drawn.max(0) + 1).tolist() == [bottom, right]
    assert (covered == 1).all()


@pytest.mark.parametrize("grid", [7, 14, 28])
def test_every_pixel_clicked_gives_the_patch_drawn_there(grid):
    side = 112
    ids = np.arange(grid * grid).reshape(grid, grid)
    drawn = cells(ids, side)
    for y in range(side):
        for x in range(side):
            assert ids[token_at(x + 0.5, y + 0.5, grid, side)] == drawn[y, x]


def test_the_far_edge_belongs_to_the_last_patch_and_beyond_is_refused():
    assert token_at(1.0, 1.0, 14) == (13, 13)
    assert token_at(0.0, 1.0, 14) == (13, 0)
    for x, y in ((-0.01, 0.5), (0.5, 1.01), (float("nan"), 0.5)):
        with pytest.raises(ValueError, match="outside"):
            token_at(x, y, 14)


def test_a_patch_can_be_written():
    assert parse_token("3,10", 14) == (3, 10)
    assert parse_token(" 3 , 10 ", 14) == (3, 10)


@pytest.mark.parametrize(
    "text", ["", "3", "3,14", "-1,2", "1,2,3", "a,b", "1e3,2", "٣,٣", "9" * 40]
)
def test_what_is_no_patch_is_refused_with_what_is(text):
    with pytest.raises(ValueError, match="13"):
        parse_token(text, 14)


def test_a_token_outside_the_grid_is_refused():
    with pytest.raises(ValueError, match="0 to 6"):
        check_token((7, 0), 7)
