"""The time of a video track: stamps become seconds since its first picture, in one run."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import av

_GAP_S = 10.0  # a longer leap of a broadcast's clock is a new clock (FFmpeg's and players' bound)
_HOLD_S = 3600.0  # in other formats a picture may be held for so long (players' bound)
_MOST_REORDERED = 16  # pictures that the codecs allow between storing and showing
_DRIFT_S = 0.25  # counted pictures may be off sparse stamps by this much before those win


class Clock:
    """The clock of one video track, through which its packets pass on their way to the decoder.

    Packets get stamps that run on where the file's own start anew, as they do where files were
    joined end to end; without stamps, packets are counted. Pictures carry them to `second`.

    Args:
        tick: seconds that stamps count in; 0 if unknown.
        length: seconds of a picture that does not say.
        decoder: of the pictures; it knows whether they are stored in another order than shown.
        counted: count packets: the format has no stamps of its own, or
        sparse: it has too few; a count that lags behind those is set by them.
        stored: the format has stamps of the order stored alone.
        leaps: a leap of the stamps by seconds is a new clock (a broadcast's), not a long picture.

    Attributes:
        origin: stamp of the first picture; None until it is known.
        joined: whether a clock that starts anew was met.
        swapped: whether stamps were on the wrong pictures: in the order stored, not in that shown.
        stamped: whether all pictures so far had a stamp.
        offset: from the file's stamps to those that run on, as of the last packet.
    """

    def __init__(
        self,
        tick: float,
        length: float,
        decoder: av.VideoCodecContext,
        *,
        counted: bool = False,
        sparse: bool = False,
        leaps: bool = False,
        stored: bool = False,
    ):
        self.tick = tick
        self.counted = counted or sparse
        self._length = length
        self._decoder = decoder
        self._sparse = sparse
        self._leaps = leaps
        self._stored = stored
        self._reordered = False  # whether stamps know of an order of showing
        self.origin: int | None = None
        self.joined = self.swapped = False
        self.stamped = True
        self.restart(0)

    def restart(self, offset: int) -> None:
        """Forget the stamps met so far: packets go on from a place where `offset` was this."""
        self.offset = offset
        self._end: int | None = None  # latest end of a packet, on the clock that runs on
        self._loose = 0  # ticks of the packets without a stamp that follow it
        self._latest: dict[str, int | None] = {"dts": None, "pts": None}
        self._newest: int | None = None
        self._waits: set[int | None] = set()  # ticks from decoding to showing
        self._waiting: list[int] = []  # stamps of packets whose pictures were not shown yet

    @property
    def unsure(self) -> bool:
        """Whether stamps may be on the wrong pictures, which is only mended from the beginning."""
        rises = self._decoder.has_b_frames and not self._reordered and len(self._waits) <= 1
        return bool(rises and (self._stored or self._waits == {0}))

    @property
    def slack(self) -> float:
        """Seconds by which a stamp may be late: a tick, as it and the first one are rounded."""
        return min(self.tick, 1e-3)

    @property
    def end(self) -> float:
        """Second at which the last packet met so far ends; 0 if nothing tells."""
        if self._end is None or self.origin is None:
            return self._loose * self.tick
        return (self._end + self._loose - self.origin) * self.tick

    def length(self, duration: int | None) -> float:
        """Return the seconds of a picture whose duration in ticks is given, if at all."""
        return (duration or 0) * self.tick or self._length

    def run(self, packets: Iterator[av.Packet]) -> Iterator[av.Packet]:
        """Yield the packets with stamps that run on, each after a look at the one behind it."""
        packet = None
        for following in packets:
            if packet is not None:
                yield self._stamp(packet, following)
            packet = following
        if packet is not None:
            yield self._stamp(packet, None)

    def second(self, picture: av.VideoFrame, last: float | None, length: float) -> float:
        """Return the second at which a picture appears.

        Args:
            picture: pictures have to come one after the other, in the order shown.
            last: second of the picture before, None of the first.
            length: seconds of the picture before, which tells where one without a stamp is.
        """
        stamp = self._turn(picture)
        if stamp is None:
            self.stamped = False
            return 0.0 if last is None else last + length
        if self.origin is None:  # a few pictures before it may lack a stamp
            self.origin = stamp - round((0 if last is None else last + length) / self.tick)
        second = (stamp - self.origin) * self.tick
        # Stamps that run backwards are wrong; the order of the pictures is not.
        return second if last is None else max(last, second)

    def lost(self, packet: av.Packet) -> None:
        """Take note that no picture comes of a packet that `run` yielded."""
        if packet.pts in self._waiting:
            self._waiting.remove(packet.pts)
            heapq.heapify(self._waiting)

    def _turn(self, picture: av.VideoFrame) -> int | None:
        """Return a picture's stamp, or, where stamps only rise, the earliest one that waits.

        Pictures are shown in another order than stored. Stamps that rise from packet to packet all
        the same tell the order stored (in AVI there are no others, nor where packets are counted).
        """
        own, reorders = picture.pts, self._decoder.has_b_frames
        if self._reordered or own is None:
            return own
        if picture.key_frame or not reorders:  # nothing older follows: what still waits was lost
            while self._waiting and self._waiting[0] < own:
                heapq.heappop(self._waiting)
        stamp = heapq.heappop(self._waiting) if self._waiting else own
        self.swapped |= stamp != own and not self.counted
        return stamp

    def _stamp(self, packet: av.Packet, following: av.Packet | None) -> av.Packet:
        if not packet.size or not self.tick:
            return packet
        # What is decoded for others' sake alone lies before the cut that an edit list made.
        if (self._sparse or not self.counted) and not packet.is_discard:
            self._run_on(packet, following)
        if packet.dts is not None and len(self._waits) < 2:
            self._waits.add(0 if packet.pts is None else packet.pts - packet.dts)
        stamp = packet.dts if self.counted or packet.pts is None else packet.pts
        if stamp is not None:
            stamp += self.offset
        duration = packet.duration
        if self.counted:
            first = self._end is None
            # Without stamps FFmpeg does not know the first one's duration yet, nor the last one's.
            odd = first or (duration or 0) * self.tick < 0.4 * self._length
            duration = 0 if odd and not self._sparse else duration
            if first:
                stamp = stamp or 0
            elif not (self._sparse and stamp and (stamp - self._end) * self.tick > _DRIFT_S):
                stamp = self._end
        packet.pts, packet.dts = stamp, None  # a decoder has no use for the latter
        self._extend(packet, duration)
        return packet

    def _extend(self, packet: av.Packet, duration: int | None) -> None:
        """Take note of where a packet ends."""
        if packet.is_discard:  # decoded for others' sake, never shown
            return
        length = round(self.length(duration) / self.tick)
        if packet.pts is None:
            self._loose += length
            return
        self._reordered |= self._newest is not None and packet.pts < self._newest
        self._newest = packet.pts
        if not self._reordered:
            heapq.heappush(self._waiting, packet.pts)
        end = packet.pts + length
        self._end, self._loose = end if self._end is None else max(self._end, end), 0

    def _run_on(self, packet: av.Packet, following: av.Packet | None) -> None:
        """Move the offset if the file's clock starts anew here; drop a stamp that is a slip."""
        leap = self._leap(packet, packet.is_keyframe)
        if leap and following is not None and following.size:
            stays = self._leap(following, packet.is_keyframe) == leap
        else:
            stays = leap == 1  # nothing follows that could say
        far = False  # from where it is decoded: no B-frame waits for so long
        if None not in (packet.pts, packet.dts):
            bound = _GAP_S if self._leaps else _HOLD_S
            far = abs(packet.pts - packet.dts) * self.tick > bound
        if far or (leap > 0 and not stays):  # a slip: the next packet is back where time was
            packet.pts = packet.dts = None
            return
        stamp = packet.dts if packet.pts is None else packet.pts
        if stays and (leap != 1 or self._leaps) and None not in (stamp, self._end):
            self.offset = self._end - stamp
            self.joined = True
            self._latest = {"dts": None, "pts": None}
        # Nothing is shown before it is decoded: such a stamp of decoding is from the clock before.
        old = None not in (packet.pts, packet.dts) and packet.dts > packet.pts
        for kind, latest in self._latest.items():
            stamp = None if old and kind == "dts" else getattr(packet, kind)
            if stamp is not None and (latest is None or stamp > latest):
                self._latest[kind] = stamp

    def _leap(self, packet: av.Packet, key: bool) -> int:
        """Return -1 where a packet's stamps lie before those met so far, 1 or 2 if far behind.

        Packets rise in the order of decoding; by that of showing, only key pictures (`key`) do.
        """
        for kind, latest in self._latest.items():
            stamp = getattr(packet, kind)
            if stamp is None or latest is None:
                continue
            ahead = (stamp - latest) * self.tick
            if kind == "dts" and ahead > _GAP_S:
                return 1 if ahead < _HOLD_S else 2
            # Where FFmpeg copies stamps of showing to those of decoding they go back, but not far.
            back = (2 if key else _MOST_REORDERED) * self._length
            if ahead < -back and (kind == "dts" or key):
                return -1
        return 0
