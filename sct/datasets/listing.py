"""Defines what a reader of a data set returns, and reads the cells that lists have in common."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sct.datasets.folders.finding import VideoIndex
from sct.datasets.folders.split_names import SPLIT_NAMES
from sct.errors import DataError
from sct.labels import number_of, sort_labels
from sct.video.sources import quoted

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
SIDES = ("left", "top", "right", "bottom")
_LEAST_BOX = 0.02  # of the picture's width or height; less is a slip
_LEAST_S = 0.01  # of a part; less is a slip, such as milliseconds read as seconds
EVAL = {"eval", "evaluation", "heldout", "holdout"}
_UCF_NAME = re.compile(r"v_(.+)_(g\d+)_c\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """Holds one clip as a list has it.

    Attributes:
        path: the file.
        name: the same as listed, so that it is alike on every computer.
        label: of the class.
        group: of clips that belong together; empty if unknown.
        split: "train", "val", "test" or "" where the list puts it in none.
        start_s, end_s: the part of the file that is meant; the end is None for all the rest.
        box: the part of the picture that is meant: left, top, right, bottom as shares of it.
    """

    path: Path
    name: str
    label: str
    group: str = ""
    split: str = ""
    start_s: float = 0.0
    end_s: float | None = None
    box: Box = WHOLE


@dataclass(frozen=True)
class Listing:
    """Holds a data set as it is listed.

    Attributes:
        title: its name, in quotes, for messages.
        labels: of all classes, in their official order, or as `sort_labels` orders them.
        rows: the clips.
        left_out: (name, reason) of what is listed and cannot be used.
        official: whether the lists say which clips are for training and which for testing.
        more: clips of other lists, for the splits that the list in hand lacks.
        notes: what was assumed about it, a sentence each.
    """

    title: str
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    official: bool = False
    more: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()


class Collector:
    """Gathers the clips that a list names, where their videos are somewhere under a folder.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path):
        self.root, self.index = root, VideoIndex(root)
        self.rows: list[Row] = []
        self.left_out: list[tuple[str, str]] = []
        self._named: list[tuple[str, Row, bool]] = []

    def add(
        self,
        name: str,
        label: str,
        file: str,
        group: str = "",
        split: str = "",
        inside: bool = True,
    ) -> None:
        """Name a clip.

        Args:
            name, label, group, split: as of a `Row`.
            file: the video's, of any ending.
            inside: whether it lies in a folder of its class, if there are any of classes.
        """
        self._named.append((file, Row(Path(), name, label, group, split), inside))

    def _find(self) -> None:
        """Take the clips that are named.

        Files of several classes may have one name. Where folders are called like classes, that of
        another one is not taken in place of one that is missing.
        """
        inside = self.index.has_folder({row.label for _, row, inside in self._named if inside})
        for file, row, wanted in self._named:
            path = self.index.find(file, row.label if wanted else "", wanted and inside)
            if path is None:
                self.leave_out(row.name)
            else:
                self.rows.append(replace(row, path=path))
        self._named = []

    def leave_out(self, name: str) -> None:
        """Note that a clip has no file: lists name more videos than most copies hold."""
        self.left_out.append((name, "there is no such file"))

    def listing(
        self,
        title: str,
        labels: Iterable[str] = (),
        official: bool = True,
        more: Iterable[Row] = (),
    ) -> Listing:
        """Return what was gathered; without `labels` their names are those of the clips.

        Raises:
            DataError: none of the videos is there.
        """
        self._find()
        labels = tuple(labels) or sorted_labels(self.rows)
        if self.rows:
            rows, left_out = tuple(self.rows), tuple(self.left_out)
            return Listing(title, labels, rows, left_out, official, tuple(more))
        first = f"; the first is {quoted(self.left_out[0][0])}" if self.left_out else ""
        raise DataError(
            f"None of the {len(self.left_out)} videos that {title} lists is in the folder "
            f"{quoted(str(self.root))}{first}."
        )


def sorted_labels(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the labels that occur, as `sort_labels` orders them. Raises DataError as it does."""
    return sort_labels(row.label for row in rows)


def title_of(root: Path) -> str:
    """Return the name of a folder, in quotes, for messages."""
    return quoted(root.name or str(root))


def ucf_group(name: str) -> str:
    """Return the group in a name such as v_Archery_g01_c02, whose clips show the same people."""
    match = _UCF_NAME.fullmatch(name)
    return f"{match[1]} {match[2]}".lower() if match else ""


def part_of_file(start: str, end: str, where: str) -> tuple[float, float | None]:
    """Read seconds; an end of "inf" is that of the file, None. Raises DataError."""
    begins, ends = number_of(start), math.inf if end == "inf" else number_of(end)
    return checked_part(*(math.nan if s is None else s for s in (begins, ends)), where)


def checked_part(begins: float, ends: float, where: str) -> tuple[float, float | None]:
    """Return seconds that are a part of a file; an infinite end is that of the file, None.

    Raises DataError, which `where` begins, if they are none.
    """
    if not (0 <= begins < ends and begins < 1e6 and (ends < 1e6 or ends == math.inf)):
        raise DataError(
            f"{where} needs its start and end in seconds (or as its columns say), as plain numbers "
            "such as 1.5, the start before the end."
        )
    if ends - begins < _LEAST_S * (1 - 1e-6):
        raise DataError(
            f"{where} names a part of {ends - begins:.4g} s, from {begins:.7g} to {ends:.7g} s; a "
            f"part lasts {_LEAST_S:g} s or more, so its numbers or their unit are a slip."
        )
    return begins, None if ends == math.inf else ends


def part_of_picture(texts: Sequence[str], where: str) -> Box:
    """Read four shares, an empty one being the border of the picture. Raises DataError."""
    wrong = DataError(
        f"{where} needs its left, top, right and bottom as shares of the picture, from 0 to 1, "
        f"left before right and top before bottom by {_LEAST_BOX:g} or more."
    )
    shares = [number_of(text) if text else side for text, side in zip(texts, WHOLE, strict=True)]
    if None in shares:
        raise wrong
    left, top, right, bottom = shares
    for low, high in ((left, right), (top, bottom)):
        if not 0 <= low <= low + _LEAST_BOX <= high <= 1:
            raise wrong
    return left, top, right, bottom


def eval_is_test(texts: Iterable[str]) -> bool:
    """Say whether names such as "eval" mean the test, as beside train and dev, without a test."""
    names = {text.lower() for text in texts}
    others = {SPLIT_NAMES.get(name) for name in names - EVAL}
    return bool(names & EVAL) and "val" in others and "test" not in others


def split_named(text: str, where: str, eval_tests: bool = False) -> str:
    """Return "train", "val" or "test" for any of their usual names.

    Raises DataError, which `where` begins, on others. Where `eval_tests`, "eval" is the test.
    """
    if not text:
        raise DataError(f"{where} has no split; each row needs train, val or test.")
    split = "test" if eval_tests and text.lower() in EVAL else SPLIT_NAMES.get(text.lower(), "")
    if not split:
        raise DataError(f"{where} has the split {quoted(text)}; allowed are train, val and test.")
    return split
