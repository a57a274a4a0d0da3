"""Transparent pictures: what is see-through is shown on white, as on an empty page."""

from __future__ import annotations

import av
import numpy as np

NOTE = "Transparent parts are shown on white."
_WHITE = 255
# In these the fourth byte of a pixel may mean nothing: many programs leave it at 0 throughout.
_MAYBE_UNUSED = ("rawvideo", "huffyuv", "targa")


def flattened(
    picture: av.VideoFrame, matrix: int | None, codec: str = ""
) -> tuple[av.VideoFrame, bool]:
    """Lay a picture on white where it is transparent.

    That is done before it is shrunk: colours that nobody sees must not bleed into those beside.

    Args:
        picture: with or without transparency, not multiplied by it; a grey picture of the same
            size as its `opaque` is its transparency (see `sct.video.decoders`).
        matrix: of its colours, as for `av.VideoFrame.reformat`.
        codec: the coding of the pictures, where it is known.

    Returns:
        the picture in RGB, or as it was where nothing of it is transparent; and whether some was.
    """
    beside, kind = picture.opaque, picture.format
    if beside is not None and (beside.width, beside.height) != (picture.width, picture.height):
        beside = None
    if beside is None and not (kind.has_palette or any(part.is_alpha for part in kind.components)):
        return picture, False
    whole = picture.reformat(
        format="rgba", src_colorspace=matrix, src_color_range=picture.color_range, threads=1
    ).to_ndarray()
    alpha = whole[..., 3:] if beside is None else _luma(beside)[..., None]
    if alpha.min() == 255 or (codec in _MAYBE_UNUSED and alpha.max() == 0):
        return picture, False
    colour = whole[..., :3].astype(np.uint16)
    laid = (colour * alpha + _WHITE * (255 - alpha.astype(np.uint16)) + 127) // 255
    return av.VideoFrame.from_ndarray(laid.astype(np.uint8), format="rgb24"), True


def _luma(picture: av.VideoFrame) -> np.ndarray:
    """Return the brightness of a picture as it is stored, uint8 (H, W)."""
    plane, bits = picture.planes[0], picture.format.components[0].bits
    values = np.frombuffer(plane, np.uint8 if bits == 8 else np.dtype("<u2"))
    return (values.reshape(plane.height, -1)[:, : plane.width] >> bits - 8).astype(np.uint8)
