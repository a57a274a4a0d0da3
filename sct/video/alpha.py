"""Transparent pictures: what is see-through is shown on white, as on an empty page."""

from __future__ import annotations

import av
import numpy as np

NOTE = "Transparent parts are shown on white."
_WHITE = 255
# In these the fourth byte of a pixel may mean nothing: many programs leave it at 0 throughout.
_MAYBE_UNUSED = ("rawvideo", "huffyuv")
# FFmpeg's own decoders of these leave the transparency out, which WebM stores beside the pictures.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def flattened(
    picture: av.VideoFrame, matrix: int | None, codec: str = ""
) -> tuple[av.VideoFrame, bool]:
    """Lay a picture on white where it is transparent.

    That is done before it is shrunk: colours that nobody sees must not bleed into those beside.

    Args:
        picture: with or without transparency, not multiplied by it.
        matrix: of its colours, as for `av.VideoFrame.reformat`.
        codec: the coding of the pictures, where it is known.

    Returns:
        the picture in RGB, or as it was where nothing of it is transparent; and whether some was.
    """
    kind = picture.format
    if not (kind.has_palette or any(part.is_alpha for part in kind.components)):
        return picture, False
    whole = picture.reformat(
        format="rgba", src_colorspace=matrix, src_color_range=picture.color_range, threads=1
    ).to_ndarray()
    alpha = whole[..., 3:]
    if alpha.min() == 255 or (codec in _MAYBE_UNUSED and alpha.max() == 0):
        return picture, False
    colour = whole[..., :3].astype(np.uint16)
    laid = (colour * alpha + _WHITE * (255 - alpha.astype(np.uint16)) + 127) // 255
    return av.VideoFrame.from_ndarray(laid.astype(np.uint8), format="rgb24"), True


def decoder_of(stream: av.VideoStream) -> av.VideoCodecContext:
    """Return a decoder for a stream: its own, or one that knows the transparency it has."""
    own = stream.codec_context
    name = _WITH_ALPHA.get(own.codec.canonical_name)
    said = {key.lower(): value for key, value in stream.metadata.items()}
    if name is None or said.get("alpha_mode") != "1":
        return own
    try:
        found = av.CodecContext.create(name, "r")
    except (av.FFmpegError, ValueError):  # this FFmpeg has none: the colours below are shown
        return own
    found.width, found.height = own.width, own.height
    return found
