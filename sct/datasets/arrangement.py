"""Tells what the folders above the clips of a data set mean: its splits, or its classes.

A folder called train is a split beside val, and a class beside bus and plane. What cannot be told
is refused: a split that is taken for a class trains a model on nothing, and nobody sees it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sct.errors import DataError
from sct.video.sources import quoted

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training", "trn", "trainval"), "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation", "dev"), "val"),
    **dict.fromkeys(("eval", "evaluation", "heldout"), "val"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}
# What stands beside the name of a split, as in videos_train, train_set, trainlist or val-256px.
_AFFIXES = frozenset(
    """set sets split splits data dataset datasets list lists part parts subset folder dir video
    videos vid vids clip clips frame frames rgb image images img imgs jpg jpegs png mp4 avi file
    files sample samples class classes full small mini tiny resized raw final new all x p px fps
    """.split()  # noqa: SIM905 (fifty lines otherwise)
)
# What lies beside the splits and is none of their clips, even where pictures lie in it.
_ASIDE = frozenset(
    "annotation annotations annos labels lists metadata masks docs splits __macosx".split()  # noqa: SIM905
)
_FOLDS = frozenset("fold folds split splits partition partitions cv subset subsets".split())  # noqa: SIM905
_SHARDS = frozenset("part parts set sets chunk chunks batch batches shard shards".split())  # noqa: SIM905
_MEANT = {"train": "training", "val": "validation", "test": "testing"}
NO_TELLING = ""  # the role of train_test and its like
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_LONG_FIRST = "|".join(sorted(SPLIT_NAMES, key=len, reverse=True))
_LIST = 'name the clips in a .csv list with the columns "path" and "label" instead'
_NAMED = 6


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
        _refuse_folds(inner, top, names, title)
        return _classes(places, top, title)
    split = [name for name in names if name in roles]
    others = [name for name in names if name not in roles]
    if not others and NO_TELLING not in roles.values():
        return replace(_splits(inner, top, title, roles), aside=beside)
    flat = {place[top] for place in inner if len(place) == top + 1}  # as classes mostly are
    if len(set(roles.values())) > 1 or len(split) > len(others) or not set(split) <= flat:
        beside = f", beside {_listed(others)}" if others else ""
        raise DataError(
            f"{title} has folders that look like splits, {_listed(split)}{beside}; leave one "
            "folder each for train, val and test, with class folders in it, and no videos beside "
            f"them, or {_LIST}."
        )
    said = f"{_listed(split)} is taken for a class, as the folders beside it are no splits."
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
            f"{title} has splits by name, {_listed(sorted(roles))}, with videos but no class "
            f"folders in them; put each class into a folder of its own, or {_LIST}."
        )
    _refuse_two_of_a_role({name: roles[name] for name in holding}, title)
    label = _beneath_one(inside, top + 1)
    labels = {place[label] for place in inside if len(place) > label}
    if len(set(split_roles(labels).values())) > 1:
        raise DataError(
            f"{title} has splits within splits, {_listed(sorted(labels))} in {_listed(holding)}; "
            "name the folder of those that are meant."
        )
    said = ", ".join(f"{quoted(name)} for {_MEANT[roles[name]]}" for name in holding)
    return Arrangement(label, top, roles, notes=(f"Folders taken for splits: {said}.",))


def _classes(places: Collection[tuple[str, ...]], top: int, title: str) -> Arrangement:
    """Arrange folders that are classes, in which there may be folders for the splits."""
    inner = _within(places, top)
    roles = split_roles(set().union(*inner.values()) - {""})
    found = [{roles.get(name, "") for name in names} for names in inner.values()]
    if not any("train" in one and len(one - {""}) > 1 for one in found):
        return Arrangement(top)
    if any("" in one for one in found):
        raise DataError(
            f"{title} has splits within its classes, {_listed(sorted(roles))}, but not all of its "
            f"clips lie in them; put each clip into one of them, or {_LIST}."
        )
    for label, names in inner.items():
        _refuse_two_of_a_role({name: roles[name] for name in names}, f"{title}/{quoted(label)}")
    said = ", ".join(f"{quoted(name)} for {_MEANT[role]}" for name, role in sorted(roles.items()))
    notes = (f"Folders within the classes taken for splits: {said}.",)
    return Arrangement(top, top + 1, roles, notes=notes)


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


def _within(places: Collection[tuple[str, ...]], top: int) -> dict[str, set[str]]:
    """Return for each folder at `top` those in it that hold clips; "" if there are clips beside."""
    found: dict[str, set[str]] = {}
    for place in places:
        found.setdefault(place[top], set()).add(place[top + 1] if len(place) > top + 1 else "")
    return found


# -- names -----------------------------------------------------------------------------------------


def split_roles(names: Iterable[str]) -> dict[str, str]:
    """Return "train", "val" or "test" for each of the names that is that of a split.

    Usual additions are understood, such as in train_set, videos_val and test-256. Others count
    where two splits have them, as in UCF_train and UCF_test. The role is "" where a name has two,
    as train_test has; train and val together are for training.
    """
    alike: dict[tuple[str, ...], dict[str, str]] = {}
    for name in names:
        for rest, role in _readings(name):
            alike.setdefault(rest, {})[name] = role
    found = dict(alike.pop((), {}))
    for group in alike.values():
        if len(set(group.values())) > 1:
            found = group | found
    return found


def _readings(name: str) -> Iterable[tuple[tuple[str, ...], str]]:
    """Give (what else is in a name, the split that it names), all ways to read it."""
    words = [part for word in _WORD.findall(name) for part in _apart(word.lower())]
    roles = {SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES}
    if roles:
        rest = [w for w in words if w not in SPLIT_NAMES and w not in _AFFIXES and not w.isdigit()]
        role = roles.pop() if len(roles) == 1 else "train" if roles == {"train", "val"} else ""
        yield tuple(rest), role
    elif found := re.fullmatch(f"(.*?)({_LONG_FIRST})(.*)", name.lower()):
        yield (found[1], "*", found[3]), SPLIT_NAMES[found[2]]


def _apart(word: str) -> Sequence[str]:
    """Part a word such as trainset or videotest into its two."""
    for at in range(2, len(word) - 1):
        parts = word[:at], word[at:]
        if any(a in SPLIT_NAMES and b in _AFFIXES for a, b in (parts, parts[::-1])):
            return parts
    return (word,)


# -- what is refused -------------------------------------------------------------------------------


def _refuse_two_of_a_role(roles: dict[str, str], title: str) -> None:
    for role, count in Counter(roles.values()).items():
        if count > 1:
            both = _listed(sorted(name for name in roles if roles[name] == role))
            raise DataError(
                f"{title} has several folders for {_MEANT[role]}, {both}; leave one of them, "
                "or put their clips together."
            )


def _refuse_folds(
    places: Collection[tuple[str, ...]], top: int, names: Sequence[str], title: str
) -> None:
    """Refuse fold1, fold2 and so on, and numbered parts with the same folders in each."""
    within = _within(places, top)
    folds = [name for name in names if _numbered(name, _FOLDS)]
    shards = [name for name in names if _numbered(name, _SHARDS)]
    alike = set.intersection(*(within[name] for name in shards)) - {""} if shards else set()
    for found in (folds, shards if alike else []):
        if len(found) > 1 and 2 * len(found) > len(names):
            raise DataError(
                f"{title} has the folders {_listed(found)}, which are parts of a data set by their "
                f"names and no classes; name folders train, val and test, or {_LIST}."
            )


def _numbered(name: str, words: frozenset[str]) -> bool:
    found = [word.lower() for word in _WORD.findall(name)]
    rest = [word for word in found if word not in words and not word.isdigit() and len(word) > 1]
    return not rest and any(word in words for word in found) and len(found) > 1


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(quoted, names[:_NAMED])) + more
