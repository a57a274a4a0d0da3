"""Writing of frames as a GIF that loops for ever."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable

import numpy as np
from PIL import Image


def write_gif(frames: Iterable[np.ndarray], fps: float = 5.0) -> bytes:
    """Encode frames as a GIF with one palette made for all of them.

    Frames that follow each other and look the same become one that is shown for longer.

    Args:
        frames: uint8 (H, W, 3) each, RGB, all of one size, at least one.
        fps: frames a second, above 0 and at most 50; GIF counts hundredths of a second.

    Returns:
        The bytes of the file.

    Raises:
        ValueError: frames or fps of another kind.
    """
    frames = [np.asarray(frame) for frame in frames]
    kinds = {(frame.dtype, frame.shape) for frame in frames}
    fits = frames and frames[0].dtype == np.uint8 and frames[0].shape[2:] == (3,)
    if len(kinds) != 1 or not fits or not frames[0].size:
        raise ValueError("frames must be uint8 of shape (H, W, 3), all of one size, at least one.")
    if not (math.isfinite(fps) and 0 < fps <= 50):
        raise ValueError(f"fps must be above 0 and at most 50, not {fps!r}.")
    height, width = frames[0].shape[:2]
    # One tall picture of all frames, so that the colours are chosen from all of them; the 256th
    # says "as before", so that what stands still costs nothing. No dithering, which flickers.
    tall = Image.fromarray(np.concatenate(frames)).quantize(255, dither=Image.Dither.NONE)
    first, *others = (
        tall.crop((0, top, width, top + height)) for top in range(0, tall.height, height)
    )
    starts = np.round(np.arange(len(frames) + 1) * 100 / fps)
    buffer = io.BytesIO()
    first.save(
        buffer,
        "GIF",
        save_all=True,
        optimize=True,
        append_images=others,
        duration=(10 * np.diff(starts)).astype(int).tolist(),  # in milliseconds
        loop=0,
    )
    return buffer.getvalue()
