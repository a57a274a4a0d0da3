"""Decoding: which pictures of a file are shown at the wanted times, upright and of bounded size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import av
import numpy as np
from av.video.reformatter import Interpolation

from sct.errors import ClipError
from sct.video.sources import Source, open_container

_LONGEST = 4  # a kept picture is at most this many times `short_side` long
_SEEK_FROM_S = 1.0  # an earlier start is cheaper to decode up to than to seek to
_SEEK_AHEAD_S = 0.25  # pictures are stored up to a few frames off the order they are shown in
_MOST_PACKETS = 500_000


def decode(file: Source, wanted: list[float], short_side: int) -> dict:
    """The pictures of `file` at the `wanted` seconds (rising), and facts of the video.

    Returns the fields of `sct.Clip` that come from the file: frames, times, width, height,
    fps, duration_s, rotation, codec, skipped, held. Raises ClipError.
    """
    # First by seeking; from the beginning if that proved unreliable; and with pictures that the
    # decoder calls damaged only if there are no others.
    for seek, damaged in ((True, False), (False, False), (False, True)):
        if seek and wanted[0] < _SEEK_FROM_S:
            continue
        with open_container(file) as container:
            found = _Run(file, container, damaged).sample(wanted, short_side, seek)
        if found is not None:
            return found
    raise ClipError(
        f"No picture of {file.title} can be decoded: it is damaged, cut off or copy-protected."
    )


class _Run:
    """One pass through the pictures of an open file."""

    def __init__(self, file: Source, container: av.container.InputContainer, damaged: bool):
        self.file = file
        self.container = container
        self.damaged = damaged
        self.stream = stream = _video_stream(file, container)
        self.tick = float(stream.time_base or 0)
        self.rate = _rate(stream)
        self.origin = None if stream.start_time is None else stream.start_time * self.tick
        self.duration = _declared_duration(container, stream, self.tick)
        self.end = 0.0  # second at which the latest picture met so far ends
        self.stamped = True
        self.stamps = _Stamps()
        self.packets = self.skipped = 0
        self.look: _Look | None = None
        self._check_size(stream.width, stream.height)
        self._check_duration(self.duration or 0.0)
        # Two threads: a server reads several clips at once. Threads by frame would answer late and
        # lose pictures behind a damaged one at the end.
        stream.codec_context.thread_count = 2
        stream.thread_type = "SLICE"
        stream.codec_context.options = {"max_pixels": str(int(file.limits.side**2))}

    def sample(self, wanted: list[float], short_side: int, seek: bool) -> dict | None:
        """See `decode`. None if this pass proved unreliable or met damaged pictures alone."""
        if seek and not self._seek(wanted[0]):
            return None
        # Stamps are rounded to ticks: half a tick late is in time.
        slack = min(self.tick / 2, 1e-3)
        packets = self._packets()
        taken: list[tuple[np.ndarray, float]] = []
        shown = None  # the picture on show, and since when
        first, count = 0.0, 0
        for picture, second in self._pictures(packets):
            if seek and (not self.stamped or (shown is None and second > wanted[0] + slack)):
                return None  # nobody knows where the seek went, or it went too far
            if shown is None:
                first = second
            else:
                until = sum(w + slack < second for w in wanted)
                taken += self._take(shown, until - len(taken), short_side)
                if len(taken) == len(wanted):
                    break
            shown, count = (picture, second), count + 1
        self.file.check()
        if shown is None:
            if seek or self.skipped:
                return None
            raise ClipError(f"{self.file.title} has the header of a video, but no pictures in it.")
        if count == 1 and not self.rate:  # a still picture: only the header knows how long it lasts
            self.end = max(self.end, self.duration or 0.0)
        if not taken and wanted[0] > 0 and self.end <= wanted[0] + slack:
            raise ClipError(
                f"{self.file.title} lasts {self.end:.3g} s, so a start at {wanted[0]:g} s "
                "lies beyond its end."
            )

        held = sum(self.end <= w + slack for w in wanted[len(taken) :])
        taken += self._take(shown, len(wanted) - len(taken), short_side)
        duration = self.duration or self._measure(packets)
        span = shown[1] - first
        look = self.look
        return {
            "frames": np.stack([pixels for pixels, _ in taken]),
            "times": tuple(second for _, second in taken),
            "width": look.shown[look.quarters % 2],
            "height": look.shown[1 - look.quarters % 2],
            "fps": self.rate or ((count - 1) / span if span > 0 else count / duration),
            "duration_s": duration,
            "rotation": look.quarters * 90,
            "codec": self.stream.codec_context.codec.canonical_name,
            "skipped": self.skipped,
            "held": held,
        }

    def _take(self, shown: tuple, times: int, short_side: int) -> list[tuple[np.ndarray, float]]:
        """The picture on show as upright RGB and the second it appeared, `times` times."""
        if times <= 0:
            return []
        picture, second = shown
        self._check_size(picture.width, picture.height)
        # The first picture decides: a video that changes size on the way stays one array.
        look = self.look = self.look or _Look.of(picture, self.stream, short_side)
        return [(look.pixels(picture), max(second, 0.0))] * times

    def _pictures(self, packets: Iterator[av.Packet]) -> Iterator[tuple[av.VideoFrame, float]]:
        """Pictures in the order shown, with the second each appears; damaged ones are counted."""
        last = None
        decoder = self.stream.codec_context
        for packet in chain(packets, [None]):  # None: what the decoder still holds back
            try:
                pictures = decoder.decode(packet)
            except av.FFmpegError:
                self.skipped += packet is not None and packet.size > 0
                continue
            for picture in pictures:
                self.skipped += picture.is_corrupt
                if picture.is_corrupt and not self.damaged:
                    continue
                stamp = self.stamps.best(picture)
                length = picture.duration * self.tick or 1 / (self.rate or 25.0)
                if stamp is None:
                    self.stamped = False
                    second = 0.0 if last is None else last + length
                else:
                    if self.origin is None:
                        self.origin = stamp * self.tick
                    second = stamp * self.tick - self.origin
                # Stamps that run backwards are wrong; the order of the pictures is not.
                last = second if last is None else max(last, second)
                self.end = max(self.end, last + length)
                self._check_duration(last)
                yield picture, last

    def _packets(self) -> Iterator[av.Packet]:
        """The file's packets of pictures, up to where FFmpeg finds no more."""
        try:
            for packet in self.container.demux(self.stream):
                self.file.check()
                if packet.size > 0:
                    self._count(packet)
                yield packet
        except av.FFmpegError:  # damaged so that the rest cannot be told apart
            self.skipped += 1

    def _count(self, packet: av.Packet) -> None:
        self.packets += 1
        if self.packets > _MOST_PACKETS:
            raise ClipError(f"{self.file.title} consists of too many pieces to be decoded.")
        if packet.has_sidedata("encryption_info"):  # decoded all the same it may give noise
            raise ClipError(f"{self.file.title} is copy-protected: its pictures are encrypted.")
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and self.origin is not None:
            length = (packet.duration or 0) * self.tick or 1 / (self.rate or 25.0)
            self.end = max(self.end, stamp * self.tick - self.origin + length)

    def _measure(self, packets: Iterator[av.Packet]) -> float:
        """Seconds of a video whose header does not say: where its last packet ends."""
        for _ in packets:
            self._check_duration(self.end)
        self.file.check()
        return self.end

    def _seek(self, second: float) -> bool:
        target = min(second, self.file.limits.minutes * 60) - _SEEK_AHEAD_S
        if self.origin is None or not self.tick:
            return False
        try:
            self.container.seek(int((target + self.origin) / self.tick), stream=self.stream)
        except av.FFmpegError:
            return False
        return True

    def _check_size(self, width: int, height: int) -> None:
        most = self.file.limits.side
        if max(width, height) > most:
            raise ClipError(
                f"{self.file.title} is {width} x {height} pixels; "
                f"at most {most:g} a side are accepted (SCT_MAX_SIDE)."
            )

    def _check_duration(self, seconds: float) -> None:
        most = self.file.limits.minutes
        if seconds > most * 60:
            raise ClipError(
                f"{self.file.title} lasts {seconds / 60:.1f} minutes; "
                f"at most {most:g} are accepted (SCT_MAX_MINUTES)."
            )


