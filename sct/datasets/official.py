"""Reads the official lists of UCF101, HMDB51, Kinetics-400/600/700 and Something-Something v2.

A list names more videos than most copies hold, so what is not there is left out and named.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from sct.datasets.files import (
    checked_folder,
    checked_label,
    entries,
    is_folder,
    plain,
    read_json,
    read_lines,
)
from sct.datasets.listing import (
    Collector,
    Listing,
    Row,
    part_of_file,
    split_named,
    title_of,
    ucf_group,
)
from sct.datasets.lists.around import beside_notes, lists_beside
from sct.datasets.lists.tables import Table, read_table
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.labels import sort_labels
from sct.video.sources import quoted

_LISTS_IN = ("annotations", "annotation", "labels", "splits", "lists")


def read_ucf101(root: Path, options: ReadOptions) -> Listing:
    """Read UCF101: trainlist01.txt, testlist01.txt and classInd.txt; Class/v_Class_g01_c01.avi.

    The lists may lie in the folder itself or in ucfTrainTestlist; a fold's lists are numbered.
    """
    fold = options.fold
    lists = _home_of(root, f"trainlist{fold:02d}.txt", "ucfTrainTestlist")
    order = _ucf_classes(lists / "classInd.txt") if (lists / "classInd.txt").exists() else {}
    clips = Collector(root)
    for split in ("train", "test"):
        source = lists / f"{split}list{fold:02d}.txt"
        for number, line in read_lines(source):
            where = f"Line {number} of {quoted(source.name)}"
            # Only training lines end in the class's number.
            match = re.fullmatch(r"([^/]+)/([^/\s]+)(?:\s+(\d{1,6}))?", line.replace("\\", "/"))
            if not match:
                raise DataError(f"{where} is not like Class/v_Class_g01_c01.avi 1.")
            label, group = checked_label(match[1], where), ucf_group(Path(match[2]).stem)
            if order and (label not in order or (match[3] and int(match[3]) != order[label])):
                raise DataError(f"{where} does not fit the classes of classInd.txt.")
            clips.add(f"{label}/{match[2]}", label, match[2], group, split)
    return clips.listing(title_of(root), order)


def _ucf_classes(path: Path) -> dict[str, int]:
    numbers = {}
    for number, line in read_lines(path):
        match = re.fullmatch(r"(\d{1,6})\s+(\S.*)", line)
        if not match:
            raise DataError(f"Line {number} of {quoted(path.name)} is not like 1 ApplyEyeMakeup.")
        numbers[checked_label(match[2], f"Line {number} of {quoted(path.name)}")] = int(match[1])
    return dict(sorted(numbers.items(), key=lambda item: item[1]))


def read_hmdb51(root: Path, options: ReadOptions) -> Listing:
    """Read HMDB51: for each class a list CLASS_test_split1.txt of "name.avi 0|1|2".

    1 is for training, 2 for testing, 0 for neither. Clips cut from one film form a group.
    """
    ending = f"_test_split{options.fold}.txt"
    lists = _home_of(root, f"*{ending}", "testTrainMulti_7030_splits", "test_train_splits")
    clips = Collector(root)
    for source in sorted(lists.glob(f"*{ending}")):
        label = checked_label(source.name.removesuffix(ending), f"The list {quoted(source.name)}")
        for number, line in read_lines(source):
            match = re.fullmatch(r"(\S.*?)\s+([012])", line)
            if not match:
                raise DataError(
                    f"Line {number} of {quoted(source.name)} is not a file's name and 0, 1 or 2."
                )
            split = ("", "train", "test")[int(match[2])]
            film = Path(match[1]).stem.rpartition(f"_{label}_")[0]
            clips.add(f"{label}/{match[1]}", label, match[1], film, split)
    return clips.listing(title_of(root))


def read_kinetics(path: Path, options: ReadOptions) -> Listing:
    """Read Kinetics-400/600/700: CSV of label, youtube_id, time_start, time_end and split.

    Videos are called ID_000010_000020 with those seconds, anywhere under the CSV file's folder (or
    the one above, if that folder holds lists only); a file called ID alone is the whole video, of
    which the seconds are taken. Most releases have a file a split: the others beside it (val.csv
    beside train.csv) supply the labels, and the clips of a split that the file itself lacks.
    """
    table = read_table(path)
    home = path.absolute().parent
    if home.name.lower() in _LISTS_IN:
        home = home.parent
    clips = Collector(home)
    labels = _add_kinetics(table, clips)
    own = {row.split for row in clips.rows} - {""}
    mine, more = clips.rows, []
    for sibling in lists_beside(path):
        other = read_table(sibling)
        if other.find("label") is None:  # nobody but the authors has the labels of the test clips
            continue
        clips.rows = []
        labels |= _add_kinetics(other, clips)
        more += [row for row in clips.rows if row.split not in own]
        own |= {row.split for row in clips.rows} if own else set()  # val.csv, validate.csv: once
    clips.rows = mine
    found = clips.listing(table.title, sort_labels(labels), bool(own), more if own else ())
    return found if own else replace(found, notes=beside_notes(path))


def _add_kinetics(table: Table, clips: Collector) -> set[str]:
    """Add the clips of a list to `clips`, and return all its labels."""
    named, at = table.place("label"), table.place("youtube_id")
    begins, ends = table.place("time_start"), table.place("time_end")
    split_at = table.find("split")
    labels = set()
    for number, cells in table.rows:
        where = f"Row {number} of {table.title}"
        split = split_named(cells[split_at], where) if split_at is not None else ""
        if split == "test" and not cells[named]:
            continue
        label = checked_label(cells[named], where)
        labels.add(label)
        start, end = part_of_file(table.number(cells[begins]), table.number(cells[ends]), where)
        if end is None:
            raise DataError(
                f"{where} needs its start and end in seconds, the start before the end."
            )
        video = cells[at]
        name = f"{video}_{int(start):06d}_{int(end):06d}"
        if path := clips.index.find(name, label):
            clips.rows.append(Row(path, name, label, video, split))
        elif path := clips.index.find(video, label):
            clips.rows.append(Row(path, name, label, video, split, start, end))
        else:
            clips.leave_out(name)
    return labels


def read_ssv2(root: Path, options: ReadOptions) -> Listing:
    """Read Something-Something v2: JSON lists of {"id", "template"} for train and validation.

    The class is the template without its brackets, numbered by the labels file; videos are called
    ID.webm, in any folder below. The clips of the test list have no labels and are not read.
    """
    lists = _home_of(root, "*train.json", "labels")
    # Later releases call the lists train.json and so on.
    prefix = "something-something-v2-"
    prefix = prefix if (lists / f"{prefix}train.json").exists() else ""
    numbers = {}
    if (lists / f"{prefix}labels.json").exists():
        numbers = _ssv2_labels(lists / f"{prefix}labels.json")
    clips = Collector(root)
    for split, word in (("train", "train"), ("val", "validation")):
        source = lists / f"{prefix}{word}.json"
        value = read_json(source)
        if not isinstance(value, list):
            raise DataError(f"{quoted(source.name)} is not a list of clips.")
        for number, entry in enumerate(value, 1):
            where = f"Entry {number} of {quoted(source.name)}"
            found = isinstance(entry, dict) and (entry.get("id"), entry.get("template"))
            if not found or not isinstance(found[0], (str, int)) or not isinstance(found[1], str):
                raise DataError(f"{where} needs an id and a template.")
            label = checked_label(re.sub(r"[\[\]]", "", found[1]), where)
            if numbers and label not in numbers:
                raise DataError(
                    f"{where} has the class {quoted(label)}, which the labels file lacks."
                )
            file = f"{found[0]}.webm"
            clips.add(file, label, file, split=split, inside=False)
    return clips.listing(title_of(root), numbers)


def _ssv2_labels(path: Path) -> dict[str, int]:
    value = read_json(path)
    try:
        numbers = {
            checked_label(label, f"{quoted(path.name)}"): int(number)
            for label, number in value.items()
        }
    except (AttributeError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f'{quoted(path.name)} does not give a number for each class, like {{"Holding": "0"}}.'
        ) from None
    return dict(sorted(numbers.items(), key=lambda item: item[1]))


# -- where things are ------------------------------------------------------------------------------


def _home_of(root: Path, pattern: str, *usual: str) -> Path:
    """Return the folder with a list called `pattern`: `root`, or one of the usual ones in it."""
    checked_folder(root)
    wanted = {plain(name) for name in (*usual, *_LISTS_IN)}
    places = [root] + [
        root / e.name for e in entries(root) if is_folder(e) and plain(e.name) in wanted
    ]
    for place in places:
        if any(place.glob(pattern)):
            return place
    raise DataError(
        f"The folder {quoted(str(root))} holds no list {quoted(pattern)}, "
        f"neither itself nor in a folder {usual[0]}."
    )
