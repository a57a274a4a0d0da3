"""Real movement before a standing camera: windows of videos, and what their subject does.

A camera path is laid over such a window afterwards, so that the camera's answer is known exactly.
The subject's is read off dense flow where that leaves no doubt, and is unknown elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from sct.datasets.files import checked_folder
from sct.datasets.folders.finding import videos_under
from sct.errors import ClipError, DataError
from sct.synthetic.subjects import SUBJECT_LABELS
from sct.video.clip import read_clip
from sct.video.sources import quoted

UNKNOWN = -1
STRIDES_S = (0.1, 0.07, 0.14)  # from frame to frame of a window, in turn
MOST_VIDEOS = 256  # of a folder, spread over it
PER_VIDEO = 48  # windows
_SIDE = 180  # pixels of the short side that are kept
_FLOW_SIDE = 112
_TRIES = 4

# Of flow in pixels a frame at 112 pixels a side: what counts as motion, as a share of the picture
# that moves, and as one way or many. Between the bounds the subject is unknown.
_MOVES = 0.4
_SOMETHING = 0.01
_ALL = 0.6  # where so much moves, it is the camera
_ONE_WAY, _MANY_WAYS = 0.8, 0.45
_WAY_SPEED = 0.6
_AXIS = 25.0  # degrees
# Of the range of blurred grey levels over the whole window, by which small and slow movement is
# told from none: the level that 1 pixel in 200 exceeds, between which nobody knows.
_REST, _STIRS, _ALIVE = 6.0, 8.0, 14.0
_CHANGED, _LITTLE, _SMALL = 12.0, 0.003, 0.08  # which share of the pixels changes by so much


class Window(NamedTuple):
    """One stretch of a video: uint8 (T, H, W, 3), RGB.

    Its subject is a place in `SUBJECT_LABELS` where it is known of the whole folder, else None.
    """

    frames: np.ndarray
    subject: int | None


class MovingPictures:
    """Windows spread over the videos of folders, all filmed by a camera that stands still.

    Args:
        folders: of videos; folders in them are searched too. "DIR=moves in place" says what the
            subject does in all of them, else it is read off dense flow.
        frames: T of a window, `STRIDES_S` apart.
        per_video: most windows of one video.

    Raises:
        DataError: no such folder, or no video that can be read.
    """

    def __init__(self, folders: Sequence[str], frames: int, per_video: int = PER_VIDEO):
        self.folders: list[list[list[Window]]] = []  # folder, video, window
        self.unreadable: list[tuple[str, str]] = []
        for folder in folders:
            place, _, label = folder.partition("=")
            subject = None if not label else _subject(label)
            root = checked_folder(Path(place))
            paths, videos = list(videos_under(root)), []
            for path in paths[:: -(-len(paths) // MOST_VIDEOS) or 1]:
                name = path.relative_to(root).as_posix()
                try:
                    videos.append(_windows(path, frames, per_video, subject))
                except ClipError as error:
                    self.unreadable.append((name, str(error)))
            self.folders.append([windows for windows in videos if windows])
        self.folders = [videos for videos in self.folders if videos]
        if not self.folders:
            named = ", ".join(quoted(str(folder)) for folder in folders)
            raise DataError(f"None of the videos in {named} can be read.")

    def draw(
        self, count: int, frames: int, side: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """Crop windows at random: folders are equally likely, and the videos of one.

        Args:
            count, frames, side: B, T and S; windows are cut to fewer frames.
            rng: gives the numbers.

        Returns:
            float32 (B, T, 3, S, S) in [0, 1], and int64 (B,), what the subject does in each: a
            place in `SUBJECT_LABELS`, or `UNKNOWN`.
        """
        clips, subjects = [], []
        for _ in range(count):
            for _ in range(_TRIES):  # a crop may show nothing but a wall
                window = _pick(_pick(_pick(self.folders, rng), rng), rng)
                clip = _square(window.frames[:frames], side, rng)
                if _textured(clip[0]):
                    break
            if rng.random() < 0.5:
                clip = clip[:, :, ::-1]
            if rng.random() < 0.5:
                clip = clip[::-1]  # what moves backwards in time moves, too
            clips.append(torch.from_numpy(np.ascontiguousarray(clip)))
            subjects.append(subject_of(clip, window.subject))
        whole = torch.stack(clips).permute(0, 1, 4, 2, 3).float() / 255
        return whole, torch.tensor(subjects)


def _pick(some: list[Any], rng: np.random.Generator) -> Any:
    return some[rng.integers(len(some))]


def _textured(picture: np.ndarray) -> bool:
    """Say whether a picture has enough in it for a camera's motion to be seen."""
    grey = cv2.cvtColor(
        cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
    )
    cells = grey.reshape(8, 8, 8, 8).astype(np.float32).std(axis=(1, 3))
    return bool(grey.std() > 10 and (cells > 3).mean() > 0.3)


