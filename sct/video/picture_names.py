"""Tells by their names which pictures in a folder are one sequence, and their order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from sct.errors import ClipError
from sct.video.endings import is_picture
from sct.video.sources import quoted

_NUMBERED = re.compile(r"(.*?)([0-9]{1,40})([^0-9]*)")
# Seconds as 0.25 or frame_0,5s; of 1.2.3 it cannot be told what it counts.
_DECIMAL = re.compile(r"((?:.*[^0-9.,])?)([0-9]{1,40})[.,]([0-9]{1,40})([^0-9]*)")
_DIGITS = re.compile(r"([0-9]{1,40})")
_HASH = re.compile(r"_(?:jpe?g|png)\.rf\.[0-9a-f]{32}$", re.IGNORECASE)  # Roboflow's
# Beside their frames data sets keep optical flow, as flow_x_00001.jpg or x_00001.jpg.
_FLOW = re.compile(r"flow.*|(flow[_-]?)?[xyuv][_-]*", re.IGNORECASE)
_ALIKE = {".jpeg": ".jpg", ".jpe": ".jpg", ".tiff": ".tif"}

Kind = tuple[str, str, str]  # what stands before a number and behind it, and the ending
Parts = tuple[str, str, str]  # the digits before and behind a point, and the name


def numbered_pictures(
    names: Iterable[str], is_kind: Callable[[str], bool] = is_picture
) -> tuple[str, ...]:
    """Return the pictures among `names` that are one sequence, in the order of their numbers.

    A sequence has one beginning, one kind of ending and a number each, as img_00001.jpg has; zeros
    before the number do not matter, and numbers may be missing. Decimal numbers, such as seconds,
    come by their value. Pictures without a number are left aside, and optical flow beside frames
    too. No sequence, or a single picture: none are returned.

    Args:
        names: of files.
        is_kind: says by its name whether a file is such a picture.

    Raises:
        ClipError: several sequences, one number twice, or numbers that may be decimal or not; the
            message lacks the folder's name.
    """
    names = [name for name in names if is_kind(name) and name[0] != "."]
    decimal = _decimals(names)
    kinds: dict[Kind, dict[int | Decimal, str]] = {}
    for name in names:
        kind, number = decimal.get(name) or _number(name)
        if number is None:
            continue
        other = kinds.setdefault(kind, {}).setdefault(number, name)
        if other != name:
            pair = " and ".join(sorted((quoted(other), quoted(name))))
            raise ClipError(f"holds two pictures of one number, {pair}")
    frames = [kind for kind in kinds if not _FLOW.fullmatch(kind[0])] or list(kinds)
    if len(frames) > 1 and (counted := _counted_within(names)):
        return counted
    if len(frames) > 1:
        some = " and ".join(
            quoted(kinds[kind][min(kinds[kind])]) for kind in sorted(frames, key=str)[:3]
        )
        raise ClipError(
            f"holds several sequences of pictures, such as {some}; each needs a folder of its own"
        )
    if not frames or len(kinds[frames[0]]) < 2:
        return ()
    return tuple(name for _, name in sorted(kinds[frames[0]].items()))


def spacing_note(files: Sequence[str]) -> str:
    """Say what the numbers of a sequence tell and a clip does not keep, "" if nothing."""
    if _decimals(files):
        return (
            "Pictures are named by decimal numbers, such as seconds: their order is kept, "
            "their distances are not."
        )
    first, last = (_number(name)[1] for name in (files[0], files[-1]))
    missing = last - first + 1 - len(files)
    if not missing:
        return ""
    return f"Numbers of pictures are skipped ({missing:,}); no time is left for them."


def _counted_within(names: Sequence[str]) -> tuple[str, ...]:
    """Return names in the order of the one number in them that varies, as in frame_1_640x480.

    None are returned if several numbers vary, or anything else does.
    """
    parts = {name: _DIGITS.split(name) for name in names}
    if len({tuple(part[::2]) for part in parts.values()}) > 1:
        return ()
    varying = [
        found
        for column in list(zip(*parts.values(), strict=True))[1::2]
        if len(set(found := tuple(map(int, column)))) > 1
    ]
    if len(varying) != 1 or len(set(varying[0])) < len(names):
        return ()
    return tuple(name for _, name in sorted(zip(varying[0], parts, strict=True)))


def _number(name: str) -> tuple[Kind, int | None]:
    stem, ending = _split(name)
    stem = _HASH.sub("", stem)
    found = _NUMBERED.fullmatch(stem)
    return ((found[1], found[3], ending), int(found[2])) if found else (("", "", ""), None)


def _split(name: str) -> tuple[str, str]:
    stem, ending = os.path.splitext(name)
    return stem, _ALIKE.get(ending.lower(), ending.lower())


# -- decimal numbers -------------------------------------------------------------------------------


def _decimals(names: Sequence[str]) -> dict[str, tuple[Kind, Decimal]]:
    """Return (kind, value) of those names that are decimal numbers, as 0.25 is and clip1.0001 not.

    Raises ClipError where names may be decimal numbers or counted, which differ in their order.
    """
    kinds: dict[Kind, list[Parts]] = {}
    for name in names:
        if name.count(".") < 2 and "," not in name:
            continue
        stem, ending = _split(name)
        if found := _DECIMAL.fullmatch(stem):
            kinds.setdefault((found[1], found[4], ending), []).append((found[2], found[3], name))
    decimal = {}
    for kind, parts in kinds.items():
        if _are_decimal(kind[0], parts):
            for whole, part, name in parts:
                decimal[name] = kind, Decimal(f"{whole}.{part}")
    return decimal


def _are_decimal(before: str, parts: Sequence[Parts]) -> bool:
    wholes: dict[int, list[int]] = {}
    for whole, part, _ in parts:
        wholes.setdefault(int(whole), []).append(int(part))
    if before[-1:].isalpha() and len(wholes) == 1:
        # Of video.mp4.1 and shot2.9 the number before the point is the name's, but not of t0.5.
        alike = len({Decimal(f"0.{part}") for _, part, _ in parts}) < len(parts)
        if alike or wholes.keys() != {0}:
            return False
    if len({len(part) for _, part, _ in parts}) == 1:
        # Of one length both ways to read them have one order, but 1.001, 1.002, 2.001 may be clips.
        return len(wholes) > 1 and not _restart(wholes, len(parts[0][1]))
    values = [Decimal(f"{whole}.{part}") for whole, part, _ in parts]
    counted = [(int(whole), int(part)) for whole, part, _ in parts]
    if len(set(values)) < len(values):
        return wholes.keys() == {0}  # 1.1 and 1.10 are counted, 0.5 and 0.50 are one
    if len(set(counted)) < len(counted):
        return True  # 1.05 and 1.5
    by_value, by_count = (
        sorted(range(len(parts)), key=order.__getitem__) for order in (values, counted)
    )
    if by_value == by_count:
        return len(wholes) > 1
    # No decimal number of its own length ends in 0, nor do times go up in steps of whole numbers.
    if any(len(part) > 1 and part[-1] == "0" for _, part, _ in parts) or _even(wholes):
        differing = (i for i, j in zip(by_count, by_value, strict=True) if i != j)
        some = " and ".join(quoted(parts[i][2]) for i in [*differing][:3])
        raise ClipError(
            f"holds pictures whose numbers may be decimal or counted, such as {some}, which "
            "differ in their order; give all of them as many digits"
        )
    return True


def _restart(wholes: dict[int, list[int]], digits: int) -> bool:
    """Say whether numbers behind the point count anew behind each number before it."""
    within = [_steps(found) for found in wholes.values() if len(found) > 1]
    values = [whole * 10**digits + part for whole, found in wholes.items() for part in found]
    by_one = within == [{1}] * len(within)
    regular = all(len(steps) == 1 for steps in within) and len(within) > 1
    return bool(within) and (by_one or regular) and len(_steps(values)) > 1


def _even(wholes: dict[int, list[int]]) -> bool:
    """Say whether three or more numbers behind the point go up by one and the same step."""
    return any(len(found) > 2 and len(_steps(found)) == 1 for found in wholes.values())


def _steps(numbers: Sequence[int]) -> set[int]:
    order = sorted(numbers)
    return {two - one for one, two in pairwise(order)}
