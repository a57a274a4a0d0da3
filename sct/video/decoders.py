"""Decoders of a video's pictures, and of the transparency that some files store beside them.

WebM (VP8, VP9) and AVIF store it as grey pictures of their own. Each is decoded like the pictures
themselves, within the same limits, and goes along as the picture's `opaque`.
"""

from __future__ import annotations

from collections.abc import Iterator

import av

from sct.video.sources import Source, open_container

_IN_WEBM = ("vp8", "vp9")
_BRANDS, _BRAND = ("major_brand", "compatible_brands"), "avis"  # of AVIF with several pictures
_IN_AVIF = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
_SEARCHED = 1 << 20  # bytes of an AVIF within which its header says so
_NUMBER = 8  # bytes: which of the additions to a picture follows


class Decoder:
    """A decoder of a stream whose pictures nothing is stored beside."""

    def __init__(self, file: Source, stream: av.VideoStream):
        self._own = _bounded(stream.codec_context, file)

    def decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        """Return the pictures that a packet completes; None: those still held back."""
        return self._own.decode(packet)


class _WebmDecoder(Decoder):
    def __init__(self, file: Source, stream: av.VideoStream):
        super().__init__(file, stream)
        self._beside = _bounded(av.CodecContext.create(self._own.codec.canonical_name, "r"), file)

    def decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        pictures = super().decode(packet)
        addition = packet and bytes(packet.get_sidedata("matroska_block_additional"))[_NUMBER:]
        beside = self._beside.decode(av.Packet(addition)) if addition else []
        for picture, grey in zip(pictures, beside, strict=False):
            picture.opaque = grey
        return pictures


class _AvifDecoder(Decoder):
    def __init__(self, file: Source, stream: av.VideoStream, beside: int):
        super().__init__(file, stream)
        self._file, self._index = file, beside
        self._greys, self._grey = self._begin(), None

    def decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        pictures = super().decode(packet)
        for picture in pictures:
            picture.opaque = self._at(picture.pts)
        return pictures

    def _at(self, stamp: int | None) -> av.VideoFrame | None:
        """Return the grey picture with this stamp, or the latest one before it."""
        if self._grey is not None and self._grey.pts > stamp:
            self._greys, self._grey = self._begin(), None
        while self._grey is None or self._grey.pts < stamp:
            following = next(self._greys, None)
            if following is None:
                break
            self._grey = following
        return self._grey

    def _begin(self) -> Iterator[av.VideoFrame]:
        """Yield the grey pictures, from the first on, from a copy that is read on its own."""
        with open_container(self._file.copy()) as container:
            stream = container.streams[self._index]
            _bounded(stream.codec_context, self._file)
            yield from container.decode(stream)


def decoder_of(
    file: Source, container: av.container.InputContainer, stream: av.VideoStream
) -> Decoder:
    """Return a decoder for a stream of an open file, with what is stored beside its pictures."""
    said = {key.lower(): value for key, value in stream.metadata.items()}
    if stream.codec_context.codec.canonical_name in _IN_WEBM and said.get("alpha_mode") == "1":
        return _WebmDecoder(file, stream)
    if any(_BRAND in container.metadata.get(key, "") for key in _BRANDS):
        beside = next((s.index for s in container.streams.video if _fits(s, stream)), None)
        if beside is not None and _IN_AVIF in file.head(_SEARCHED):
            return _AvifDecoder(file, stream, beside)
    return Decoder(file, stream)


def _fits(other: av.VideoStream, stream: av.VideoStream) -> bool:
    """Return whether `other` may hold the transparency of `stream`: grey, and else alike."""
    alike = (other.width, other.height, other.frames, other.time_base) == (
        *(stream.width, stream.height, stream.frames, stream.time_base),
    )
    grey = other.codec_context is not None and (other.codec_context.pix_fmt or "")[:4] == "gray"
    return other.index != stream.index and alike and grey


def _bounded(decoder: av.VideoCodecContext, file: Source) -> av.VideoCodecContext:
    """Set up a decoder, and return it."""
    # Two threads: a server reads several clips at once. Threads by frame would answer late and
    # lose pictures behind a damaged one at the end.
    decoder.thread_count = 2
    decoder.thread_type = "SLICE"
    decoder.options = {"max_pixels": str(int(file.limits.side**2))}
    return decoder
