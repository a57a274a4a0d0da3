"""Maps over frames: each function takes one RGB frame and arrays on a token grid, returns RGB.

Cells are drawn with hard edges on purpose: a token is the smallest thing the model attends to, and
a smoothed map would claim a precision that is not there.
"""

from __future__ import annotations

import cv2
import numpy as np

from viz import colors
from viz.colors import apply_scale, palette, to_hex

_UNDER = 0.5  # brightness of the grey frame under a map
_DIM = 0.3  # brightness of what a token cannot see
_BUCKET = 0.45  # opacity of a bucket's colour


def enlarge(frame: np.ndarray, side: int = 448) -> np.ndarray:
    """Resize a square uint8 (S, S, 3) frame to `side` x `side`: cubic up, averaged down."""
    _check_frame(frame)
    if frame.shape[0] == side:
        return frame.copy()
    how = cv2.INTER_CUBIC if frame.shape[0] < side else cv2.INTER_AREA
    return cv2.resize(frame, (side, side), interpolation=how)


def heat(
    frame: np.ndarray,
    weights: np.ndarray,
    top: float,
    reached: np.ndarray | None = None,
) -> np.ndarray:
    """Draw attention over a frame in grey: each token is tinted by its weight.

    Args:
        frame: uint8 (S, S, 3).
        weights: float (grid, grid), 0 or more.
        top: the weight that gets the lightest colour; give two maps the same one to compare them.
        reached: bool (grid, grid), what could be attended to; the rest is darkened, not tinted.
    """
    _check_frame(frame)
    _check_grid(weights)
    side = frame.shape[0]
    share = np.clip(cells(weights, side) / max(top, 1e-12), 0, 1)[..., None]
    grey = _grey(frame) * _UNDER
    tinted = _glow(grey, cells(apply_scale(weights, top), side), share)
    if reached is None:
        return tinted
    inside = cells(reached, side)[..., None]
    return np.where(inside, tinted, _to_uint8(grey * (_DIM / _UNDER)))


def heat_stops(n: int = 12) -> list[str]:
    """List the colours of `heat` over a middle grey, from 0 to `top`, as CSS: its legend."""
    share = np.linspace(0, 1, n)[:, None]
    grey = np.full((n, 3), 128.0) * _UNDER
    return [to_hex(c) for c in _glow(grey, apply_scale(share[:, 0], 1.0), share)]


def diverging(frame: np.ndarray, values: np.ndarray, top: float) -> np.ndarray:
    """Draw what speaks for and against over a frame: blue above zero, orange below, as light.

    Args:
        frame: uint8 (S, S, 3).
        values: float (grid, grid). top: the size that gets the lightest colours.
    """
    _check_frame(frame)
    side = frame.shape[0]
    _check_grid(values)
    share = np.clip(np.abs(values) / max(top, 1e-12), 0, 1)
    colour = cells(_sided(values, share), side)
    return _glow(_grey(frame) * _UNDER, colour, cells(share, side)[..., None])


def diverging_stops(n: int = 12) -> list[str]:
    """List the colours of `diverging` over a middle grey, -top to top, as CSS: its legend."""
    values = np.linspace(-1, 1, n)
    grey = np.full((n, 3), 128.0) * _UNDER
    share = np.abs(values)
    return [to_hex(c) for c in _glow(grey, _sided(values, share), share[:, None])]


def _sided(values: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Look up the colour of each value: uint8 (..., 3)."""
    return colors.diverging()[(values < 0).astype(int), np.rint(share * 255).astype(int)]


def buckets(frame: np.ndarray, ids: np.ndarray, n_buckets: int) -> np.ndarray:
    """Draw each token in its bucket's colour over the frame in grey, a line where buckets meet.

    Args:
        frame: uint8 (S, S, 3).
        ids: int (grid, grid), 0 to n_buckets - 1.
    """
    _check_frame(frame)
    side = frame.shape[0]
    _check_grid(ids)
    colour = cells(palette(n_buckets)[ids], side)
    out = _to_uint8(_grey(frame) * (1 - _BUCKET) + colour * _BUCKET)
    edge = _edges(cells(ids, side))
    out[edge] = (out[edge] * 0.45).astype(np.uint8)
    return out


def cells(values: np.ndarray, side: int) -> np.ndarray:
    """Spread each token's value over all of its pixels: (grid, grid, ...) -> (side, side, ...)."""
    sizes = np.diff(np.arange(len(values) + 1) * side // len(values))  # as `token_box` cuts them
    return values.repeat(sizes, 0).repeat(sizes, 1)


def _edges(big: np.ndarray) -> np.ndarray:
    """Find pixels one of whose four neighbours differs: lines two pixels wide."""
    edge = np.zeros(big.shape, bool)
    down, right = big[1:] != big[:-1], big[:, 1:] != big[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return edge


def _glow(grey: np.ndarray, colour: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Add colour as light to the grey frame, which fades as `share` grows: none darkens it."""
    return _to_uint8(grey * (1 - share) + colour)


def _grey(frame: np.ndarray) -> np.ndarray:
    """Make the frame a grey backdrop: stretched, its median set, so that dark ones are readable."""
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


def _check_frame(frame: np.ndarray) -> None:
    square = frame.ndim == 3 and frame.shape[0] == frame.shape[1] and frame.shape[2] == 3
    if frame.dtype != np.uint8 or not square:
        raise ValueError(
            f"frame {frame.dtype} {frame.shape}: needs a square uint8 picture (S, S, 3)"
        )


def _check_grid(values: np.ndarray) -> None:
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"map of shape {values.shape}: needs (grid, grid)")
