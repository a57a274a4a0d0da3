"""Tells what the folders above the clips of a data set mean: its splits, or its classes.

A folder called train is a split beside val, and a class beside bus and plane. What cannot be told
is refused: a split that is taken for a class trains a model on nothing, and nobody sees it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sct.datasets.folders.split_names import LIST, NO_TELLING, listed, split_roles
from sct.datasets.folders.views import FOLDS, is_person, numbered, refuse_parts
from sct.errors import DataError
from sct.video.sources import quoted

# What lies beside the splits and is none of their clips, even where pictures lie in it.
_ASIDE = frozenset(
    "annotation annotations annos labels lists metadata masks docs splits".split()  # noqa: SIM905
)
_MEANT = {"train": "training", "val": "validation", "test": "testing"}


@dataclass(frozen=True)
class Arrangement:
    """Says which of the folders above a clip is its class, and which its split.

    Attributes:
        label: place of the class among the folders from the data set's own down.
        split: place of the split; None where the folders say none.
        roles: "train", "val" or "test" for the name of each folder that is a split.
        aside: folders, as the names from the top, whose content is no clip of the data set.
        notes: what was taken for what, a sentence each.
    """

    label: int = 0
    split: int | None = None
    roles: dict[str, str] = field(default_factory=dict)
    aside: frozenset[tuple[str, ...]] = frozenset()
    notes: tuple[str, ...] = ()


def arrange(places: Collection[tuple[str, ...]], title: str) -> Arrangement:
    """Tell what the folders of a data set mean.

    Args:
        places: of each clip the names of the folders that it lies in, from the top.
        title: of the data set, which begins a message.

    Raises:
        DataError: folders look like splits, and it cannot be told which they are.
    """
    inner, beside = _part_aside(places, 0)
    top = _beneath_one(inner, 0)
    if not top:
        return _at_top(places, 0, title)
    wrapping = "/".join(inner[0][:top])
    found = _at_top(inner, top, title)
    notes = (f"The data set is taken to be the folder {quoted(wrapping)} in it.", *found.notes)
    return replace(found, aside=found.aside | beside, notes=notes)


def _at_top(places: Collection[tuple[str, ...]], top: int, title: str) -> Arrangement:
    """Arrange folders of which the one at `top` is a split or a class."""
    inner, beside = _part_aside(places, top)
    names = sorted({place[top] for place in inner})
    roles = split_roles(names)
    if not roles:
        return _classes(places, top, title)
    split = [name for name in names if name in roles]
    others = [name for name in names if name not in roles]
    if not others and NO_TELLING not in roles.values():
        return replace(_splits(inner, top, title, roles), aside=beside)
    flat = {place[top] for place in inner if len(place) == top + 1}  # as classes mostly are
    if len(set(roles.values())) > 1 or len(split) > len(others) or not set(split) <= flat:
        beside = f", beside {listed(others)}" if others else ""
        raise DataError(
            f"{title} has folders that look like splits, {listed(split)}{beside}; leave one "
            "folder each for train, val and test, with class folders in it, and no videos beside "
            f"them, or {LIST}."
        )
    said = f"{listed(split)} is taken for a class, as the folders beside it are no splits."
    found = _classes(places, top, title)
    return replace(found, notes=(f"The folder {said}", *found.notes))


def _splits(
    places: Collection[tuple[str, ...]], top: int, title: str, roles: dict[str, str]
) -> Arrangement:
    """Arrange folders that are splits by their names."""
    inside = [place for place in places if len(place) > top + 1]
    holding = sorted({place[top] for place in inside})
    if not holding:
        raise DataError(
            f"{title} has splits by name, {listed(sorted(roles))}, with videos but no class "
            f"folders in them; put each class into a folder of its own, or {LIST}."
        )
    _refuse_two_of_a_role({name: roles[name] for name in holding}, title)
    begin = top + 1
    while all(len(p) > begin + 1 and p[begin].lower() == p[top].lower() for p in inside):
        begin += 1  # train/train, as archives are unpacked
    label = _beneath_one(inside, begin)
    if label > begin and all(is_person(place[label]) for place in inside if len(place) > label):
        label -= 1  # walk/s1 and walk/s2 are two persons, and not two classes
    labels = {place[label] for place in inside if len(place) > label}
    if len(set(split_roles(labels).values())) > 1:
        raise DataError(
            f"{title} has splits within splits, {listed(sorted(labels))} in {listed(holding)}; "
            "name the folder of those that are meant."
        )
    doubts = refuse_parts([place for place in inside if len(place) > label], label, title)
    said = ", ".join(f"{quoted(name)} for {_MEANT[roles[name]]}" for name in holding)
    notes = [f"Folders taken for splits: {said}."]
    if label > begin:
        wrapping = "/".join(next(place for place in inside if len(place) > label)[begin:label])
        notes.append(
            f"The classes are taken to be the folders in {quoted(wrapping)} of each split."
        )
    return Arrangement(label, top, roles, notes=(*notes, *doubts))


def _classes(places: Collection[tuple[str, ...]], top: int, title: str) -> Arrangement:
    """Arrange folders that are classes, in which there may be folders for the splits."""
    notes = list(refuse_parts(places, top, title))
    for at in range(top + 1, max(map(len, places), default=0)):
        inside = [place for place in places if len(place) > at]
        roles = split_roles(place[at] for place in inside)
        within: dict[tuple[str, ...], dict[str, str]] = {}
        of_class: dict[str, set[str]] = {}
        for place in inside:
            if place[at] in roles:
                within.setdefault(place[:at], {})[place[at]] = roles[place[at]]
                of_class.setdefault(place[top], set()).add(roles[place[at]])
        everywhere = len(inside) == len(places) and all(roles.get(place[at]) for place in inside)
        if any("train" in found and len(found) > 1 for found in of_class.values()):
            if not everywhere:
                raise DataError(
                    f"{title} has splits within its classes, {listed(sorted(roles))}, but not all "
                    f"of its clips lie in them; put each clip into one of them, or {LIST}."
                )
            for above, found in within.items():
                _refuse_two_of_a_role(found, f"{title}/{quoted('/'.join(above[top:]))}")
            return Arrangement(top, at, roles, notes=(_taken_for_splits(roles),))
        _refuse_half_a_split(places, top, at, roles, title)
        names = sorted({place[at] for place in inside})
        if everywhere or (len(names) > 1 and all(numbered(name, FOLDS) for name in names)):
            notes.append(
                f"Folders within the classes are called like splits, {listed(names)}, and are not "
                "taken for them: clips for training and testing are drawn."
            )
    return Arrangement(top, notes=tuple(notes))


def _refuse_half_a_split(
    places: Collection[tuple[str, ...]], top: int, at: int, roles: dict[str, str], title: str
) -> None:
    """Refuse folders for a split in the classes with clips beside them: walk/test and walk."""
    split, beside = ({place[top] for place in places if _in(place, at, roles) == x} for x in (1, 0))
    classes = {place[top] for place in places}
    if len(split & beside) > 1 and 2 * len(split & beside) > len(classes):
        raise DataError(
            f"{title} has folders in its classes that look like splits, {listed(sorted(roles))}, "
            f"and clips beside them; put each clip into train, val or test, or {LIST}."
        )


def _in(place: tuple[str, ...], at: int, roles: dict[str, str]) -> bool:
    return len(place) > at and place[at] in roles


def _taken_for_splits(roles: dict[str, str]) -> str:
    said = ", ".join(f"{quoted(name)} for {_MEANT[role]}" for name, role in sorted(roles.items()))
    return f"Folders within the classes taken for splits: {said}."


def _part_aside(
    places: Collection[tuple[str, ...]], at: int
) -> tuple[list[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    """Part places from the folders at `at` that hold no clips by their name, such as labels."""
    beside = {place[: at + 1] for place in places if place[at].lower() in _ASIDE}
    return [place for place in places if place[: at + 1] not in beside], frozenset(beside)


def _beneath_one(places: Collection[tuple[str, ...]], top: int) -> int:
    """Return the first place from `top` on with several folders, if one folder wraps them.

    A folder that is a split by its name wraps nothing, unless splits lie in it. Where there are
    never several, nothing is wrapped.
    """
    at = top
    while True:
        names, below = ({place[i] for place in places if len(place) > i} for i in (at, at + 1))
        if len(names) > 1:
            return at
        if not names or any(len(place) < at + 2 for place in places):
            return top
        named = any(split_roles(names).values())
        if named and len(set(split_roles(below).values())) < 2:
            return at
        at += 1


def _refuse_two_of_a_role(roles: dict[str, str], title: str) -> None:
    for role, count in Counter(roles.values()).items():
        if count > 1:
            both = listed(sorted(name for name in roles if roles[name] == role))
            raise DataError(
                f"{title} has several folders for {_MEANT[role]}, {both}; leave one of them, "
                "or put their clips together."
            )
