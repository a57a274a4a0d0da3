"""Dense optical flow between frames of one clip, for clips whose true motion nobody knows.

OpenCV's dense inverse search (Kroeger et al., 2016). It is itself an estimate: it fails where there
is no texture, at edges of what moves and beyond large steps.
"""

from __future__ import annotations

import cv2
import numpy as np

# Frames are enlarged to this side at least: the search works on patches of 8 pixels.
_SIDE = 224
# Pixels of the frame by which a way there and back may miss its start (and a share of its length).
_MISS, _MISS_SHARE = 0.5, 0.1
_SURE = 0.75  # share of a token's pixels that must find the way back


class DenseFlow:
    """Estimates flow between any two frames; each pair is computed once.

    Args:
        frames: uint8 (T, S, S, 3), RGB.
    """

    def __init__(self, frames: np.ndarray):
        self._factor = max(1, round(_SIDE / frames.shape[1]))
        self._grey = [_grey(frame, self._factor) for frame in frames]
        self._done: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self._grey)

    def between(self, frame: int, other: int, grid: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds where the content of each token of a frame lies in another one, minus where it is.

        Returns:
            float32 (grid, grid, 2), (row, column) in tokens: the median over the token's pixels;
            and bool (grid, grid): whether three quarters of them come back to where they started
            when their flow is followed there and back.

        Raises:
            ValueError: the grid does not divide the frame.
        """
        pair = frame, other
        if pair not in self._done:
            self._done[pair] = _pixels(self._grey[frame], self._grey[other], self._factor)
        moved, sure = self._done[pair]
        size, rest = divmod(len(moved), grid)
        if rest:
            raise ValueError(f"grid {grid}: must divide the frame's side")
        cut = (grid, size, grid, size)
        values = moved.reshape(*cut, 2).transpose(0, 2, 1, 3, 4).reshape(grid, grid, -1, 2)
        share = sure.reshape(cut).mean((1, 3))
        return np.median(values, axis=2).astype(np.float32) / np.float32(size), share >= _SURE


def _grey(frame: np.ndarray, factor: int) -> np.ndarray:
    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def _pixels(grey: np.ndarray, other: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Estimates displacement (h, w, 2), (row, column) in pixels of the enlarged frames, and whether
    each is sure (h, w)."""
    finder = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there, back = finder.calc(grey, other, None), finder.calc(other, grey, None)
    height, width = grey.shape
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    to_x, to_y = (x + there[..., 0]).astype("f4"), (y + there[..., 1]).astype("f4")
    home = cv2.remap(back, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = (to_x >= 0) & (to_x < width) & (to_y >= 0) & (to_y < height)
    miss, length = (np.linalg.norm(v, axis=-1) for v in (there + home, there))
    sure = inside & (miss <= _MISS * factor + _MISS_SHARE * length)
    return there[..., ::-1], sure
