"""The time of a video track: stamps become seconds since its first picture, in one run."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

import av

_GAP_S = 10.0  # a longer leap of a broadcast's clock is a new clock (FFmpeg's and players' bound)
_DRIFT_S = 0.25  # counted pictures may be off sparse stamps by this much before those win


class Clock:
    """The clock of one video track, through which its packets pass on their way to the decoder.

    Packets get stamps that run on where the file's own start anew, as they do where files were
    joined end to end; without stamps, packets are counted. Pictures carry them to `second`.

    Args:
        tick: seconds that stamps count in; 0 if unknown.
        length: seconds of a picture that does not say.
        counted: count packets: the format has no stamps of its own, or
        sparse: it has too few; a count that drifts away from those is set by them.
        leaps: the format's stamps may leap (as broadcasts do) without time having passed.
        in_turn: the stamps are right, but on the wrong pictures: hand them out in rising order.

    Attributes:
        origin: stamp of the first picture; None until it is known.
        joined: whether a clock that starts anew was met.
        stamped: whether all pictures so far had a stamp.
        disordered: whether a picture was stamped earlier than the one shown before it.
    """

    def __init__(
        self,
        tick: float,
        length: float,
        *,
        counted: bool = False,
        sparse: bool = False,
        leaps: bool = False,
        in_turn: bool = False,
    ):
        self.tick = tick
        self.counted = counted or sparse
        self.in_turn = counted or sparse or in_turn
        self._length = length
        self._drift = _DRIFT_S if sparse else math.inf
        self._leaps = leaps
        self.origin: int | None = None
        self.joined = self.disordered = False
        self.stamped = True
        self._offset = 0  # from the file's stamps to those that run on
        self._end: int | None = None  # latest end of a packet, on the clock that runs on
        self._loose = 0  # ticks of the packets without a stamp that follow it
        self.restart()

    def restart(self) -> None:
        """Forget the stamps met so far: packets go on from another place of the file."""
        self._latest: dict[str, int | None] = {"dts": None, "pts": None}
        self._waiting: list[int] = []  # stamps of packets whose pictures were not shown yet

    @property
    def slack(self) -> float:
        """Seconds by which a stamp may be late: half a tick, as stamps are rounded to ticks."""
        return min(self.tick / 2, 1e-3)

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
        stamp = self._turn(picture) if self.in_turn else picture.pts
        if stamp is None:
            self.stamped = False
            return 0.0 if last is None else last + length
        if self.origin is None:
            self.origin = stamp
        second = (stamp - self.origin) * self.tick
        if last is not None and second < last:
            # The stamp is wrong, the order of the pictures is not.
            self.disordered = True
            return last
        return second

    def _turn(self, picture: av.VideoFrame) -> int | None:
        """Return the earliest stamp that waits: it belongs to whatever is shown next."""
        if picture.pts is None or not self._waiting:
            return picture.pts
        if picture.key_frame:  # nothing older follows a key picture: what still waits was lost
            while self._waiting[0] < picture.pts:
                heapq.heappop(self._waiting)
        return heapq.heappop(self._waiting)

    def _stamp(self, packet: av.Packet, following: av.Packet | None) -> av.Packet:
        if not packet.size or not self.tick:
            return packet
        if math.isfinite(self._drift) or not self.counted:
            self._run_on(packet, following)
        stamp = packet.dts if self.counted or packet.pts is None else packet.pts
        if stamp is not None:
            stamp += self._offset
        duration = packet.duration
        if self.counted:
            if self._end is None:
                duration = 0  # FFmpeg guessed it before it had seen the rate
                stamp = stamp or 0
            elif stamp is None or (stamp - self._end) * self.tick <= self._drift:
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
        if self.in_turn:
            heapq.heappush(self._waiting, packet.pts)
        end = packet.pts + length
        self._end, self._loose = end if self._end is None else max(self._end, end), 0

    def _run_on(self, packet: av.Packet, following: av.Packet | None) -> None:
        """Move the offset if the file's clock starts anew here; drop a stamp that is a slip."""
        leap = self._leap(packet, packet.is_keyframe)
        if leap and following is not None and following.size:
            stays = self._leap(following, packet.is_keyframe) == leap
        else:
            stays = leap > 0  # nothing follows that could say
        if leap > 0 and not stays:  # a slip: the next packet is back where time was
            packet.pts = packet.dts = None
            return
        stamp = packet.dts if packet.pts is None else packet.pts
        if stays and (leap < 0 or self._leaps) and None not in (stamp, self._end):
            self._offset = self._end - stamp
            self.joined = True
            self._latest = {"dts": None, "pts": None}
        for kind, latest in self._latest.items():
            stamp = getattr(packet, kind)
            if stamp is not None and (latest is None or stamp > latest):
                self._latest[kind] = stamp

    def _leap(self, packet: av.Packet, key: bool) -> int:
        """Return -1 where a packet's stamps lie before those met so far, 1 if far behind, else 0.

        Packets rise in the order of decoding; by that of showing, only key pictures (`key`) do.
        """
        for kind, latest in self._latest.items():
            stamp = getattr(packet, kind)
            if stamp is None or latest is None:
                continue
            ahead = (stamp - latest) * self.tick
            if kind == "dts" and ahead > _GAP_S:
                return 1
            if ahead < -2 * self._length and (kind == "dts" or key):
                return -1
        return 0
