"""The clip player: a video's own pictures, the part a model sees, and one overlay at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from viz.components import player
from viz.components.component import Component
from viz.components.player.message import pack
from viz.raster.encode import encode

_HERE = Path(__file__).parent
# It draws `clip_message` and sends back, by contract, {frame, overlay, crop, edit}.
COMPONENT = Component(
    "sct_clip_player",
    _HERE / "streamlit.js",
    player.STYLE,
    _HERE / "clipplayer.css",
    state="view",
    root="sct-player clipplayer",
)
mount = COMPONENT.mount

OVERLAYS = ("none", "answer", "motion")
_WIDE, _TALL = 720, 480  # pixels that a picture has room for on the page


def clip_message(
    frames: np.ndarray,
    times: Sequence[float],
    view: dict[str, Any],
    lit: np.ndarray,
    shares: Sequence[float] = (),
    moved: np.ndarray | None = None,
    **about: Any,
) -> tuple[bytes, range]:
    """Pack what the browser draws.

    Args:
        frames: uint8 (T, H, W, 3), whole pictures. times: the second of each.
        view: what to show at first: {frame, overlay, crop, edit}.
        lit: (T, grid, grid), 0 to 1: how light each patch of the model's view is where the answer
            draws on it.
        shares: of the answer's attention that each frame has; none where all count the same.
        moved: (T, grid, grid, 2), motion (d_row, d_col) of each patch since the frame before, in
            pixels of the model's view; None where nothing follows motion.
        about: what else the header has: "side" (pixels of that view), "crops" (whether the crop can
            be chosen), "views" (the crops of several views), "said" (a sentence for each overlay).

    Returns:
        the message, and the frames that it holds, which are all.
    """
    count, height, width = frames.shape[:3]
    scale = min(1.0, _WIDE / width, _TALL / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    across = math.ceil(math.sqrt(count))  # a picture file that is not much longer than wide
    sheet = np.zeros((-(-count // across) * size[1], across * size[0], 3), np.uint8)
    for i, frame in enumerate(frames):
        top, left = i // across * size[1], i % across * size[0]
        shrunk = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        sheet[top : top + size[1], left : left + size[0]] = shrunk
    header = {
        **about,
        "frames": count,
        "times": [round(float(second), 4) for second in times],
        "width": width,
        "height": height,
        "across": across,
        "shares": [round(float(share), 4) for share in shares],
        "overlays": [name for name in OVERLAYS if name != "motion" or moved is not None],
        "view": view,
    }
    parts: dict[str, Any] = {
        "sheet": encode(sheet, "jpeg", 84),
        "lit": np.rint(np.clip(lit, 0, 1) * 255).astype(np.uint8),
    }
    if moved is not None:
        parts["moved"] = np.asarray(moved, np.float32)
    return pack(header, parts), range(count)
