"""Tells which names of folders are those of splits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from sct.video.sources import quoted

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training", "trn", "trainval"), "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation", "dev"), "val"),
    **dict.fromkeys(("eval", "evaluation", "heldout", "holdout"), "val"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}
# These are splits beside each other only: tr beside te or va.
_SHORT = {"tr": "train", "va": "val", "te": "test", "ts": "test"}
# What stands beside the name of a split, as in videos_train, train_set, trainlist or val-256px.
AFFIXES = frozenset(
    """set sets split splits data dataset datasets list lists part parts subset folder dir video
    videos vid vids clip clips frame frames rgb image images img imgs jpg jpegs png mp4 avi file
    files sample samples class classes full small mini tiny resized raw final new all x p px fps
    """.split()  # noqa: SIM905 (fifty lines otherwise)
)
NO_TELLING = ""  # the role of train_test and its like
LIST = 'name the clips in a .csv list with the columns "path" and "label" instead'
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_LONG_FIRST = "|".join(sorted(SPLIT_NAMES, key=len, reverse=True))
_NAMED = 6


def split_roles(names: Iterable[str]) -> dict[str, str]:
    """Return "train", "val" or "test" for each of the names that is that of a split.

    Usual additions are understood, such as in train_set, videos_val and test-256. Others count
    where two splits have them, as in UCF_train and UCF_test. The role is "" where a name has two,
    as train_test has; train and val together are for training.
    """
    names = list(names)
    alike: dict[tuple[str, ...], dict[str, str]] = {}
    for name in names:
        for rest, role in _readings(name):
            alike.setdefault(rest, {})[name] = role
    found = dict(alike.pop((), {}))
    for group in alike.values():
        if len(set(group.values())) > 1:
            found = group | found
    short = {name: _SHORT[word] for name in names if (word := _bare(name)) in _SHORT}
    return found | short if len(set(short.values())) > 1 else found


def role_at_an_end(stem: str) -> str:
    """Return the split that a file's name begins or ends with, as in train_01; "" if none."""
    found = words(stem) or [""]
    return SPLIT_NAMES.get(found[0], "") or SPLIT_NAMES.get(found[-1], "")


def any_role(name: str) -> str:
    """Return the split that a name speaks of, whatever else is in it; "" if none."""
    return next((role for _, role in _readings(name)), "")


def words(name: str) -> list[str]:
    """Return the words and numbers in a name, in small letters."""
    found = _WORD.findall(unicodedata.normalize("NFKC", name))
    return [part for word in found for part in _apart(word.lower())]


def listed(names: Sequence[str]) -> str:
    """Name some folders, and how many more there are, as messages do."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(quoted, names[:_NAMED])) + more


def _bare(name: str) -> str:
    return " ".join(w for w in words(name) if w not in AFFIXES and not w.isdigit())


def _readings(name: str) -> Iterable[tuple[tuple[str, ...], str]]:
    """Give (what else is in a name, the split that it names), all ways to read it."""
    found = words(name)
    roles = {SPLIT_NAMES[word] for word in found if word in SPLIT_NAMES}
    if roles:
        rest = [w for w in found if w not in SPLIT_NAMES and w not in AFFIXES and not w.isdigit()]
        role = roles.pop() if len(roles) == 1 else "train" if roles == {"train", "val"} else ""
        yield tuple(rest), role
    elif within := re.fullmatch(f"(.*?)({_LONG_FIRST})(.*)", name.lower()):
        yield (within[1], "*", within[3]), SPLIT_NAMES[within[2]]


def _apart(word: str) -> Sequence[str]:
    """Part a word such as trainset or videotest into its two."""
    for at in range(2, len(word) - 1):
        parts = word[:at], word[at:]
        if any(a in SPLIT_NAMES and b in AFFIXES for a, b in (parts, parts[::-1])):
            return parts
    return (word,)
