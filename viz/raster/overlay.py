"""Maps over frames: each function takes one RGB frame and arrays on a token grid, returns RGB.

Cells are drawn with hard edges on purpose: a token is the smallest thing the model attends to, and
a smoothed map would claim a precision that is not there.
"""

from __future__ import annotations

import cv2
import numpy as np

from viz import colors
from viz.colors import apply_scale, palette, to_hex
from viz.raster.geometry import token_box

Window = tuple[int, int, int, int]  # row, column, rows, columns

_UNDER = 0.5  # brightness of the grey frame under a map
_DIM = 0.3  # brightness of what a token cannot see
_BUCKET = 0.45  # opacity of a bucket's colour


def enlarge(frame: np.ndarray, side: int = 448) -> np.ndarray:
    """A square uint8 (S, S, 3) frame at `side` x `side` pixels: cubic up, averaged down."""
    _check_frame(frame)
    if frame.shape[0] == side:
        return frame.copy()
    how = cv2.INTER_CUBIC if frame.shape[0] < side else cv2.INTER_AREA
    return cv2.resize(frame, (side, side), interpolation=how)


def heat(
    frame: np.ndarray,
    weights: np.ndarray,
    top: float,
    window: Window | None = None,
    reached: np.ndarray | None = None,
) -> np.ndarray:
    """Attention over a frame: the frame in grey, each token tinted by its weight.

    Args:
        frame: uint8 (S, S, 3).
        weights: float (grid, grid), 0 or more.
        top: the weight that gets the lightest colour; give two maps the same one to compare them.
        window: the part of the grid that could be attended to; the rest is darkened, not tinted.
        reached: the same as a bool (grid, grid), where it is no rectangle.
    """
    _check_frame(frame)
    side, grid = frame.shape[0], _check_grid(weights)
    share = np.clip(cells(weights, side) / max(top, 1e-12), 0, 1)[..., None]
    grey = _grey(frame) * _UNDER
    tinted = _glow(grey, cells_rgb(apply_scale(weights, top), side), share)
    if window is not None:
        reached = _window_mask(window, grid)
    if reached is None:
        return tinted
    inside = cells(reached, side)[..., None]
    return np.where(inside, tinted, _to_uint8(grey * (_DIM / _UNDER)))


def heat_stops(n: int = 12) -> list[str]:
    """Colours of `heat` over a middle grey from weight 0 to `top`, as CSS: its legend."""
    share = np.linspace(0, 1, n)[:, None]
    grey = np.full((n, 3), 128.0) * _UNDER
    return [to_hex(c) for c in _glow(grey, apply_scale(share[:, 0], 1.0), share)]


def diverging(frame: np.ndarray, values: np.ndarray, top: float) -> np.ndarray:
    """What speaks for and against, over a frame: blue above zero, orange below, as light.

    Args:
        frame: uint8 (S, S, 3).
        values: float (grid, grid). top: the size that gets the lightest colours.
    """
    _check_frame(frame)
    side = frame.shape[0]
    _check_grid(values)
    share = np.clip(np.abs(values) / max(top, 1e-12), 0, 1)
    colour = cells_rgb(_sided(values, share), side)
    return _glow(_grey(frame) * _UNDER, colour, cells(share, side)[..., None])


def diverging_stops(n: int = 12) -> list[str]:
    """Colours of `diverging` over a middle grey from -top to top, as CSS: its legend."""
    values = np.linspace(-1, 1, n)
    grey = np.full((n, 3), 128.0) * _UNDER
    share = np.abs(values)
    return [to_hex(c) for c in _glow(grey, _sided(values, share), share[:, None])]


def _sided(values: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The colour of each value: uint8 (..., 3)."""
    return colors.diverging()[(values < 0).astype(int), np.rint(share * 255).astype(int)]


def buckets(frame: np.ndarray, ids: np.ndarray, n_buckets: int) -> np.ndarray:
    """Each token in its bucket's colour over the frame in grey, a line wherever two buckets meet.

    Args:
        frame: uint8 (S, S, 3).
        ids: int (grid, grid), 0 to n_buckets - 1.
    """
    _check_frame(frame)
    side = frame.shape[0]
    _check_grid(ids)
    colour = cells_rgb(palette(n_buckets)[ids], side)
    out = _to_uint8(_grey(frame) * (1 - _BUCKET) + colour * _BUCKET)
    big = cells(ids, side)
    edge = _edges(big)
    out[edge] = (out[edge] * 0.45).astype(np.uint8)
    return out


def light(frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The frame as it is where `mask` (grid, grid) is true, outlined; grey and dark elsewhere."""
    _check_frame(frame)
    _check_grid(mask)
    lit = cells(mask.astype(bool), frame.shape[0])
    out = np.where(lit[..., None], frame, _to_uint8(_grey(frame) * _DIM))
    out[_edges(lit) & lit] = 235
    return out


def cells(values: np.ndarray, side: int) -> np.ndarray:
    """(grid, grid) -> (side, side): each token's value over all of its pixels."""
    grid = _check_grid(values)
    index = np.arange(side)
    # The inverse of token_box: pixel p belongs to the token whose box starts last at or before p.
    starts = np.array([token_box((0, c), grid, side)[1] for c in range(grid)])
    lookup = np.searchsorted(starts, index, side="right") - 1
    return values[lookup][:, lookup]


def cells_rgb(values: np.ndarray, side: int) -> np.ndarray:
    return np.stack([cells(values[..., c], side) for c in range(values.shape[-1])], -1)


def _edges(big: np.ndarray) -> np.ndarray:
    """Pixels one of whose four neighbours has another value: lines two pixels wide."""
    edge = np.zeros(big.shape, bool)
    down, right = big[1:] != big[:-1], big[:, 1:] != big[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return edge


def _glow(grey: np.ndarray, colour: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colour as light on the grey frame, which fades as `share` grows: no weight darkens it."""
    return _to_uint8(grey * (1 - share) + colour)


def _grey(frame: np.ndarray) -> np.ndarray:
    """The frame as a backdrop: grey, stretched, its median set, so that dark ones stay readable."""
    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY).astype(np.float64)
    low, middle, high = np.percentile(grey, (2, 50, 98))
    # An even picture has no contrast to stretch.
    if high - low >= 8:
        share = np.clip((grey - low) / (high - low), 0, 1)
        median = min(max((middle - low) / (high - low), 0.05), 0.95)
        grey = 24 + 208 * share ** (np.log(0.45) / np.log(median))
    return np.repeat(grey[..., None], 3, axis=2)


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _window_mask(window: Window, grid: int) -> np.ndarray:
    row, col, rows, cols = window
    mask = np.zeros((grid, grid), bool)
    mask[row : row + rows, col : col + cols] = True
    return mask


def _check_frame(frame: np.ndarray) -> None:
    square = frame.ndim == 3 and frame.shape[0] == frame.shape[1] and frame.shape[2] == 3
    if frame.dtype != np.uint8 or not square:
        raise ValueError(
            f"frame {frame.dtype} {frame.shape}: needs a square uint8 picture (S, S, 3)"
        )


def _check_grid(values: np.ndarray) -> int:
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"map of shape {values.shape}: needs (grid, grid)")
    return values.shape[0]
