import numpy as np
import pytest

from viz.raster.geometry import check_token, parse_token, token_box, token_centre
from viz.raster.overlay import cells


@pytest.mark.parametrize("grid", [1, 7, 14, 28, 56])
@pytest.mark.parametrize("side", [112, 448, 375])
def test_token_and_pixels_agree_for_every_patch(grid, side):
    covered = np.zeros((side, side), int)
    for row in range(grid):
        for col in range(grid):
            top, left, bottom, right = token_box((row, col), grid, side)
            covered[top:bottom, left:right] += 1
            x, y = token_centre((row, col), grid, side)
            assert left <= x <= right and top <= y <= bottom
            marked = np.zeros((grid, grid), int)
            marked[row, col] = 1
            drawn = np.argwhere(cells(marked, side))
            assert drawn.min(0).tolist() == [top, left]
            assert (drawn.max(0) + 1).tolist() == [bottom, right]
    assert (covered == 1).all()


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
