"""Takes a glance at clips: how long they are, as far as that is cheap to know.

What lists say of times and numbers of frames is held against a few of the files, as a unit that is
mistaken (frames or milliseconds for seconds) shows in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sct.datasets.listing import Row
from sct.errors import ClipError
from sct.video.decoding import decode
from sct.video.pictures import Pictures, open_clip
from sct.video.sources import Limits, quoted

_MOST_S = 2.0  # to decode a picture of each
_LATEST = 5  # ends that are held against their files
_SLACK_S = 0.5  # by which lists are wrong as a rule: a second that was rounded


@dataclass(frozen=True)
class Glance:
    """Holds how long a clip is: seconds, and about how many frames; None where it is unknown."""

    seconds: float | None
    frames: float | None


def glance(path: Path) -> Glance | None:
    """Look at a clip; None if it cannot be read, or not within two seconds.

    How many seconds a folder of pictures lasts depends on the rate that a person gives.
    """
    limits = Limits.from_env()
    limits = replace(limits, decode_s=min(limits.decode_s, _MOST_S))
    try:
        with open_clip(path, None, limits) as clip:
            if isinstance(clip, Pictures):
                return Glance(None, len(clip.files))
            found = decode(clip, [0.0], 16)
    except (ClipError, OSError):
        return None
    return Glance(found["duration_s"], found["duration_s"] * found["fps"] or None)


def ends_beyond(rows: Sequence[Row], title: str) -> tuple[str, ...]:
    """Return a sentence if clips end behind the ends of their files, judging by the latest few."""
    latest = sorted((row for row in rows if row.end_s is not None), key=lambda row: -row.end_s)
    files = {row.path: row for row in reversed(latest)}
    for row in sorted(files.values(), key=lambda row: -row.end_s)[:_LATEST]:
        seen = glance(row.path)
        if seen and seen.seconds and row.end_s > seen.seconds + _SLACK_S:
            return (
                f"Parts in {title} end behind their files, which are taken to their ends: "
                f"{quoted(row.name)} lasts {seen.seconds:.4g} s, not {row.end_s:.7g} s.",
            )
    return ()
