"""Tells which columns seem to name a part of a video in a way that is not read.

A column counts by its name if numbers stand in it, or by its cells if they are pairs or fours of
numbers in brackets. Where only a start or only an end is read, any column of numbers may be the
other one. Lengths and counts of frames are those of the file, and dates are of no part.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sct.datasets.lists.columns import FOLDS, GROUPS
from sct.datasets.lists.tables import Table, folded

_EDGE = (
    "start|begin|beg|end|ende|ending|stop|finish|onset|offset|from|to|until|till|first|last|in|out|"
    "von|bis|anfang|beginn|debut|fin|inicio|fim|inizio|fine|начало|конец|开始|结束|開始|結束|終了|"
    "시작|끝"
)
_OF_TIME = re.compile(
    # words
    rf"(?:^|_)[tsf]?(?:{_EDGE}|t)[0-9]*"
    r"(?:time|frame|point|ms|sec|pos|idx|index|id|nr|no)?s?[0-9]*(?:_|$)|"
    r"(?:^|_)(?:t[se]|[se]t|[se]f|[fs][se]|t_?m(?:in|ax)|times?|tc|segs?|ranges?|moments?|"
    r"spans?|windows?|cuts?|temporal|between)[0-9]*(?:_|$)|"
    # wherever in a word
    r"start|begin|segment|interval|frame|trim|stamp|timecode|zeit|"
    r"(?:clip|video|action|event|label)end(?:_|$)|"
    # the whole name
    r"^(?:secs?|seconds?|ms|minutes?|mins?|at|when|pos|position|seek|peak|midpoint)(?:_m?s)?$"
)
_OF_FILE = re.compile(
    r"(?:^|_)(?:length|len|dur|duration|dauer|fps|zone)(?:_|$)|"
    r"(?:^|_)(?:n|nb|num|number|total|all|video|clip|of)?_?frames(?:_|$)|"
    r"frame_?(?:count|rate|width|height|size|total)|^(?:total|run|running|play)_?time(?:_|$)|"
    r"(?:^|_)(?:date|creat\w*|upload\w*|record\w*|modif\w*|reaction|response|exposure)_?time"
)
_AXIS = (
    "(?:^|_)(?:c?{0}|{0}(?:[0-3]|_?min|_?max|c|tl|tr|bl|br|lo|hi|left|right|top|bottom|start|end|"
    "_?cent(?:er|re))|(?:min|max|tl|tr|bl|br|ul|lr|lo|hi|left|right|top|bottom|start|end|[lrtbp]|"
    "cent(?:er|re)){0})(?:_|$)"
)
_OF_X, _OF_Y = (re.compile(_AXIS.format(axis)) for axis in "xy")
_MORE_SIDES = re.compile(
    r"(?:^|_)(?:w|h|width|height|size|upper|lower|up|down|low|high|[lrtbxy])(?:_|$)"
)
_BOX = re.compile(
    r"^(?:left|top|right|bottom|upper|lower)_?(?:px|pixels?|pct|percent)$|"
    r"(?:^|_)(?:[a-z]*box|[a-z]*boxes|bb|polygon|quad|crop[a-z]*|rects?|rectangle|regions?|rois?|"
    r"bounding|xywh|xyxy|ltrb|ltwh|tlbr|tlwh)[0-9]*(?:_|$)"
)
_LETTERS = ({"l", "t", "r", "b"}, {"l", "t", "w", "h"}, {"x", "y", "w", "h"})
_HARMLESS = frozenset((*GROUPS, *FOLDS, "", "id", "index", "fps", "width", "height", "group"))
_SIZES = re.compile(r"size|resolution|shape|dim|width|height|ratio")

_NUMBERS = re.compile(r"[\[({]?[\d.,:;\s+/hms-]*[\])}]?\s*[a-z%]{0,3}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}|\d{9,}")
_NUMBER = r"\s*[+-]?[\d.]+\s*"
_NEXT = f"[,;:]{_NUMBER}"
_TUPLE = re.compile(rf"[\[({{]{_NUMBER}{_NEXT}(?:{_NEXT}{_NEXT})?[\])}}]")
_LOOKED_AT = 60  # letters of a cell


def unread_time(table: Table, places: Sequence[int], start: bool, end: bool) -> str | None:
    """Return the name of a column that seems to say from when to when, None if there is none.

    Args:
        table: the list.
        places: of the columns that are not read.
        start, end: whether columns that are read say these.
    """
    if start and end:
        return None
    for i in places:
        name = folded(table.columns[i])
        if start or end:
            seems = name not in _HARMLESS
        else:
            seems = _OF_TIME.search(name) is not None and not _OF_FILE.search(name)
        cells = _cells(table, i)
        in_pairs = bool(cells) and all(map(_TUPLE.fullmatch, cells)) and not _SIZES.search(name)
        of_frames = _OF_TIME.search(name) and any(cell[:1] in "[({" for cell in cells)
        if in_pairs or of_frames or (seems and any(map(_holds_numbers, cells))):
            return table.columns[i]
    return None


def unread_box(table: Table, places: Sequence[int], sides: Collection[int | None]) -> str | None:
    """Return the name of a column that seems to say a part of the picture, None if there is none.

    Args:
        table: the list.
        places: of the columns that are not read.
        sides: places of left, top, right and bottom, as far as they are read.
    """
    sides = tuple(sides)
    across, along, boxes, more = (
        _named(table, places, p) for p in (_OF_X, _OF_Y, _BOX, _MORE_SIDES)
    )
    if set(sides) == {None}:
        letters = {folded(table.columns[i]): table.columns[i] for i in places}
        spelt = [letters[min(some)] for some in _LETTERS if some <= set(letters)]
        found = boxes or (across if along else []) or spelt
    else:  # left, top, width and height
        found = more if None in sides else []
    return found[0] if found else None


def _named(table: Table, places: Sequence[int], pattern: re.Pattern) -> list[str]:
    """Return which of the columns are called so and have a number in them, perhaps with a unit."""
    return [
        table.columns[i]
        for i in places
        if pattern.search(folded(table.columns[i])) and any(map(_holds_numbers, _cells(table, i)))
    ]


def _cells(table: Table, at: int) -> set[str]:
    return {cells[at][:_LOOKED_AT].strip() for _, cells in table.rows} - {""}


def _holds_numbers(cell: str) -> bool:
    numeric = any(map(str.isdigit, cell)) and not _DATE.match(cell)
    return numeric and (cell[0] in "[({" or _NUMBERS.fullmatch(cell) is not None)
