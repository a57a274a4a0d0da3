"""Reads the columns of a list that name parts of videos: from when to when, and where.

Columns whose unit is certain are read. Others that seem to name a part are refused: a clip that is
taken for the whole of its file shows something else than its label.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sct.datasets.listing import SIDES, Box, checked_part, part_of_picture
from sct.datasets.lists.tables import Table, folded
from sct.datasets.lists.unread import unread_box, unread_time
from sct.errors import DataError
from sct.labels import ascii_digits, number_of
from sct.video.sources import quoted

# How often a unit goes into a second. A name without one means seconds.
_UNITS = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), 1e3),
    **dict.fromkeys(("us", "usec", "microsecond", "microseconds"), 1e6),
}


def _with_units(*names: str) -> dict[str, float]:
    return {f"{n}_{unit}".rstrip("_"): per_s for n in names for unit, per_s in _UNITS.items()}


# The first name of each is ours, and wins where a table has several.
START = _with_units(
    *("start", "start_time", "time_start", "t_start", "begin", "begin_time", "time_begin"),
    *("t_begin", "clip_start", "segment_start", "starttime", "tstart"),
)
END = _with_units(
    *("end", "end_time", "time_end", "t_end", "stop", "stop_time", "time_stop"),
    *("t_stop", "clip_end", "segment_end", "endtime", "tend"),
)
DURATION = _with_units("duration")
# Shares of the picture if they are at most 1; pixels are refused as shares.
_CORNERS = (
    SIDES,
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
)
# In fine units 1.500 may be either, and both are likely. Sound lists in seconds have 1.500, too.
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:[.,'\u2019\u066b\u066c\s][0-9]{3})+")


@dataclass(frozen=True)
class Parts:
    """Says in which columns of a table the parts of videos are named.

    Attributes:
        table: the list.
        start, end, duration: place of each column, None if there is none.
        sides: of left, top, right and bottom.
    """

    table: Table
    start: int | None
    end: int | None
    duration: int | None
    sides: tuple[int | None, ...]

    @property
    def places(self) -> set[int]:
        """Return the places of all these columns."""
        return {self.start, self.end, self.duration, *self.sides} - {None}

    def notes(self) -> tuple[str, ...]:
        """Say what is read as sides of a part of the picture, if it is called otherwise."""
        columns = [self.table.columns[i] for i in self.sides if i is not None]
        if all(folded(column) in SIDES for column in columns):
            return ()
        return (f"{', '.join(map(quoted, columns))} are read as {', '.join(SIDES)}, in shares.",)

    def of(self, cells: Sequence[str], where: str) -> tuple[float, float | None, Box]:
        """Return the start and end in seconds, None for the file's end, and the box of a row.

        Raises DataError, which `where` begins, on what is no number or no part.
        """
        begins = self._seconds(cells, self.start, START, 0.0, where)
        ends = self._seconds(cells, self.end, END, math.inf, where)
        if self.duration is not None:
            ends = begins + self._seconds(cells, self.duration, DURATION, math.inf, where)
            ends = round(ends, 9)  # 0.1 + 0.2 is 0.3
        start, end = checked_part(begins, ends, where)
        number = self.table.number
        box = part_of_picture(["" if i is None else number(cells[i]) for i in self.sides], where)
        return start, end, box

    def _seconds(
        self,
        cells: Sequence[str],
        at: int | None,
        units: dict[str, float],
        empty: float,
        where: str,
    ) -> float:
        if at is None or not cells[at]:
            return empty
        per_s = units[folded(self.table.columns[at])]
        if per_s > 1 and _THOUSANDS.fullmatch(ascii_digits(cells[at])):
            raise DataError(
                f"{where} has {quoted(cells[at])} in the column {quoted(self.table.columns[at])}, "
                "which may be a thousand and more, or a fraction; write it without a sign before "
                "its last three digits."
            )
        value = number_of(self.table.number(cells[at]))
        return math.nan if value is None else value / per_s


def find_parts(table: Table, taken: Collection[int]) -> Parts:
    """Find the columns that name parts.

    Args:
        table: the list.
        taken: places of the columns that mean something else.

    Raises:
        DataError: two columns may be the start or the end, or one seems to name a part in a way
            that is not understood.
    """
    start, end = table.find(*START), table.find(*END)
    duration = None if start is None or end is not None else table.find(*DURATION)
    sides = next(filter(None, (_corners(table, names) for names in _CORNERS)), (None,) * 4)
    parts = Parts(table, start, end, duration, sides)
    rest = [i for i in range(len(table.columns)) if i not in taken and i not in parts.places]
    if found := unread_box(table, rest, sides):
        raise DataError(
            f"{table.title} has a column {quoted(found)}; a part of the picture is named in "
            "columns left, top, right and bottom, as shares of it from 0 to 1: write these, or "
            "leave it out."
        )
    ends = end is not None or duration is not None
    if found := unread_time(table, rest, start is not None, ends):
        raise DataError(
            f"{table.title} has a column {quoted(found)}; a part of a file is named in "
            "seconds, in columns start and end (or in milliseconds, in start_ms and end_ms): "
            "write these, or leave it out."
        )
    return parts


def _corners(table: Table, names: Sequence[str]) -> tuple[int | None, ...] | None:
    """Return where the columns of a part of the picture are, None if they are not called so."""
    found = tuple(table.find(name) for name in names)
    enough = any if names is SIDES else all  # only ours may be left out, for the border
    return found if enough(place is not None for place in found) else None
