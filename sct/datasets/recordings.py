"""Tells by their names which clips are one recording, shown in several ways or kept in several.

Data sets keep a recording as a video and as its frames, in colour and as depth or optical flow, and
from several cameras: p1/rgb and p1/depth, v1.avi and v1.mp4, frames/v1 and videos/v1.mp4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache
from pathlib import Path

from sct.datasets.files import plain
from sct.labels import tidy
from sct.video.endings import is_video

# How the very pictures of a video are kept: words in names of folders, and of files, too.
_STORED = frozenset(
    "rgb color colour frames frame rawframes images image imgs img jpgs jpg jpegs png".split()  # noqa: SIM905
)
_FOLDERS = _STORED | frozenset("videos video vids vid clips clip mp4 avi".split())  # noqa: SIM905
# What else a recording is shown in: never the pictures that a list of videos means.
OTHERWISE = frozenset(
    """flow flows flowx flowy tvl1 farneback optical opticalflow depth depths disparity ir infrared
    thermal mask masks segmentation skeleton skeletons pose poses keypoints warped
    """.split()  # noqa: SIM905
)
_PAIRS = {"u": "v", "v": "u", "x": "y", "y": "x"}  # planes of optical flow, a folder each
_CAMERA = re.compile(r"(cam|camera|view|kinect)[\W_]*\d{1,3}")
_BETWEEN = re.compile(r"[\W_]+")


def is_otherwise(folders: Iterable[str], label: str, beside: Set[str]) -> bool:
    """Say whether clips in such folders show optical flow, depth and the like.

    Args:
        folders: their names.
        label: of the class; a folder called like it is its own.
        beside: the names of all folders, as `plain` writes them: u is flow where there is v.
    """
    return any(
        plain(name) != plain(label) and (_names_other(name) or _PAIRS.get(name.lower()) in beside)
        for name in folders
    )


@lru_cache(4096)
def _names_other(name: str) -> bool:
    return not OTHERWISE.isdisjoint(_BETWEEN.split(name.lower()))


def recordings(clips: Iterable[tuple[Path, str]]) -> list[tuple[str, ...]]:
    """Return for each (path, label) what the clips of its recording have in common, by names."""
    found, above = [], {}
    for path, label in clips:
        place = path.parent, label
        if place not in above:
            parts = (
                part if tidy(part) == label else _without_view(part) for part in place[0].parts
            )
            above[place] = tuple(filter(None, parts))
        own = _without(_stem(path), _STORED | OTHERWISE)
        # In p1/u and p1/v there is the flow of p1; in a class folder they are two clips.
        if own in _PAIRS and not is_video(path.name) and tidy(place[0].name) != label:
            own = ""
        found.append((*above[place], own) if own else above[place])
    return found


def written_out(folders: Sequence[Path], videos: Sequence[Path]) -> set[Path]:
    """Return those folders of pictures that are the frames of one of the videos."""
    if not folders:
        return set()
    known = {_source(path) for path in videos}
    return {path for path in folders if _source(path) in known}


def _source(path: Path) -> tuple[str, ...]:
    parts = (_without(part, _FOLDERS) for part in path.parent.parts)
    return tuple(filter(None, (*parts, _without(_stem(path), _STORED))))


def _stem(path: Path) -> str:
    return path.stem if is_video(path.name) else path.name


def _without_view(name: str) -> str:
    left = _without(name, _FOLDERS | OTHERWISE)
    return "" if left in _PAIRS or _CAMERA.fullmatch(left) else left


@lru_cache(1 << 14)
def _without(name: str, words: frozenset[str]) -> str:
    """Return a name in small letters, without some of its words."""
    found = _BETWEEN.split(name.lower())
    left = [word for word in found if word not in words]
    if len(left) == len(found):
        return name.lower()
    if words & OTHERWISE and len(left) == 1:
        left = [word for word in left if word not in _PAIRS]  # flow_x
    return "_".join(filter(None, left))
