"""RGB arrays as picture files, for a page or a download."""

from __future__ import annotations

import base64

import cv2
import numpy as np


def encode(rgb: np.ndarray, kind: str = "webp", quality: int = 88) -> bytes:
    """Encode a uint8 (H, W, 3) picture as "webp" or "jpeg" (small, lossy) or "png" (exact).

    Raises:
        ValueError: another kind, or not such a picture.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"picture {rgb.dtype} {rgb.shape}: needs uint8 (H, W, 3)")
    options = {
        "webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
        "jpeg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        "png": [],
    }
    if kind not in options:
        raise ValueError(f"picture kind {kind!r}: webp, jpeg or png")
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    return cv2.imencode(f".{kind}", bgr, options[kind])[1].tobytes()


def data_uri(rgb: np.ndarray, kind: str = "webp") -> str:
    """Encode a picture as the address of an <img>."""
    return f"data:image/{kind};base64,{base64.b64encode(encode(rgb, kind)).decode()}"
