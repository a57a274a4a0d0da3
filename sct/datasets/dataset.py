"""Opens labelled videos as one `Dataset`, whatever the layout, divided without leaks."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sct.datasets.folders.recordings import across, kept, recordings, shared_folders
from sct.datasets.layouts import KINDS, LISTS, find_layout
from sct.datasets.leaks.copies import copies, labels_note
from sct.datasets.leaks.real_files import (
    few,
    joined,
    real_files,
    refuse_leaks,
    refuse_two_labels,
    shared_note,
)
from sct.datasets.listing import WHOLE, Box, Listing, Row
from sct.datasets.options import SPLITS, ReadOptions
from sct.errors import DataError
from sct.labels import label_notes
from sct.video.sources import clean_name, quoted

__all__ = ["KINDS", "SPLITS", "Dataset", "Item", "open_dataset"]

COPIED, OF_A_GROUP = "Copies of one file", "Clips of one group"
OF_A_RECORDING = "Clips of one recording, by their names,"


@dataclass(frozen=True)
class Item:
    """Says where one clip is, and what it shows.

    Attributes:
        path: its file.
        label: place in `Dataset.labels`.
        group: of clips that belong together, such as one person's; empty if unknown.
        start_s, end_s: the part of the file that is meant, in seconds; None is the file's end.
        box: the part of the picture that is meant: left, top, right, bottom as shares of it.
    """

    path: Path
    label: int
    group: str = ""
    start_s: float = 0.0
    end_s: float | None = None
    box: Box = WHOLE


@dataclass(frozen=True)
class Dataset:
    """Holds clips and the names of their classes.

    Attributes:
        name: fit to be shown.
        labels: of all classes, those without a clip here included.
        items: the clips, in an order that is the same each time.
        left_out: (name, reason) of everything that is listed and is not among the items because
            its file is missing or lies where no label is known; of all splits.
        notes: what was assumed about the data set, a sentence each.
        top: the folder that files are named from where their whole path says nothing, as of an
            archive; else "".
    """

    name: str
    labels: tuple[str, ...]
    items: tuple[Item, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    top: str = ""

    def __len__(self) -> int:
        return len(self.items)

    @property
    def counts(self) -> dict[str, int]:
        """Count the clips of each label, in the order of the labels."""
        counted = Counter(item.label for item in self.items)
        return {label: counted[i] for i, label in enumerate(self.labels)}


def open_dataset(
    spec: str | os.PathLike, split: str = "all", options: ReadOptions | None = None
) -> Dataset:
    """Open a data set. No video is read: files that cannot be decoded show up later.

    Args:
        spec: a folder of class folders (or of train, val and test with class folders in each); a
            .csv manifest with the columns path, label and perhaps split, group, start, end (of a
            part, in seconds), left, top, right and bottom (of a part, as shares of the picture);
            "ucf101:DIR", "hmdb51:DIR", "kinetics:FILE.csv", "ssv2:DIR" for the official layouts.
        split: "train", "test" or "all". Where the data set says itself which clips are for
            training, that is kept, and clips for validation are the test if it has no other.
            Elsewhere clips are drawn, stratified by label as far as groups allow; a group is
            never in both, and groups that share a file are one.
        options: the columns of a manifest, and how the data set is divided.

    Raises:
        DataError: no such folder or file, nothing in it, fewer than two classes, a list of another
            form (names the row), nothing in the split, or a file that is for training and for
            testing too.
    """
    if split not in SPLITS:
        raise DataError(f"split {split!r}: allowed are {', '.join(sorted(SPLITS))}.")
    options = options or ReadOptions()
    layout, place = find_layout(os.fspath(spec))
    listing = layout.read(place, options)
    present = {row.label for row in listing.rows}
    if len(present) < 2:
        raise DataError(
            f"{listing.title} has clips of one class only, {quoted(min(present))}; "
            "a classifier needs two or more."
        )
    chosen, notes = _chosen(listing, split, options, published=bool(layout.prefix))
    places = {label: i for i, label in enumerate(listing.labels)}
    items = tuple(
        Item(row.path, places[row.label], row.group, row.start_s, row.end_s, row.box)
        for row in chosen
    )
    notes = (*listing.notes, *label_notes(listing.labels), *filter(None, notes))
    return Dataset(_name(place), listing.labels, items, listing.left_out, notes)


def _name(place: Path) -> str:
    """Return the end of a path; of a list with its folder, as manifest.csv alone says little."""
    parts = place.absolute().parts[-2 if place.suffix.lower() in LISTS else -1 :]
    return clean_name("/".join(parts))


def _chosen(
    listing: Listing, split: str, options: ReadOptions, published: bool
) -> tuple[Sequence[Row], list[str]]:
    """Return the rows of a split, and notes on what is nearly in two.

    Lists that are published are taken as they are, but for a file that is on both sides.
    """
    rows = listing.rows + listing.more
    files = real_files(rows)
    twins: Sequence = [None] * len(rows)
    if not published:
        refuse_two_labels(rows, files, listing.title)
        twins = copies(rows, files)
    notes = [labels_note(rows, twins, COPIED)]
    if not published:
        notes.append(labels_note(rows, _kept(rows), OF_A_RECORDING))
    if not listing.official:
        if split == "all":
            return rows, notes
        same = recordings((row.path, row.label) for row in rows)
        notes.append(shared_folders_note(rows))
        keys = joined(_groups(rows), [file.key for file in files], same)
        tested = divide(rows, keys, options.test_share, options.split_seed, listing.title)
        chosen = [row for row, test in zip(rows, tested, strict=True) if test == (split == "test")]
        notes.append(shared_note(rows, tested, twins, COPIED))
        if split == "test":
            notes.append(
                f"{len(chosen)} of {len(rows)} clips are drawn as the test, as nothing says which "
                "are; with the split all they are measured together."
            )
        return chosen, notes
    refuse_leaks(rows, files, listing.title)
    notes.append(_untaught(rows))
    sides = [row.split != "train" if row.split else None for row in rows]
    if published:  # whose parts of one film or video may be on both sides, by their authors
        same = _kept(rows)
        whole = [key if row.end_s is None else None for key, row in zip(same, rows, strict=True)]
        notes.append(shared_note(rows, sides, whole, OF_A_RECORDING))
    else:
        groups = [row.group or None for row in rows]
        same = across((row.path, row.label) for row in rows)
        for values, what in ((twins, COPIED), (groups, OF_A_GROUP), (same, OF_A_RECORDING)):
            notes.append(shared_note(rows, sides, values, what))
    if split == "all":
        return listing.rows, notes
    parts = {name: [r for r in rows if r.split == name] for name in ("train", "val", "test")}
    parts["test"] = parts["test"] or parts["val"]
    if not parts[split]:
        there = " and ".join(name for name, part in parts.items() if part)
        raise DataError(f"{listing.title} has no clips of the split {split}, only of {there}.")
    return parts[split], notes


def _kept(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    return kept((row.path for row in rows), (row.label for row in rows))


def shared_folders_note(rows: Sequence[Row]) -> str:
    """Say which folders within the classes may be persons, of whom none should be on both sides."""
    names = shared_folders((row.path, row.label) for row in rows)
    if not names or any(row.group for row in rows):
        return ""
    return (
        f"Within the classes there are folders or files called {few(list(map(quoted, names)))}; if "
        "those are persons or the like, a list with --group-column keeps each on one side."
    )


def _untaught(rows: Sequence[Row]) -> str:
    """Say which labels have clips for validation or testing and none for training."""
    taught = {row.label for row in rows if row.split == "train"}
    asked = dict.fromkeys(row.label for row in rows if row.split in ("val", "test"))
    missing = [quoted(label) for label in asked if label not in taught]
    if not taught or not missing:
        return ""
    return f"Labels of validation or testing that no clip for training has: {few(missing)}."


def _groups(rows: Sequence[Row]) -> list[str]:
    """Name the group of each row as it is listed; a clip without one is its own."""
    # Computers differ in the form of Unicode that they write names in.
    names = _within([unicodedata.normalize("NFC", row.name) for row in rows])
    return [f"g{r.group}" if r.group else f"f{name}" for r, name in zip(rows, names, strict=True)]


def _within(names: Sequence[str]) -> Sequence[str]:
    """Cut absolute paths to what follows the folder that holds them all; leave others alone."""
    if not all(map(os.path.isabs, names)):
        return names
    try:
        top = os.path.commonpath([os.path.dirname(name) for name in names])
    except ValueError:  # on several drives
        return names
    return [os.path.relpath(name, top) for name in names]


def divide(
    rows: Sequence[Row], keys: Sequence[str], share: float, seed: int, title: str
) -> list[bool]:
    """Say which of the rows are for testing; `keys` names the group of each.

    Groups are taken in an order that depends on the seed and their own names alone, so that files
    that are moved, all of them, are divided as before. One becomes test if that brings the labels'
    counts closer to `share` and leaves each of its labels for training; then each label that is
    still missing from the test, and can be spared, gets the smallest group it has.

    Raises DataError if nothing is left on one side.
    """
    members: dict[str, Counter[str]] = {}
    for key, row in zip(keys, rows, strict=True):
        members.setdefault(key, Counter())[row.label] += 1
    order = sorted(
        members, key=lambda key: hashlib.sha256(f"{seed} {key}".encode("utf-8", "replace")).digest()
    )
    left = Counter(row.label for row in rows)
    wanted = {label: share * count for label, count in left.items()}
    taken: Counter[str] = Counter()
    test: set[str] = set()

    def spare(key: str) -> bool:
        return all(left[label] > count for label, count in members[key].items())

    def take(key: str) -> None:
        test.add(key)
        taken.update(members[key])
        left.subtract(members[key])

    for key in order:
        gain = 0.0
        for label, count in members[key].items():
            miss = taken[label] - wanted[label]
            gain += ((miss + count) ** 2 - miss**2) / wanted[label]
        if gain < 0 and spare(key):
            take(key)
    having: dict[str, list[str]] = {}
    for key in order:
        for label in members[key]:
            having.setdefault(label, []).append(key)
    for label in sorted(wanted):
        if not taken[label]:
            spares = [key for key in having[label] if spare(key)]
            if spares:
                take(min(spares, key=lambda key: members[key].total()))
    if not test:
        raise DataError(
            f"{title} cannot be divided into training and test: no group can be spared; "
            "there must be two groups or more with the same labels."
        )
    return [key in test for key in keys]
