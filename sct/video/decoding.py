"""Decoding of the pictures of a file that are shown at the wanted times."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain

import av
import numpy as np

from sct.errors import ClipError
from sct.video.alpha import NOTE as TRANSPARENT
from sct.video.alpha import flattened
from sct.video.decoders import decoder_of
from sct.video.deinterlace import NOTE as INTERLACED
from sct.video.deinterlace import deinterlaced
from sct.video.elsewhere import Elsewhere
from sct.video.frames import FrameFormat, Keep
from sct.video.out_of_memory import no_memory
from sct.video.pictures import Pictures
from sct.video.sources import JPEG, Source, any_error_as
from sct.video.track import MOST_PACKETS, Track, open_video
from sct.video.webp import is_webp, sample_webp

_SEEK_FROM_S = 1.0  # an earlier start is cheaper to decode up to than to seek to
# Kinds of file and brands of MP4 that hold pictures, of which several may move.
_STILLS = ("gif", "apng", "ico", "msp")
_BRANDS = ("avif", "avis", "heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1", "miaf")
_SEVERAL = (
    b"MPF\0"  # a JPEG picture with more of the kind behind it: other views, brightness, depth
)
# Codecs whose decoders begin with any picture, whether or not they have what it builds on.
_BLIND = frozenset(
    "mpeg4 msmpeg4v1 msmpeg4v2 msmpeg4v3 wmv1 wmv2 h263 flv1 rv10 rv20 svq1".split()  # noqa: SIM905
)
_HELD = 30  # bytes a pixel, of up to twenty pictures that others are built on
_SEEK_AHEAD_S = 0.25  # pictures are stored up to a few frames off the order they are shown in


def decode(
    file: Source | Pictures | Elsewhere,
    wanted: list[float],
    short_side: int,
    keep: Keep | None = None,
) -> dict:
    """Decode the pictures of `file` that are shown at the `wanted` seconds.

    Args:
        file: the open source, or folder of pictures.
        wanted: seconds, rising.
        short_side: most pixels on the short side of a frame.
        keep: makes of a frame what is kept, as soon as it is here: so many large ones need no room.

    Returns:
        the fields of `sct.Clip` that come from the file: frames, times, width, height, fps,
        duration_s, rotation, codec, skipped, held.

    Raises:
        ClipError: the file is damaged, holds no video or exceeds a limit.
    """
    if isinstance(file, Elsewhere):
        found = file.sample(wanted, short_side)
        return {**found, "frames": np.stack([keep(f) for f in found["frames"]])} if keep else found
    if isinstance(file, Pictures):
        return file.sample(wanted, short_side, keep)
    head = file.head()
    if is_webp(head):
        with any_error_as(file.unreadable):
            return sample_webp(file, wanted, short_side, keep)
    if head.startswith(JPEG) and _SEVERAL in head:  # FFmpeg takes these for moving JPEGs
        raise file.still()
    # First by seeking; from the beginning if that proved unreliable; and with pictures that the
    # decoder calls damaged only if there are no others.
    starved = False
    for seek, damaged in ((True, False), (False, False), (False, True)):
        if seek and wanted[0] < _SEEK_FROM_S:
            continue
        with open_video(file) as (container, stream):
            if container.format.name == "mjpeg" and not head.startswith(JPEG):
                raise file.unreadable()  # a document with a JPEG picture somewhere in it
            one = _Pass(file, container, stream, damaged, keep)
            found = one.sample(wanted, short_side, seek)
            starved = starved or one.starved or not _room(one.pixels)
        if found is not None:
            return found
    if starved:
        raise no_memory()
    raise ClipError(
        f"No picture of {file.title} can be decoded: it is damaged, cut off or copy-protected."
    )


def _room(pixels: int) -> bool:
    """Say whether there is room for what a decoder holds of pictures of so many pixels.

    Not every decoder says that it found none: some call the pictures damaged.
    """
    try:
        np.empty(_HELD * pixels, np.uint8)  # not written to: it takes no memory, only its place
    except MemoryError:
        return False
    return True


class _Pass:
    """One pass through the pictures of an open file."""

    def __init__(
        self,
        file: Source,
        container: av.container.InputContainer,
        stream: av.VideoStream,
        damaged: bool,
        keep: Keep | None = None,
    ):
        self.file, self.keep = file, keep
        self.container = container
        self.damaged = damaged
        self.track = Track(file, container, stream)
        self.clock = self.track.clock
        self.codec = stream.codec_context.codec.canonical_name
        self.shown_until = 0.0  # second at which the latest picture met so far ends
        self.packets = self.skipped = 0
        self.starved = False  # whether memory ran out for a picture
        self.pixels = stream.width * stream.height
        self.begun = False  # whether a key picture was met, of a codec that needs one
        # What had to be assumed or converted, for `Clip.notes`.
        self.notes: list[str] = list(self.track.notes)
        self.format: FrameFormat | None = None
        file.limits.check_size(file.title, stream.width, stream.height)
        file.limits.check_duration(file.title, self.track.duration or 0.0)
        self.decoder = decoder_of(file, container, stream)

    def sample(self, wanted: list[float], short_side: int, seek: bool) -> dict | None:
        """Do as `decode`; None if this pass proved unreliable or met damaged pictures alone."""
        track, clock, title = self.track, self.clock, self.file.title
        if seek and not self._seek(wanted[0]):
            return None
        packets = self._packets()
        taken: list[tuple[np.ndarray, float]] = []
        before = shown = None  # the picture on show and since when, and the one before it
        first, count = 0.0, 0
        for picture, second in self._pictures(packets):
            far = shown is None and second > wanted[0] + clock.slack
            if seek and (far or clock.unsure or not clock.stamped):
                return None  # it went too far, or nobody knows where
            if shown is None:
                first = second
            else:
                until = bisect_left(wanted, second, key=lambda w, slack=clock.slack: w + slack)
                taken += self._take(shown, until - len(taken), short_side, before, picture)
                if len(taken) == len(wanted):
                    break
            before, shown, count = shown and shown[0], (picture, second), count + 1
        self.file.check()
        self._check_moves(count)
        if shown is None:
            if seek or self.skipped:
                return None
            raise ClipError(f"{title} has the header of a video, but no pictures in it.")
        if not taken:
            self._check_start(wanted[0])
        held = sum(self.end <= w + clock.slack for w in wanted[len(taken) :])
        taken += self._take(shown, len(wanted) - len(taken), short_side, before)
        duration = track.duration or self._measure(packets)
        if clock.joined:
            self.notes.append("The file's clock starts anew on the way: time goes on from there.")
        if clock.swapped:
            self.notes.append("Time stamps follow the order of storage: put into that of showing.")
        span = shown[1] - first
        width, height = self.format.upright
        return {
            "frames": np.stack([frame for frame, _ in taken]),
            "times": tuple(second for _, second in taken),
            "width": width,
            "height": height,
            "fps": track.rate or ((count - 1) / span if span > 0 else count / duration),
            "duration_s": duration,
            "rotation": self.format.quarters * 90,
            "codec": self.codec,
            "skipped": self.skipped,
            "held": held,
            "notes": tuple(dict.fromkeys(self.notes)),
        }

    def _take(
        self,
        shown: tuple[av.VideoFrame, float],
        times: int,
        short_side: int,
        before: av.VideoFrame | None,
        after: av.VideoFrame | None = None,
    ) -> list[tuple[np.ndarray, float]]:
        """Return the frame of the picture on show and the second it appeared, `times` times.

        `before` and `after` are the pictures shown before and after it, as far as they were met.
        """
        if times <= 0:
            return []
        picture, second = shown
        self.file.limits.check_size(self.file.title, picture.width, picture.height)
        if self.format is None:
            # The first picture decides: a video that changes size on the way stays one array.
            self.format = FrameFormat.of(picture, self.track.stream, short_side)
            self.notes += self.format.notes
        if picture.interlaced_frame:
            rebuilt = deinterlaced(before, picture, after, self.codec)
            self.notes += [INTERLACED] if rebuilt is not picture else []
            picture = rebuilt
        picture, transparent = flattened(picture, self.format.matrix, self.codec)
        self.notes += [TRANSPARENT] if transparent else []
        frame = self.format.frame(picture)
        return [(self.keep(frame) if self.keep else frame, max(second, 0.0))] * times

    def _pictures(self, packets: Iterator[av.Packet]) -> Iterator[tuple[av.VideoFrame, float]]:
        """Yield pictures in the order shown, and the seconds they appear; count damaged ones."""
        last = None
        for packet in chain(packets, [None]):  # None: what the decoder still holds back
            try:
                pictures = self.decoder.decode(packet)
            except av.FFmpegError as error:
                self.starved = self.starved or isinstance(error, MemoryError)
                if packet is not None and packet.size > 0:
                    self.skipped += 1
                    self.clock.lost(packet)
                continue
            for picture in pictures:
                # Some decoders make grey pictures out of differences to one that they never had.
                self.begun = self.begun or picture.key_frame or self.codec not in _BLIND
                bad = picture.is_corrupt or not self.begun
                self.skipped += bad
                if bad and not self.damaged:
                    continue
                length = self.clock.length(picture.duration)
                last = self.clock.second(picture, last, length)
                self.shown_until = max(self.shown_until, last + length)
                self.file.limits.check_duration(self.file.title, last)
                yield picture, last

    @property
    def end(self) -> float:
        """Second at which the latest picture met so far ends."""
        # Of a still only the header knows how long it lasts.
        still = self.track.still if self.packets == 1 and not self.track.rate else 0.0
        return max(self.shown_until, self.clock.end, still)

    def _packets(self) -> Iterator[av.Packet]:
        """Yield the packets of pictures, up to where FFmpeg finds no more, with stamps that run."""
        return self.clock.run(self._stored())

    def _stored(self) -> Iterator[av.Packet]:
        try:
            for packet in self.container.demux(self.track.stream):
                self.file.check()
                if packet.size > 0:
                    self._count(packet)
                yield packet
        except av.FFmpegError:  # damaged so that the rest cannot be told apart
            self.skipped += 1

    def _count(self, packet: av.Packet) -> None:
        self.packets += 1
        if self.packets > MOST_PACKETS:
            raise ClipError(f"{self.file.title} consists of too many pieces to be decoded.")
        if packet.has_sidedata("encryption_info"):  # decoded all the same it may give noise
            raise ClipError(f"{self.file.title} is copy-protected: its pictures are encrypted.")

    def _measure(self, packets: Iterator[av.Packet]) -> float:
        """Return the seconds of a video whose header does not say: where its last packet ends."""
        for _ in packets:
            pass
        self.file.check()
        self.file.limits.check_duration(self.file.title, self.end)
        return self.end

    def _check_moves(self, pictures: int | None = None) -> None:
        """Raise ClipError of a single picture in a file of a kind that is made for those.

        Of the stored pictures met so many could be decoded, as far as that is known.
        """
        name, brand = self.container.format.name, self.container.metadata.get("major_brand", "")
        if name.endswith("_pipe") or name == "mjpeg":  # a picture alone: zeros or so may follow it
            still = 1 in (self.packets, pictures)
        else:
            still = self.packets == 1 and pictures != 0
            still = still and (name in _STILLS or brand.strip() in _BRANDS)
        if still:
            raise self.file.still()

    def _check_start(self, second: float) -> None:
        """Raise ClipError if a start lies beyond the end met."""
        if second > 0 and self.end <= second + self.clock.slack:
            raise ClipError(
                f"{self.file.title} lasts {self.end:.3g} s, so a start at {second:g} s "
                "lies beyond its end."
            )

    def _seek(self, second: float) -> bool:
        """Seek to a little before a second; return whether that can be done."""
        track, clock = self.track, self.clock
        packets = self._packets()
        first = next(packets, None)
        if clock.counted or first is None:
            return False
        if track.duration is None and self.container.format.name == "mxf":
            return False  # without its index FFmpeg guesses places
        plain = track.duration and first.is_keyframe and first.pts == track.stream.start_time
        if plain and first.pts is not None:
            clock.origin = first.pts
        else:  # an AVI's start is a guess, and a recording may start amid pictures that are lost
            next(self._pictures(chain([first], packets)), None)
        if clock.origin is None:
            return False
        target = min(second, self.file.limits.minutes * 60) - _SEEK_AHEAD_S
        stamp = int(target / clock.tick) + clock.origin
        place, offset = None, 0  # where to go in the file's bytes
        if track.duration is None:
            for packet in packets:
                if packet.is_keyframe and packet.pts is not None and packet.pts <= stamp:
                    place, offset = packet.pos, clock.offset
            track.duration = self.shown_until = self._measure(packets)
            self._check_moves()
            self._check_start(second)
        if clock.joined and (place is None or self.container.format.name != "mpegts"):
            return False  # stamps do not tell places apart
        try:
            if clock.joined:
                self.container.seek(place, stream=track.stream, unsupported_byte_offset=True)
            else:
                self.container.seek(stamp, stream=track.stream)
        except av.FFmpegError:
            return False
        clock.restart(offset)
        self.skipped, self.begun = 0, False
        return True
