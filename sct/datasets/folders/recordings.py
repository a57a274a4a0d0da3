"""Tells by their names which clips are one recording, shown in several ways or kept in several.

Data sets keep a recording as a video and as its frames, in colour and as depth or optical flow, and
from several cameras: p1/rgb and p1/depth, v1.avi and v1.mp4, frames/v1 and videos/v1.mp4.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from sct.datasets.files import plain
from sct.datasets.folders.takes import FOLDER, take_of, told_apart
from sct.labels import tidy
from sct.video.endings import is_video

# How the very pictures of a video are kept: words in names of folders, and of files, too.
_STORED = frozenset(
    "rgb color colour frames frame rawframes images image imgs img jpgs jpg jpegs jpeg png".split()  # noqa: SIM905
)
_FOLDERS = _STORED | frozenset("videos video vids vid clips clip mp4 avi".split())  # noqa: SIM905
# What else a recording is shown in: never the pictures that a list of videos means.
OTHERWISE = frozenset(
    """flow flows flowx flowy optflow opticalflow optical tvl1 farneback brox warped depth depths
    depthmap depthmaps disparity ir infrared thermal mask masks segmentation skeleton skeletons pose
    poses keypoints heatmap heatmaps audio spectrogram spectrograms
    """.split()  # noqa: SIM905
)
_PAIRS = {"u": "v", "v": "u", "x": "y", "y": "x"}  # planes of optical flow, a folder each
_GAP = re.compile(r"([\W_])[\W_]+")


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Match words in a name such as v1_rgb or DepthFrames, and not in flower or RGBD."""
    longest_first = "|".join(sorted(words, key=len, reverse=True))
    begin = "(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]))"
    end = "(?![a-z]|(?<=[A-Z])[A-Z](?![a-z]))"
    return re.compile(f"{begin}(?i:{longest_first}){end}")


_A_FILE, _A_FOLDER = _any_of(_STORED), _any_of(_FOLDERS)
_A_SHOWN_FILE, _A_SHOWN_FOLDER = _any_of(_STORED | OTHERWISE), _any_of(_FOLDERS | OTHERWISE)
_OTHER = _any_of(OTHERWISE)


def is_otherwise(folders: Iterable[str], label: str, beside: Set[str]) -> bool:
    """Say whether clips in such folders show optical flow, depth and the like.

    Args:
        folders: their names.
        label: of the class; a folder called like it is its own.
        beside: the names of all folders, as `plain` writes them: u is flow where there is v.
    """
    return any(
        plain(name) != plain(label) and (_OTHER.search(name) or _PAIRS.get(name.lower()) in beside)
        for name in folders
    )


def recordings(clips: Iterable[tuple[Path, str]]) -> list[tuple[str, ...]]:
    """Return for each (path, label) what the clips of its recording have in common, by names."""
    found: list[tuple[str, ...]] = []
    plainer: list[tuple[str, ...]] = []
    labels: list[str] = []
    above: dict[tuple[str, str], tuple[str, ...]] = {}
    for path, label in clips:
        folder, name = os.path.split(path)
        if (folder, label) not in above:
            parts = (p if tidy(p) == label else _without_view(p) for p in path.parent.parts)
            above[folder, label] = tuple(filter(None, parts))
        own = _stem(_without(_stem(name), _A_SHOWN_FILE))  # also of v1.mp4_frames
        # In p1/u and p1/v there is the flow of p1; in a class folder they are two clips.
        if own in _PAIRS and not is_video(name) and tidy(path.parent.name) != label:
            own = ""
        taken = own and take_of(own, label.lower(), tidy(path.parent.name) != label)
        for keys, key in ((plainer, own), (found, taken)):
            keys.append((*above[folder, label], key) if key else above[folder, label])
        labels.append(label)
    return told_apart(found, plainer, labels)


def written_out(folders: Sequence[Path], videos: Sequence[Path]) -> set[Path]:
    """Return those folders of pictures that are the frames of one of the videos."""
    if not folders:
        return set()
    known = {kept(path) for path in videos}
    return {path for path in folders if kept(path) in known}


def shared_folders(clips: Iterable[tuple[Path, str]]) -> list[str]:
    """Return the names of folders in which clips of several classes lie, within each its own.

    Those are persons, places and the like: walk/person1 and run/person1.

    Args:
        clips: (path, label) of each.
    """
    holding: dict[str, set[str]] = {}
    for folder, label in {(path.parent, label) for path, label in clips}:
        names = folder.parts
        at = max((i for i, name in enumerate(names) if tidy(name) == label), default=len(names))
        for name in names[at + 1 :]:
            holding.setdefault(name, set()).add(label)
    return sorted(n for n, labels in holding.items() if len(labels) > 1 and _without_view(n))


def kept(path: Path) -> tuple[str, ...]:
    """Return what the names of a recording's video and of its pictures have in common."""
    parts = (_without(part, _A_FOLDER) for part in path.parent.parts)
    return tuple(filter(None, (*parts, _stem(_without(_stem(path.name), _A_FILE)))))


def _stem(name: str) -> str:
    return os.path.splitext(name)[0] if is_video(name) else name


def _without_view(name: str) -> str:
    left = _without(name, _A_SHOWN_FOLDER)
    return "" if left in _PAIRS or FOLDER.fullmatch(left) or FOLDER.fullmatch(name) else left


def _without(name: str, words: re.Pattern[str]) -> str:
    """Return a name in small letters, without some of its words and the gaps that they leave."""
    left = words.sub("", name).lower()
    if len(left) == len(name):
        return left
    left = _GAP.sub(r"\1", left).strip(" _-.")
    return "" if left in _PAIRS and words is not _A_FILE else left  # flow_x
