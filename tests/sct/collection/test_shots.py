"""Windows lie within shots, one a shot at least, and are the same however the frames come in."""

import random
from itertools import pairwise

import numpy as np
import pytest

from sct.collection.shots import Cuts, Windows
from tests.sct.collection.films import sliding, texture


class Told:
    """Stands for `Cuts`: knows the cuts, and says each of them some frames late."""

    def __init__(self, cuts, late):
        self.cuts, self.late, self.fed, self.said = set(cuts), late, 0, 0

    @property
    def known(self):
        return max(0, self.fed - self.late)

    def feed(self, frame):
        self.fed += 1
        return self._new(self.known)

    def finish(self):
        return self._new(self.fed)

    def _new(self, upto):
        found = [cut for cut in sorted(self.cuts) if self.said <= cut < upto]
        self.said = upto
        return found


def laid(total, frames, step, cuts, held, pieces, late=4):
    """Return (start, shot, crosses, held) of all windows; frame i is a picture of i."""
    windows = Windows(frames, step, Told(cuts, late) if cuts is not None else None)
    every = np.arange(total + frames - 1, dtype=np.uint16)
    found, begin = [], 0
    for piece in pieces:
        found += windows.add(every[begin : begin + piece])
        begin += piece
    assert begin == total
    found += windows.finish(every[total:], held)
    for place, pixels in found:
        assert pixels.tolist() == list(range(place.start, place.start + frames))
    return [tuple(place) for place, _ in found]


def expected(total, frames, step, cuts, held):
    """The same, said plainly."""
    real = total + frames - 1 - held
    rows = []
    for shot, (begin, end) in enumerate(pairwise([0, *(cuts or ()), total])):
        starts = [s for s in range(begin, end, step) if s + frames <= end] or [begin]
        last = end == total
        for s in starts:
            rows.append((s, shot, s + frames > end and not last, max(0, s + frames - real)))
    return rows


@pytest.mark.parametrize("seed", range(40))
def test_windows_lie_within_shots_in_whatever_pieces_the_frames_come(seed):
    rng = random.Random(seed)
    for _ in range(20):
        total, frames, step = rng.randint(1, 60), rng.randint(1, 9), rng.randint(1, 14)
        cuts = sorted(rng.sample(range(1, total), rng.randint(0, min(5, total - 1))))
        held = rng.randint(0, frames - 1)
        pieces, left = [], total
        while left:
            pieces.append(rng.randint(1, left))
            left -= pieces[-1]
        found = laid(total, frames, step, cuts, held, pieces)
        assert found == expected(total, frames, step, cuts, held)


def test_without_shots_all_is_one():
    assert laid(20, 8, 8, None, 0, [7, 13]) == expected(20, 8, 8, None, 0)


def cuts_of(frames):
    cuts = Cuts(0.1)
    return [c for frame in frames for c in cuts.feed(frame)] + cuts.finish()


def test_cuts_are_found_where_they_are_also_near_both_ends():
    for places in ([20, 41], [3, 30], [12, 57]):
        edges = [0, *places, 60]
        shots = [sliding(i, b - a) for i, (a, b) in enumerate(pairwise(edges))]
        assert cuts_of(np.concatenate(shots)) == places


def test_what_moves_fast_or_stands_still_is_no_cut():
    assert cuts_of(sliding(0, 40, step=7)) == []
    assert cuts_of(np.stack([texture(3)] * 40)) == []
    assert cuts_of(sliding(0, 1)) == cuts_of([]) == []


def test_a_cut_is_known_before_a_window_is_laid_over_it():
    cuts, found = Cuts(0.1), []
    for i, frame in enumerate(np.concatenate([sliding(0, 15), sliding(1, 15)])):
        found += cuts.feed(frame)
        assert (15 in found) == (cuts.known > 15), i
