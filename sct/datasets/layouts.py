"""Tells by one table of layouts which reader reads what a person names as data."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sct.datasets.folders.class_folders import read_folders
from sct.datasets.listing import Listing
from sct.datasets.lists.manifest import read_manifest
from sct.datasets.official import read_hmdb51, read_kinetics, read_ssv2, read_ucf101
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from sct.video.sources import quoted


@dataclass(frozen=True)
class Layout:
    """Describes a way in which a data set lies on the disk.

    Attributes:
        title: what a person writes to name one, for messages.
        read: lists the clips at a path.
        prefix: what the data begins with, such as "ucf101:"; "" for a plain path.
        ending: what a plain path ends with, or several of it; "" takes any.
    """

    title: str
    read: Callable[[Path, ReadOptions], Listing]
    prefix: str = ""
    ending: str | tuple[str, ...] = ""


LISTS = (".csv", ".tsv", ".txt")
# The last that fits is taken.
LAYOUTS = (
    Layout("a folder of class folders", read_folders),
    Layout("a .csv, .tsv or .txt list", read_manifest, ending=LISTS),
    Layout("ucf101:DIR", read_ucf101, prefix="ucf101:"),
    Layout("hmdb51:DIR", read_hmdb51, prefix="hmdb51:"),
    Layout("kinetics:FILE.csv", read_kinetics, prefix="kinetics:"),
    Layout("ssv2:DIR", read_ssv2, prefix="ssv2:"),
)
KINDS = ", ".join(one.title for one in LAYOUTS[:-1]) + f" or {LAYOUTS[-1].title}"


def find_layout(spec: str) -> tuple[Layout, Path]:
    """Return the layout of what a person named, and its path.

    Raises:
        DataError: there is no such data, or no path after a prefix.
    """
    small = spec.lower()
    fits = [x for x in LAYOUTS if small.startswith(x.prefix) and small.endswith(x.ending)]
    layout = fits[-1]
    rest = spec[len(layout.prefix) :]
    place = Path(rest).expanduser()
    if not layout.prefix and os.path.isdir(place):  # whatever it is called
        layout = LAYOUTS[0]
    if not spec:
        raise DataError(f"No data is named; data is {KINDS}.")
    if layout.prefix and not rest:
        raise DataError(f"{spec!r} names no place; data is {KINDS}.")
    if not layout.prefix and small.endswith(".zip") and os.path.isfile(place):
        raise DataError(
            f"{quoted(place.name)} is an archive, which only evaluate and ablate read as it is; "
            "unpack it and name its folder or its list."
        )
    known = layout.prefix or layout.ending or os.path.lexists(place)
    if ":" in spec and not known:
        raise DataError(f"There is no data {quoted(spec)}; data is {KINDS}.")
    return layout, place
