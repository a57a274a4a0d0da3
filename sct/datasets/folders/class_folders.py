"""Reads class folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sct.datasets.files import checked_folder, checked_label, entries, is_folder
from sct.datasets.folders.arrangement import Arrangement, arrange
from sct.datasets.folders.finding import NO_VIDEO, SYSTEM, Leftovers, videos_under
from sct.datasets.folders.split_names import LIST, role_at_an_end
from sct.datasets.listing import Listing, Row, sorted_labels, title_of, ucf_group
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.video.endings import is_video
from sct.video.sources import quoted

NO_CLASS = "the file lies in no class folder"


def read_folders(root: Path, options: ReadOptions) -> Listing:
    """Read a folder of class folders, or of train, val and test with class folders in each.

    `sct.datasets.folders.arrangement` says which folder is what. Those without videos are left out.
    """
    title = title_of(checked_folder(root))
    leftovers, paths = Leftovers(root), []
    for entry in entries(root):
        if entry.name.lower() in SYSTEM:
            continue
        if is_folder(entry):
            paths += videos_under(Path(entry.path), leftovers)
        else:
            leftovers.add(root / entry.name, NO_CLASS if is_video(entry.name) else NO_VIDEO)
    names = [path.relative_to(root) for path in paths]
    places = [name.parts[:-1] for name in names]
    found = arrange(dict.fromkeys(places), title)
    rows, labels = [], {}
    for path, name, place in zip(paths, names, places, strict=True):
        if any(place[:depth] in found.aside for depth in range(1, len(place) + 1)):
            leftovers.add(path, "it lies beside the folders of the splits")
        elif len(place) <= found.label:
            leftovers.add(path, NO_CLASS)
        else:
            named = place[found.label]
            if named not in labels:
                labels[named] = checked_label(named, f"The folder {quoted(named)} of {title}")
            split = "" if found.split is None else found.roles[place[found.split]]
            group = ucf_group(path.stem)
            rows.append(Row(path, name.as_posix(), labels[named], group, split))
    if not rows:
        raise DataError(
            f"The folder {quoted(str(root))} has no videos in class folders; "
            "each class needs a folder of its own with its videos in it."
        )
    roles = {role_at_an_end(row.path.stem) for row in rows}
    if found.split is None and len(roles) > 1 and "" not in roles:
        raise DataError(
            f"{title} says in the names of its files which are for training, as in "
            f"{quoted(rows[0].name)}; put them into folders called so, or {LIST}."
        )
    left_out = (*_empty(root, places, found), *leftovers.listed())
    official = found.split is not None
    return Listing(title, sorted_labels(rows), tuple(rows), left_out, official, notes=found.notes)


def _empty(
    root: Path, places: Sequence[tuple[str, ...]], found: Arrangement
) -> list[tuple[str, str]]:
    """List the folders without videos that lie beside those of splits and classes."""
    left_out = []
    for depth in range(max(found.label, found.split or 0) + 1):
        holding = {place[: depth + 1] for place in places if len(place) > depth}
        for above in sorted({place[:depth] for place in holding}):
            for entry in entries(root.joinpath(*above)):
                if is_folder(entry) and (*above, entry.name) not in holding:
                    name = "/".join((*above, entry.name))
                    left_out.append((name, "the folder holds no videos"))
    return left_out
