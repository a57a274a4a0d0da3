"""Finds the video track of a file, and what its header may be believed of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import av

from sct.errors import ClipError
from sct.video.clock import Clock
from sct.video.sources import Source, any_error_as, open_container

MOST_PACKETS = 500_000
_USUAL_RATE = 25.0  # pictures a second of a track that does not say
_Flags = av.format.Flags


class Track:
    """The video track of an open file, and what its header says.

    Args:
        file: the open source.
        container: where FFmpeg has it open.
        stream: of the container, as `open_video` chose it.

    Attributes:
        stream: of the container.
        clock: turns stamps into seconds.
        rate: pictures a second; None if the header does not say or cannot mean it.
        duration: seconds; None where the header does not say or may not be believed.
        still: seconds that a single picture is shown for, as far as the header says; else 0.
        notes: sentences on what had to be assumed.
    """

    def __init__(
        self, file: Source, container: av.container.InputContainer, stream: av.VideoStream
    ):
        self.stream = stream
        self.notes: list[str] = []
        flags = container.format.flags
        # PNG and other pictures end to end have no stamps either, though FFmpeg makes up some.
        raw = bool(flags & _Flags.no_timestamps.value) or container.format.name.endswith("_pipe")
        sparse = container.format.name == "mpeg"  # MPEG program streams, as on DVDs
        # FFmpeg's average is its own assumption where there are no stamps, and a guess in between.
        stated, measured = (
            [stream.codec_context.framerate],
            [stream.average_rate, stream.guessed_rate],
        )
        rates = stated if raw else stated + measured if sparse else measured + stated
        self.rate = next((float(r) for r in rates if _plausible(r)), None)
        if raw:
            said = "as its pictures say" if self.rate else "assumed"
            self.rate = self.rate or _USUAL_RATE
            self.notes.append(
                f"No time stamps: pictures are counted, {self.rate:.4g} a second {said}."
            )
        tracks = [s.index for s in _moving(file, container)]
        if len(tracks) > 1:
            number = 1 + tracks.index(stream.index)
            self.notes.append(f"Of {len(tracks)} video tracks, number {number} is read.")
        tick = float(stream.time_base or 0)
        self.clock = Clock(
            tick,
            1 / (self.rate or _USUAL_RATE),
            stream.codec_context,
            counted=raw,
            sparse=sparse,
            leaps=bool(flags & _Flags.ts_discont.value),
            stored=container.format.name == "avi",
        )
        self.duration = stream.duration * tick if _indexed(stream, file.size) else None
        claimed = (stream.duration or 0) * tick or (container.duration or 0) / av.time_base
        self.still = 0.0 if container.streams.audio else claimed


def _plausible(rate: object) -> bool:
    return bool(rate) and 0.01 <= rate <= 480


def _indexed(stream: av.VideoStream, size: int) -> bool:
    """Return whether an index of all pictures in the file's `size` bytes bears out the duration.

    Other durations are often those of the sound, or count from another start, or are estimates.
    """
    entries = stream.index_entries
    if not (stream.frames and stream.frames == len(entries) and (stream.duration or 0) > 0):
        return False
    first, last = entries[0], entries[len(entries) - 1]
    span = last.timestamp - first.timestamp
    return last.pos + last.size <= size and span < stream.duration


@contextmanager
def open_video(file: Source) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """Open a source, and choose among its video tracks.

    Moving pictures come before a still, the track that is flagged as default before others, then
    the one with more pictures, then the larger. Raises ClipError if there is none.
    """
    with any_error_as(file.unreadable), open_container(file) as container:  # it is the file's fault
        streams = _moving(file, container)
        counts = {s.index: s.frames for s in streams}
        known = len(streams) == 1 or all(counts.values())
        if not known:
            counts = _count(file, container, streams)
        chosen = max(streams, key=lambda s: _rank(s, counts[s.index])).index
        if known:
            yield container, container.streams[chosen]
            return
    with any_error_as(file.unreadable), open_container(file) as container:
        yield container, container.streams[chosen]


def _rank(stream: av.VideoStream, count: int) -> tuple:
    default = bool(stream.disposition & av.stream.Disposition.default)
    return count != 1, default, count, stream.width * stream.height


def _count(file: Source, container: av.container.InputContainer, streams: list) -> Counter:
    """Return how many packets each of some streams has: their headers do not say."""
    counts: Counter = Counter()
    try:
        for packet in container.demux(streams):
            file.check()
            counts[packet.stream_index] += packet.size > 0
            if counts.total() > MOST_PACKETS:
                break
    except av.FFmpegError:  # damaged from here on
        pass
    return counts


def _moving(file: Source, container: av.container.InputContainer) -> list[av.VideoStream]:
    """Return the streams of moving pictures; a cover picture is not one. Raises ClipError."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if not s.disposition & covers]
    known = [s for s in streams if s.codec_context is not None]
    if known:
        return known
    if streams:
        raise ClipError(f"The pictures of {file.title} are coded in a way that is not known here.")
    what = "only sound" if container.streams.audio else "no video"
    raise ClipError(f"{file.title} holds {what}; a clip needs moving pictures.")
