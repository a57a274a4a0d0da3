"""Tells by their names which clips are one recording, shown in several ways or kept in several.

Data sets keep a recording as a video and as its frames, in colour and as depth or optical flow, and
from several cameras: p1/rgb and p1/depth, v1.avi and v1.mp4, frames/v1 and videos/v1.mp4.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import zip_longest
from pathlib import Path

from sct.datasets.files import plain
from sct.datasets.folders.split_names import split_roles
from sct.datasets.folders.takes import (
    FOLDER,
    called_like_views,
    is_person,
    source_of,
    take_of,
    told_apart,
)
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
_A_CLIP = re.compile(r"(?:clip|video|vid)[\W_]*\d+", re.IGNORECASE)
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
    clips = [(*os.path.split(path), label) for path, label in clips]
    found: list[tuple[str, ...]] = []
    plainer: list[tuple[str, ...]] = []
    places = {(folder, label): Path(folder) for folder, _, label in clips}
    above = _above({(folder, key[1]) for key, folder in places.items()})
    several = Counter(label for _, label in places)
    # Of walk/source0/seg1, and of a list's source0 and source1, not of its only folder.
    numbered = {
        key: several[key[1]] > 1
        and tidy(folder.name) != key[1]
        and bool(_without_view(folder.name))
        for key, folder in places.items()
    }
    for folder, name, label in clips:
        folders = above[places[folder, label], label]
        stem = _stem(name)
        own = _stem(_without(stem, _A_SHOWN_FILE))  # also of v1.mp4_frames
        # In p1/u and p1/v there is the flow of p1; in a class folder they are two clips.
        if own in _PAIRS and not is_video(name) and tidy(places[folder, label].name) != label:
            own = ""
        inner = numbered[folder, label]
        taken = own and take_of(own, label, inner)
        if inner and own.startswith(f"{places[folder, label].name.lower()}_"):
            taken = ""  # UCF11's v_biking_01/v_biking_01_02
        source = source_of(stem, label)
        plainer.append((*folders, own) if own else folders)
        found.append(("", *source) if source else (*folders, taken) if taken else folders)
    return told_apart(found, plainer, [label for *_, label in clips])


def across(clips: Iterable[tuple[Path, str]]) -> list[tuple[str, ...] | None]:
    """Return what `recordings` does, wherever a split lies, of those with several names.

    train/a/1.mp4 and test/a/1.mp4 may have nothing in common, but v1_cam1 and v1_cam2 have.
    """
    clips = list(clips)
    plain = recordings(clips)
    keys = [(*(part for part in key[:-1] if not split_roles([part])), *key[-1:]) for key in plain]
    names: dict[tuple[str, ...], set[str]] = {}
    for key, (path, _) in zip(keys, clips, strict=True):
        names.setdefault(key, set()).add(path.name)
    whole = {key for key, found in names.items() if len(found) > 1 and not key[-1].isdigit()}
    return [key if key in whole else own for key, own in zip(keys, plain, strict=True)]


def _above(places: set[tuple[Path, str]]) -> dict[tuple[Path, str], tuple[str, ...]]:
    """Return what the folders above clips tell of their recording, for each (folder, label)."""
    classes = called_like_views([(folder.parts, label) for folder, label in places])
    return {
        (folder, label): tuple(
            name
            for part in folder.parts
            if (name := part if part in classes or tidy(part) == label else _without_view(part))
        )
        for folder, label in places
    }


def written_out(folders: Sequence[Path], videos: Sequence[Path]) -> set[Path]:
    """Return those folders of pictures that are the frames of one of the videos."""
    if not folders:
        return set()
    known = set(kept(videos))
    return {path for path, key in zip(folders, kept(folders), strict=True) if key in known}


def kept(paths: Iterable[Path], labels: Iterable[str] = ()) -> list[tuple[str, ...]]:
    """Return for each path what the names of a recording's video and of its pictures share.

    A folder called like its clip's label, of those that are given, is its class.
    """
    above: dict[tuple[str, str], tuple[str, ...]] = {}
    found = []
    for path, label in zip_longest(paths, labels, fillvalue=""):
        folder, name = os.path.split(path)
        if (folder, label) not in above:
            parts = (p if p == label else _without(p, _A_FOLDER) for p in Path(folder).parts)
            above[folder, label] = tuple(filter(None, parts))
        own = _stem(_without(_stem(name), _A_FILE))
        found.append((*above[folder, label], own) if own else above[folder, label])
    return found


def shared_folders(clips: Iterable[tuple[Path, str]]) -> list[str]:
    """Return the names of folders within classes that may be persons, places and the like.

    They are called person1, or clips of several classes lie in one each: walk/anna and run/anna.

    Args:
        clips: (path, label) of each.
    """
    clips, holding = list(clips), {}
    for folder, label in {(os.path.dirname(path), label) for path, label in clips}:
        names = Path(folder).parts
        at = max((i for i, name in enumerate(names) if tidy(name) == label), default=len(names))
        for name in names[at + 1 :]:
            holding.setdefault(name, set()).add(label)
    for path, label in clips:
        name = os.path.basename(path).split("_")[0]
        if is_person(name):
            holding.setdefault(name, set()).add(label)
    return sorted(
        name
        for name, labels in holding.items()
        if is_person(name) or (len(labels) > 1 and _without_view(name))
    )


def _stem(name: str) -> str:
    return os.path.splitext(name)[0] if "." in name and is_video(name) else name


def _without_view(name: str) -> str:
    if _A_CLIP.fullmatch(name):
        return name.lower()
    left = _without(name, _A_SHOWN_FOLDER)
    return "" if left in _PAIRS or FOLDER.fullmatch(left) or FOLDER.fullmatch(name) else left


def _without(name: str, words: re.Pattern[str]) -> str:
    """Return a name in small letters, without some of its words and the gaps that they leave."""
    left = words.sub("", name).lower()
    if len(left) == len(name):
        return left
    left = _GAP.sub(r"\1", left).strip(" _-.")
    return "" if left in _PAIRS and words is not _A_FILE else left  # flow_x
