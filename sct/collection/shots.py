"""Cuts a video's frames into windows, none of which reaches over a cut where that can be.

Cuts are found by PySceneDetect's adaptive detector, which is fed with the small frames that the
model sees: nothing is decoded for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_WIDTH = 2  # frames before and after, which a change has to stand out from
_SHORTEST = 3  # frames from cut to cut


class Cuts:
    """Finds the frames that begin a shot, in frames that come one after the other.

    Args:
        stride: seconds from frame to frame.
    """

    def __init__(self, stride: float):
        from scenedetect import FrameTimecode  # late: it takes a fourth of a second
        from scenedetect.detectors import AdaptiveDetector

        self._time = lambda place: FrameTimecode(place, fps=1 / stride)
        self._detector = AdaptiveDetector(window_width=_WIDTH, min_scene_len=_SHORTEST)
        self._last: np.ndarray | None = None
        self._fed = 0

    @property
    def known(self) -> int:
        """Return below which frame all cuts are known."""
        return max(0, self._fed - 2 * _WIDTH)

    def feed(self, frame: np.ndarray) -> list[int]:
        """Take the next frame, uint8 (S, S, 3), RGB; return the cuts that are known by it."""
        # At both ends a frame is repeated, so that a change near them can stand out, too.
        times = 1 if self._fed else 1 + _WIDTH
        self._last = frame
        return [cut for _ in range(times) for cut in self._feed(frame)]

    def finish(self) -> list[int]:
        """Return the cuts near the end; less than a shortest shot before it there is none."""
        last = [] if self._last is None else [self._last] * _WIDTH
        end = self._fed - _WIDTH
        found = [cut for frame in last for cut in self._feed(frame)]
        return [cut for cut in found if cut <= end - _SHORTEST]

    def _feed(self, frame: np.ndarray) -> list[int]:
        found = self._detector.process_frame(self._time(self._fed), frame[..., ::-1])
        self._fed += 1
        return [int(time.frame_num) - _WIDTH for time in found]


class Place(NamedTuple):
    """Where a window lies: its first frame, its shot, and whether it reaches over the shot's end.

    Attributes:
        held: frames that lie beyond the end of the video.
    """

    start: int
    shot: int
    crosses: bool
    held: int


class Windows:
    """Lays windows over frames as these come in.

    In each shot they begin at its first frame and lie `step` frames apart. A shot, or a video, that
    is shorter than a window has one all the same, which then reaches over its end.

    Args:
        frames: of a window. step: frames from window to window.
        cuts: finds the shots; None where all is one.
    """

    def __init__(self, frames: int, step: int, cuts: Cuts | None = None):
        self._frames, self._step, self._cuts = frames, step, cuts
        self._begin = self._next = self._shot = 0
        self._found: list[int] = []
        self._buffer: list[np.ndarray] = []
        self._base = self._fed = 0
        self._real: int | None = None  # frames that are no repeats, once that is known

    def add(self, frames: np.ndarray) -> Iterator[tuple[Place, np.ndarray]]:
        """Take further frames, uint8 (n, S, S, 3); yield the windows that are known by them."""
        for frame in frames:
            self._buffer.append(frame)
            self._fed += 1
            if self._cuts:
                self._found += self._cuts.feed(frame)
        yield from self._ready(self._cuts.known if self._cuts else self._fed, None)

    def finish(self, beyond: np.ndarray, held: int) -> Iterator[tuple[Place, np.ndarray]]:
        """Yield the last windows.

        Args:
            beyond: frames - 1 more, into which a window may reach that begins before the end.
            held: how many of these repeat the video's last picture.
        """
        if self._cuts:
            self._found += self._cuts.finish()
        inside = self._fed
        self._buffer += list(beyond)
        self._real = inside + len(beyond) - held
        yield from self._ready(inside, inside)

    def _ready(self, known: int, inside: int | None) -> Iterator[tuple[Place, np.ndarray]]:
        """Yield windows, where cuts below `known` are known; `inside` frames are all there are."""
        have = self._base + len(self._buffer)
        while True:
            end, first = self._next + self._frames, self._next == self._begin
            cut = next((c for c in self._found if c > self._begin), None)
            if cut is not None and cut < end:
                if first:
                    if end > have:
                        return
                    yield self._window(True)
                self._begin = self._next = cut
                self._shot += 1
            elif inside is None:
                if end > known:
                    return
                yield self._window(False)
                self._next += self._step
            else:
                if self._next >= inside:
                    return
                if first or end <= inside:
                    yield self._window(False)
                self._next += self._step
            self._forget(known)

    def _window(self, crosses: bool) -> tuple[Place, np.ndarray]:
        first, end = self._next - self._base, self._next + self._frames
        held = 0 if self._real is None else max(0, end - self._real)
        pixels = np.stack(self._buffer[first : first + self._frames])
        return Place(self._next, self._shot, crosses, held), pixels

    def _forget(self, known: int) -> None:
        """Leave frames that no window begins at; a cut that is not known yet may lie before."""
        cut = next((c for c in self._found if c > self._begin), known)
        gone = max(0, min(self._next, known, cut) - self._base)
        del self._buffer[:gone]
        self._base += gone
