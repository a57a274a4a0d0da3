"""Reads one video of a collection, from beginning to end, into windows that a model sees."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import cv2
import numpy as np

from sct.collection.motion import Motion, Shifts, motions
from sct.collection.shots import Cuts, Place, Windows
from sct.collection.sources import Item, Known, Part
from sct.errors import ClipError
from sct.video.clip import SHORT_SIDE
from sct.video.crop import seen
from sct.video.decoding import decode
from sct.video.pictures import open_clip
from sct.video.sources import Limits, any_error_as, quoted

# From a path, rising seconds and the side of what a model sees to what `decode` returns of those.
Decode = Callable[[str, list[float], int], dict[str, Any]]

# Frames that are asked for at once: at first so many, as nothing is known of how long they take.
_FIRST, _LARGE_FIRST, _LARGE = 128, 64, 8 << 20  # the second for files of so many bytes
_LEAST, _MOST, _MOST_BYTES = 64, 2000, 128 << 20
_AIM_S = 5.0  # seconds that one reading is to take: a seek decodes up to some seconds in vain
_SLACK = 1e-6  # of a stride
_QUALITY = 80  # of the JPEG of a strip
_FACTS = ("width", "height", "fps", "duration_s", "codec")


@dataclass(frozen=True)
class Plan:
    """How each video is cut into windows, and what is made of one before a model sees it.

    Attributes:
        frames: of a window. stride: seconds from frame to frame. step: frames from window to
            window.
        image_size: pixels of a side of what the model sees.
        shots: whether windows end at cuts. strips: whether their pictures are kept.
        shifts: of which stages dense flow is estimated.
        order: the frame of a window at each place, as the model takes them.
    """

    frames: int
    stride: float
    step: int
    image_size: int
    shots: bool
    strips: bool
    shifts: tuple[Shifts, ...]
    order: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Window:
    """A window of a video, as a model sees it, and what is known of it before.

    Attributes:
        pixels: uint8 (T, S, S, 3).
        facts: columns of its row.
        known: the right label of each question.
        motion: what moved, by stage of `Plan.shifts`.
    """

    pixels: np.ndarray
    facts: dict[str, Any]
    known: Known
    motion: tuple[Motion, ...]


def decode_here(path: str, wanted: list[float], image_size: int) -> dict[str, Any]:
    """Decode what a model sees of a video at some seconds, in this process. Raises ClipError."""
    shown = quoted(os.path.basename(path))
    with (
        any_error_as(lambda: ClipError(f"{shown} could not be read.")),
        open_clip(path, None, Limits.from_env()) as file,
    ):
        return decode(file, wanted, SHORT_SIDE, partial(seen, image_size=image_size))


def read_windows(item: Item, plan: Plan, decode: Decode = decode_here) -> Iterator[Window]:
    """Read a video into its windows, in order.

    Raises:
        ClipError: it cannot be read; windows from before a fault in its middle were yielded.
    """
    if item.error:
        raise ClipError(item.error)
    if os.path.isdir(item.path):  # pictures, which no decoder process can be handed
        decode = decode_here
    number = shots = 0
    for part in item.parts:
        last = -1
        for place, pixels, facts in _windows_of(item, part, plan, decode):
            last = place.shot
            start = part.start_s + place.start * plan.stride
            yield _prepared(
                pixels,
                {
                    "file": item.name,
                    "window": number,
                    "shot": shots + place.shot,
                    "start_s": round(start, 6),
                    "end_s": round(start + plan.frames * plan.stride, 6),
                    "crosses_cut": place.crosses,
                    "held": place.held,
                    **facts,
                },
                part.known,
                plan,
            )
            number += 1
        shots += last + 1


def _prepared(pixels: np.ndarray, facts: dict[str, Any], known: Known, plan: Plan) -> Window:
    ordered = pixels[list(plan.order)]
    if plan.strips:
        facts["strip"] = _strip(pixels)
    return Window(pixels, facts, known, tuple(motions(ordered, plan.shifts)))


def _strip(pixels: np.ndarray) -> bytes:
    """Write frames side by side as JPEG."""
    row = np.concatenate(list(pixels), axis=1)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return cv2.imencode(".jpg", cv2.cvtColor(row, cv2.COLOR_RGB2BGR), quality)[1].tobytes()


def _windows_of(
    item: Item, part: Part, plan: Plan, decode: Decode
) -> Iterator[tuple[Place, np.ndarray, dict[str, Any]]]:
    """Yield the windows of a part of a video, and what is known of the video."""
    laid = Windows(plan.frames, plan.step, Cuts(plan.stride) if plan.shots else None)
    for one in _stretches(item.path, part, plan, decode):
        facts = {name: one.facts[name] for name in _FACTS}
        facts["notes"] = " ".join(one.facts["notes"])
        found = laid.add(one.inside)
        if one.beyond is not None:
            found = chain(found, laid.finish(one.beyond, one.held))
        for place, pixels in found:
            yield place, pixels, facts


class _Stretch(NamedTuple):
    """Frames of a part of a video that follow each other.

    Attributes:
        facts: what `decode` says of the video.
        inside: those that lie within the part, after those of the stretch before.
        beyond: of the last stretch, those that a window needs beyond the part's end.
        held: how many of these repeat the video's last picture.
    """

    facts: dict[str, Any]
    inside: np.ndarray
    beyond: np.ndarray | None = None
    held: int = 0


def _stretches(path: str, part: Part, plan: Plan, decode: Decode) -> Iterator[_Stretch]:
    """Read a part of a video in stretches, each as long as time and memory let it be."""
    more = plan.frames - 1
    most = min(_MOST, max(_LEAST, _MOST_BYTES // (3 * plan.image_size**2)))
    asked, done = _first(path), 0
    inside = _count(part.start_s, part.end_s, plan.stride)  # moments of the part, as far as known
    while True:
        # From the last moment that was read on: one beyond the end would be refused.
        begin = max(0, done - 1)
        upto = int(min(done + asked, inside + more))
        began = time.perf_counter()
        wanted = [part.start_s + i * plan.stride for i in range(begin, upto)]
        facts = decode(path, wanted, plan.image_size)
        took = max(time.perf_counter() - began, 1e-3)
        frames, real = facts.pop("frames"), upto - facts["held"]
        inside = min(inside, _count(part.start_s, facts["duration_s"], plan.stride))
        if facts["held"]:  # it ends here, whatever its header says
            inside = min(inside, real)
        inside = max(inside, done, 1)
        if facts["held"] or upto >= inside + more:
            inside = int(inside)
            beyond = frames[inside - begin :][:more]
            lacking = np.repeat(frames[-1:], more - len(beyond), axis=0)
            held = min(more, max(0, inside + more - max(real, 1)))
            beyond = np.concatenate([beyond, lacking])
            yield _Stretch(facts, frames[done - begin : inside - begin], beyond, held)
            return
        now = int(min(upto, inside))
        yield _Stretch(facts, frames[done - begin : now - begin])
        done, fast = now, _AIM_S * len(wanted) / took
        asked = int(max(_LEAST, min(most, fast)))


def _count(start: float, end: float | None, stride: float) -> float:
    """Return how many moments from `start` on, `stride` apart, lie before an end; one at least."""
    return math.inf if end is None else max(1, math.ceil((end - start) / stride - _SLACK))


def _first(path: str) -> int:
    try:
        return _LARGE_FIRST if os.path.getsize(path) > _LARGE else _FIRST
    except OSError:
        return _FIRST