class _Stamps:
    """Which of a picture's two stamps to trust: AVI, for one, only knows the order of decoding."""

    def __init__(self) -> None:
        self.last = [-math.inf, -math.inf]
        self.faults = [0, 0]

    def best(self, picture: av.VideoFrame) -> int | None:
        """The stamp of showing, unless it has run backwards more often than that of decoding."""
        stamps = picture.pts, picture.dts
        for i, stamp in enumerate(stamps):
            if stamp is not None:
                self.faults[i] += stamp <= self.last[i]
                self.last[i] = stamp
        shown, decoded = stamps
        if shown is None or (decoded is not None and self.faults[0] > self.faults[1]):
            return decoded
        return shown


@dataclass(frozen=True)
class _Look:
    """How the pictures of one video become upright RGB frames of square pixels."""

    shown: tuple[int, int]  # width, height in square pixels, before turning
    kept: tuple[int, int]  # the same, shrunk
    quarters: int  # clockwise quarter turns
    mirrored: bool  # left and right change places after turning

    @classmethod
    def of(cls, picture: av.VideoFrame, stream: av.VideoStream, short_side: int) -> _Look:
        aspect = float(stream.sample_aspect_ratio or 1)
        if not 0.25 <= aspect <= 4:  # beyond that it is a mistake
            aspect = 1.0
        width, height = max(1, round(picture.width * aspect)), picture.height
        scale = min(1, short_side / min(width, height), _LONGEST * short_side / max(width, height))
        kept = max(1, round(width * scale)), max(1, round(height * scale))
        return cls((width, height), kept, *_orientation(picture))

    def pixels(self, picture: av.VideoFrame) -> np.ndarray:
        """uint8 (H, W, 3)."""
        width, height = self.kept
        shrinks = width * height < picture.width * picture.height
        method = Interpolation.AREA if shrinks else Interpolation.BILINEAR
        rgb = picture.reformat(
            width=width,
            height=height,
            format="rgb24",
            interpolation=method | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
            src_color_range=picture.color_range,
            threads=1,
        ).to_ndarray()
        rgb = np.rot90(rgb, -self.quarters)
        return rgb[:, ::-1] if self.mirrored else rgb


