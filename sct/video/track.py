"""Finds the video track of a file, and turns its time stamps into seconds."""

from __future__ import annotations

import math

import av

from sct.errors import ClipError
from sct.video.sources import Source

_USUAL_RATE = 25.0  # pictures a second of a track that does not say


class Track:
    """The video track of an open file, and what its header says.

    Attributes:
        stream: of the container.
        tick: seconds that stamps count in; 0 if unknown.
        rate: pictures a second; None if the header does not say or cannot mean it.
        duration: seconds; None if the header does not say.
        origin: second of the first picture; None until it is known.
        stamped: whether all pictures so far had a stamp.
    """

    def __init__(self, file: Source, container: av.container.InputContainer):
        self.stream = stream = _first_video(file, container)
        self.tick = float(stream.time_base or 0)
        self.rate = next(
            (float(r) for r in (stream.average_rate, stream.guessed_rate) if _plausible(r)), None
        )
        self.duration = None
        if stream.duration and stream.duration > 0 and self.tick > 0:
            self.duration = stream.duration * self.tick
        elif container.duration and container.duration > 0:
            self.duration = container.duration / av.time_base
        self.origin = None if stream.start_time is None else stream.start_time * self.tick
        self.stamped = True
        # Presentation stamps may be wrong (AVI only knows the order of decoding): of the stamps of
        # presentation and of decoding, the latest, and how often each ran backwards.
        self._latest = [-math.inf, -math.inf]
        self._faults = [0, 0]

    @property
    def slack(self) -> float:
        """Seconds by which a stamp may be late: half a tick, as stamps are rounded to ticks."""
        return min(self.tick / 2, 1e-3)

    def length(self, duration: int | None) -> float:
        """Return the seconds of a picture whose duration in ticks is given, if at all."""
        return (duration or 0) * self.tick or 1 / (self.rate or _USUAL_RATE)

    def second(self, picture: av.VideoFrame, last: float | None, length: float) -> float:
        """Return the second at which a picture appears.

        Args:
            picture: pictures have to come one after the other, in the order shown.
            last: second of the picture before, None of the first.
            length: seconds of the picture, which tells its second where it has no stamp.
        """
        stamp = self._stamp(picture)
        if stamp is None:
            self.stamped = False
            second = 0.0 if last is None else last + length
        else:
            if self.origin is None:
                self.origin = stamp * self.tick
            second = stamp * self.tick - self.origin
        # Stamps that run backwards are wrong; the order of the pictures is not.
        return second if last is None else max(last, second)

    def _stamp(self, picture: av.VideoFrame) -> int | None:
        """Return the stamp of showing, unless it ran backwards more often than that of decoding."""
        stamps = picture.pts, picture.dts
        for i, stamp in enumerate(stamps):
            if stamp is not None:
                self._faults[i] += stamp <= self._latest[i]
                self._latest[i] = stamp
        shown, decoded = stamps
        if shown is None or (decoded is not None and self._faults[0] > self._faults[1]):
            return decoded
        return shown

    def end_of(self, packet: av.Packet) -> float:
        """Return the second at which a packet ends; 0 if nothing tells."""
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None or self.origin is None:
            return 0.0
        return stamp * self.tick - self.origin + self.length(packet.duration)


def _plausible(rate: object) -> bool:
    return bool(rate) and 0.01 <= rate <= 480


def _first_video(file: Source, container: av.container.InputContainer) -> av.VideoStream:
    """Return the first stream of moving pictures; a cover picture is not one. Raises ClipError."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if not s.disposition & covers]
    for stream in streams:
        if stream.codec_context is not None:
            return stream
    if streams:
        raise ClipError(f"The pictures of {file.title} are coded in a way that is not known here.")
    what = "only sound" if container.streams.audio else "no video"
    raise ClipError(f"{file.title} holds {what}; a clip needs moving pictures.")
