"""Refuses folders that are parts of a data set, or views of it, and would be taken for classes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from sct.datasets.folders import takes
from sct.datasets.folders.recordings import OTHERWISE
from sct.datasets.folders.split_names import AFFIXES, LIST, SPLIT_NAMES, any_role, listed, words
from sct.errors import DataError
from sct.video.sources import quoted

FOLDS = frozenset("fold folds split splits partition partitions cv subset subsets".split())  # noqa: SIM905
_SHARDS = frozenset("part parts set sets chunk chunks batch batches shard shards".split())  # noqa: SIM905
# Folders called so, with a number, hold clips of a class: walk/person 1, walk/day2.
_WITHIN = frozenset(
    """person persons subject subj sub actor user participant player speaker performer group trial
    take rep run session sess day date week scene seq sequence recording shot video videos vid clip
    clips cam camera view angle part set batch site place id no nr
    """.split()  # noqa: SIM905
)
_CLASSES = frozenset("class cls action label category gesture activity verb sign".split())  # noqa: SIM905
# Folders called so, with a number or not, show the same classes in several ways.
_WAYS = OTHERWISE | frozenset(
    """cam camera cams view views kinect angle rgb color colour gray grey tvl seen unseen easy
    medium hard source target thumb thumbs thumbnail thumbnails preview previews backup
    labeled labelled unlabeled unlabelled gallery query probe
    original originals augmented aug synthetic real sim resized cropped raw session
    subject indoor indoors outdoor outdoors day night lowres highres low high res
    resolution
    """.split()  # noqa: SIM905
)
_DATE = re.compile(r"(19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d")
_SIZES = frozenset(("p", "x", "px", "fps"))  # with a number: 240p
_MOSTLY = 0.6


def refuse_parts(places: Collection[tuple[str, ...]], top: int, title: str) -> tuple[str, ...]:
    """Raise DataError where folders that would be classes are parts or views of the data set.

    Args:
        places: of each clip the names of the folders that it lies in, from the top.
        top: which of them would be its class.
        title: of the data set, which begins the message.

    Returns:
        notes on what could have been meant otherwise.
    """
    _refuse_folds(places, top, title)
    doubts = _refuse_views(places, top, title)
    _refuse_containers(places, top, title)
    _refuse_copies(places, top, title)
    shards = sorted({place[top] for place in places if numbered(place[top], _SHARDS)})
    if len(shards) > 1:
        doubts += (f"The folders {listed(shards)} are taken for classes, not for parts of one.",)
    names = {place[top] for place in places}
    kept = sorted(
        {
            p[top]
            for p in places
            if (_is_kept(p[top]) or _is_way(p[top])) and _class_within(p[top + 1 :], False)
        }
    )
    if kept and len(names) > 1 and not doubts:
        doubts += (f"Folders in {listed(kept)} may be the classes; they are not taken for them.",)
    persons = sorted({p[top] for p in places if len(p) > top + 1 and takes.is_person(p[top])})
    if len(persons) > 1 and not doubts:
        doubts += (
            f"The folders {listed(persons)} are taken for classes; if they are persons with the "
            f"classes in them, {LIST}.",
        )
    return doubts


def numbered(name: str, kinds: frozenset[str]) -> bool:
    """Say whether a name is one of some words with a number or a letter, as fold1."""
    found = words(name)
    rest = [word for word in found if word not in kinds and not word.isdigit() and len(word) > 1]
    return not rest and any(word in kinds for word in found) and len(found) > 1


def _refuse_folds(places: Collection[tuple[str, ...]], top: int, title: str) -> None:
    """Refuse fold1, fold2 and so on, and numbered parts with the same folders in each."""
    within: dict[str, set[str]] = {}
    for place in places:
        within.setdefault(place[top], set()).update(place[top + 1 : top + 2])
    names = sorted(within)
    folds = [name for name in names if numbered(name, FOLDS)]
    shards = [name for name in names if numbered(name, _SHARDS)]
    alike = set.intersection(*(within[name] for name in shards)) if shards else set()
    for found in (folds, shards if alike else []):
        if len(found) > 1 and 2 * len(found) > len(names):
            raise DataError(
                f"{title} has the folders {listed(found)}, which are parts of a data set by their "
                f"names and no classes; name folders train, val and test, or {LIST}."
            )


def _refuse_containers(places: Collection[tuple[str, ...]], top: int, title: str) -> None:
    """Refuse folders that differ by a number and hold the classes: cam1/walk and cam2/run.

    Classes may be called so, too, action 1 and action 2, with persons or clips in them.
    """
    holding: dict[tuple[str, ...], dict[str, set[str]]] = {}
    for place in places:
        if len(place) == top + 1:
            continue
        found = words(place[top])
        key = tuple(word for word in found if not word.isdigit() and word not in AFFIXES)
        numbers = all(map(str.isdigit, found)) and not _DATE.fullmatch(place[top])
        if numbers or not _CLASSES.isdisjoint(found):
            continue
        within = holding.setdefault(key, {}).setdefault(place[top], set())
        within.update(_class_within(place[top + 1 :], _is_way(place[top])))
    for named in holding.values():
        tops = sorted(name for name, within in named.items() if within)
        if len(tops) > 1 and len(set().union(*named.values())) > 1:
            one, two = (sorted(named[name])[0] for name in tops[:2])
            raise DataError(
                f"{title} has the folders {listed(tops)}, which seem to be parts of it, with the "
                f"classes in them, such as {quoted(one)} and {quoted(two)}; put these beside each "
                f"other in one folder, or {LIST}."
            )


def _refuse_copies(places: Collection[tuple[str, ...]], top: int, title: str) -> None:
    """Refuse a folder that has folders in it called as those beside it: a, b and backup/a."""
    names = {place[top].lower(): place[top] for place in places}
    for place in places:
        for inner in place[top + 1 :]:
            other = names.get(inner.lower(), place[top])
            if other != place[top] and not is_person(inner):
                raise DataError(
                    f"{title} has a folder {quoted(inner)} in {quoted(place[top])} and another one "
                    "beside it, so which are the classes cannot be told; leave one of the two, or "
                    f"{LIST}."
                )


def _refuse_views(places: Collection[tuple[str, ...]], top: int, title: str) -> tuple[str, ...]:
    """Refuse folders with the same folders in them, which are the classes then: cam1/a, cam2/a.

    Persons, days and the like are no classes: walk/s1 and run/s1 tell that walk and run are. Where
    only few are the same, a note says what was taken for the classes.
    """
    within: dict[str, set[str]] = {}
    for place in places:
        held = within.setdefault(place[top], set())
        held.update(_class_within(place[top + 1 :], _is_way(place[top])))
    holding = {name: held for name, held in sorted(within.items()) if held}
    counted = Counter(name for held in holding.values() for name in held)
    alike = []
    for name, held in holding.items():
        shared = [one for one in held if counted[one] > 1]
        mostly = len(shared) > 1 and len(shared) >= _MOSTLY * len(held)
        if shared and (mostly or _is_way(name)):
            alike.append(name)
    splits = {any_role(name) for name in within} - {""}
    if len(splits) > 1 and len(holding) == len(within) and all(map(any_role, within)):
        alike = list(holding)
    if not alike or len(holding) < 2:
        return _doubts(holding, counted)
    one = alike[0]
    two = max(holding.keys() - {one}, key=lambda name: (len(holding[name] & holding[one]), name))
    if 2 * len({*alike, two}) < len(within):
        return _doubts(holding, counted)
    same = sorted(holding[one] & holding[two]) or sorted(holding[one])
    raise DataError(
        f"{title} has folders like {listed(same)} both in {quoted(one)} and in {quoted(two)}, so "
        "which are the classes cannot be told; name one of these two as the data, call them train "
        f"and val or test if they are that, or {LIST}."
    )


def _doubts(holding: Mapping[str, set[str]], counted: Counter[str]) -> tuple[str, ...]:
    same = sorted(name for name, count in counted.items() if count > 1 and len(name) > 1)
    if not same:
        return ()
    both = [name for name, held in holding.items() if same[0] in held][:2]
    return (
        f"The folders {listed(both)} are taken for classes, though {quoted(same[0])} lies in "
        "several of them.",
    )


def _class_within(folders: Sequence[str], is_way: bool) -> Iterable[str]:
    """Give the first of the folders in one that may be a class, if there is one."""
    for name in folders:
        if _is_kept(name) or (not is_way and (_is_way(name) or numbered(name, FOLDS))):
            continue
        if not is_person(name, is_way):
            return (name.lower(),)
        if not is_way:
            break
    return ()


@lru_cache(4096)
def _is_way(name: str) -> bool:
    """Say whether a folder is a view of a data set by its name: cam1, rgb, 240p, seen."""
    found = words(name)
    if _DATE.fullmatch(name):
        return True
    numbered_size = not _SIZES.isdisjoint(found) and any(map(str.isdigit, found))
    known = numbered_size or not _WAYS.isdisjoint(found)
    return known and all(w in _WAYS or w in AFFIXES or w.isdigit() for w in found)


@lru_cache(4096)
def _is_kept(name: str) -> bool:
    """Say whether a folder only says how clips are kept, or is a split."""
    return bool(found := words(name)) and all(
        word in SPLIT_NAMES or (word in AFFIXES and len(word) > 1) for word in found
    )


@lru_cache(4096)
def is_person(name: str, is_way: bool = False) -> bool:
    """Say whether a folder is one person, day or the like: s1, alba2; in a class a bare number."""
    found = words(name)
    rest = [word for word in found if not word.isdigit() and len(word) > 1]
    if not _CLASSES.isdisjoint(found):
        return False
    if all(map(str.isdigit, found)) or (not is_way and found[-1].isdigit()):
        return not is_way
    return len(rest) < len(found) > 1 and all(word in _WITHIN for word in rest)
