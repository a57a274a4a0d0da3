"""Reads class folders."""

from __future__ import annotations

from pathlib import Path

from sct.datasets.files import (
    NO_VIDEO,
    Leftovers,
    checked_folder,
    checked_label,
    entries,
    is_folder,
    videos_under,
)
from sct.datasets.listing import SPLIT_NAMES, Listing, Row, sorted_labels, title_of, ucf_group
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.video.endings import is_video
from sct.video.sources import quoted


def read_folders(root: Path, options: ReadOptions) -> Listing:
    """Read a folder of class folders, or of train, val and test with class folders in each."""
    title = title_of(checked_folder(root))
    top = [entry for entry in entries(root) if is_folder(entry)]
    splits = {entry.name: SPLIT_NAMES.get(entry.name.lower(), "") for entry in top}
    official = all(splits.values()) and {"train"} < set(splits.values())
    if official:
        classes = [
            (splits[part.name], place)
            for part in top
            for place in entries(root / part.name)
            if is_folder(place)
        ]
    else:
        classes = [("", place) for place in top]
    rows, left_out, leftovers = [], [], Leftovers(root)
    for split, place in classes:
        before = len(rows)
        folder = Path(place.path)
        label = checked_label(place.name, f"The folder {quoted(place.name)} of {title}")
        for path in videos_under(folder, leftovers):
            name = path.relative_to(root).as_posix()
            rows.append(Row(path, name, label, ucf_group(path.stem), split))
        if len(rows) == before:
            left_out.append((folder.relative_to(root).as_posix(), "the folder holds no videos"))
    for entry in entries(root):
        if not is_folder(entry):
            why = "the file lies in no class folder" if is_video(entry.name) else NO_VIDEO
            leftovers.add(root / entry.name, why)
    left_out += leftovers.listed()
    if not rows:
        raise DataError(
            f"The folder {quoted(str(root))} has no videos in class folders; "
            "each class needs a folder of its own with its videos in it."
        )
    return Listing(title, sorted_labels(rows), tuple(rows), tuple(left_out), official)