def subject_of(clip: np.ndarray, known: int | None = None) -> int:
    """Read off dense flow what the subject does before a camera that stands still.

    Args:
        clip: uint8 (T, S, S, 3), RGB.
        known: what it does in the whole picture, if that is known; a crop may miss it.

    Returns:
        a place in `SUBJECT_LABELS`: "none", a direction, or "moves in place"; `UNKNOWN` where the
        flow leaves doubt, and of anything that grows, shrinks or turns.
    """
    size = (_FLOW_SIDE, _FLOW_SIDE)
    grey = [
        cv2.cvtColor(cv2.resize(f, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for f in clip
    ]
    if len(grey) < 2:
        return UNKNOWN
    range_ = _range(grey)
    stirs = float(np.percentile(range_, 99.5))
    if known is not None:
        return known if stirs > _STIRS else UNKNOWN
    if stirs < _REST:
        return SUBJECT_LABELS.index("none")
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flows = np.stack([dis.calc(a, b, None) for a, b in itertools.pairwise(grey)])
    changed = np.stack([cv2.absdiff(a, b) for a, b in itertools.pairwise(grey)])
    speed = np.hypot(flows[..., 0], flows[..., 1])
    moves = (speed > _MOVES) & (changed > 6)
    share = float(np.median(moves.mean(axis=(1, 2))))
    if share > _ALL:
        return UNKNOWN
    if share < _SOMETHING:  # a hand, a mouth, somebody who stands: too little to go anywhere
        small = _LITTLE <= (range_ > _CHANGED).mean() <= _SMALL
        return SUBJECT_LABELS.index("moves in place") if stirs > _ALIVE and small else UNKNOWN
    way = flows[moves].sum(axis=0)
    together = np.hypot(*way) / speed[moves].sum()  # 1: all the same way all the time
    if together < _MANY_WAYS:
        return UNKNOWN if _grows(flows, moves) else SUBJECT_LABELS.index("moves in place")
    if together < _ONE_WAY or np.hypot(*way) / moves.sum() < _WAY_SPEED:
        return UNKNOWN
    angle = np.degrees(np.arctan2(way[1], way[0])) % 360
    for name, at in (("right", 0), ("down", 90), ("left", 180), ("up", 270)):
        if abs((angle - at + 180) % 360 - 180) <= _AXIS:
            return SUBJECT_LABELS.index(f"moves {name}")
    return UNKNOWN


def _range(grey: Sequence[np.ndarray]) -> np.ndarray:
    """Return by how much each pixel changes over a window, noise smoothed away."""
    smooth = np.stack([cv2.GaussianBlur(g.astype(np.float32), (0, 0), 1.0) for g in grey])
    return smooth.max(axis=0) - smooth.min(axis=0)


def _grows(flows: np.ndarray, moves: np.ndarray) -> bool:
    """Say whether what moves does so mostly away from its middle, towards it, or round it."""
    rows, columns = np.mgrid[: flows.shape[1], : flows.shape[2]]
    out = turn = total = 0.0
    for flow, m in zip(flows, moves, strict=True):
        if not m.any():
            continue
        x, y = columns[m] - columns[m].mean(), rows[m] - rows[m].mean()
        far = np.hypot(x, y) + 1e-6
        own = flow[m] - flow[m].mean(axis=0)
        out += ((own[:, 0] * x + own[:, 1] * y) / far).sum()
        turn += ((own[:, 1] * x - own[:, 0] * y) / far).sum()
        total += np.hypot(own[:, 0], own[:, 1]).sum()
    return max(abs(out), abs(turn)) > 0.5 * total


def _subject(label: str) -> int:
    if label not in SUBJECT_LABELS:
        raise DataError(f"{quoted(label)} is no subject: allowed are {', '.join(SUBJECT_LABELS)}.")
    return SUBJECT_LABELS.index(label)


def _windows(path: Path, frames: int, most: int, subject: int | None) -> list[Window]:
    length = frames * STRIDES_S[-1]
    first = read_clip(path, frames=1, max_size=8)
    count = max(1, min(most, int(first.duration_s / length)))
    found = []
    for i in range(count):
        stride = STRIDES_S[i % len(STRIDES_S)]
        start = i * (first.duration_s - length) / max(count - 1, 1) if count > 1 else 0.0
        start = max(0.0, start)
        clip = read_clip(path, frames=frames, start=start, stride=stride, max_size=_SIDE)
        if clip.distinct >= frames - 1 and not clip.skipped:
            found.append(Window(clip.frames, subject))
    return found


def _square(frames: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Crop the same random square, 0.6 to 1 of the short side, of all frames."""
    height, width = frames.shape[1:3]
    own = max(2, int(min(height, width) * rng.uniform(0.75, 1.0)))
    top, left = rng.integers(height - own + 1), rng.integers(width - own + 1)
    cut = frames[:, top : top + own, left : left + own]
    method = cv2.INTER_AREA if own > side else cv2.INTER_LINEAR
    return np.stack(
        [cv2.resize(np.ascontiguousarray(f), (side, side), interpolation=method) for f in cut]
    )