def _orientation(picture: av.VideoFrame) -> tuple[int, bool]:
    """Clockwise quarter turns, then mirroring, that the file asks a player to apply."""
    try:
        matrix = np.frombuffer(bytes(picture.side_data["DISPLAYMATRIX"]), np.int32)
        a, b, _, c, d = (int(v) for v in matrix[:5])
    except (KeyError, ValueError):  # ValueError: PyAV does not know some other side data's type
        # `rotation` is counterclockwise and knows no mirroring.
        return round(-picture.rotation / 90) % 4, False
    # Columns move by (a, b), rows by (c, d); mirroring left and right is undone first.
    mirrored = a * d - b * c < 0
    if mirrored:
        a, c = -a, -c
    if not (a or b):
        return 0, False
    return round(math.degrees(math.atan2(b, a)) / 90) % 4, mirrored


def _video_stream(file: Source, container: av.container.InputContainer) -> av.VideoStream:
    """The first stream of moving pictures: a cover picture is not one."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if not s.disposition & covers]
    for stream in streams:
        if stream.codec_context is not None:
            return stream
    if streams:
        raise ClipError(f"The pictures of {file.title} are coded in a way that is not known here.")
    what = "only sound" if container.streams.audio else "no video"
    raise ClipError(f"{file.title} holds {what}; a clip needs moving pictures.")


def _rate(stream: av.VideoStream) -> float | None:
    """Pictures a second as the file has it, None if it does not say or cannot mean it."""
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and 0.01 <= rate <= 480:
            return float(rate)
    return None


def _declared_duration(
    container: av.container.InputContainer, stream: av.VideoStream, tick: float
) -> float | None:
    if stream.duration and stream.duration > 0 and tick > 0:
        return stream.duration * tick
    if container.duration and container.duration > 0:
        return container.duration / av.time_base
    return None
