"""Tells by the names of files which clips were made from one source: its views, versions and parts.

v1_cam1 and v1_cam2 show one scene, v1 and v1_flip one video, and Kinetics' ID_000010_000020 is a
part of the video ID. Such clips are alike, so that none may be learned from while another is tested
on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_CAMERA = (
    r"(?:cam|camera|view|kinect|angle)[\W_]*(?:\d{1,3}|[a-d]|left|right|front|side|top)|c\d\d?"
)
_SIDE = r"left|right|front|frontal|side|top|back|rear"
_VERSION = (
    r"\d{3,4}p|\d{2,4}x\d{2,4}|\d{2,3}fps|[hs]d|[hl]q|high|low|highres|lowres|orig|originals?|resized"
    r"|compressed|crop(?:ped)?\d*|(?:[hv]?flip(?:ped)?|mirror(?:ed)?|aug(?:mented)?)[\W_]?\d*"
    r"|rot(?:ated)?[\W_]?\d*|noisy?|blur(?:red)?|gr[ae]y"
)
_PART = r"(?:part|pt|seg|segment|chunk|clip|piece|scene|shot|trim|cut)[\W_]?\d{1,6}"

# Folders that hold one camera's or one version's clips of the same names.
FOLDER = re.compile(rf"{_CAMERA}|{_SIDE}|{_VERSION}|raw|(?:image|img)[\W_]*\d\d?", re.IGNORECASE)
# At the end of a name, behind a gap or a number: a camera, a version, or a part.
_BEHIND = re.compile(
    rf"(.*[^\W_])(?:[\W_]+|(?<=\d)(?=[a-z]))(?:{_CAMERA}|{_SIDE}|[lr]|{_VERSION}|copy|{_PART})[\W_]*"
    r"|(.*[^\W_])(?:\.f\d{1,3}|[\W_]*\(\d\d?\))",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?:{_CAMERA}|(?:[hv]?flip(?:ped)?|mirror(?:ed)?|aug(?:mented)?)\d*)[\W_]+(.*[^\W_].*)",
    re.IGNORECASE,
)
_PART_ALONE = re.compile(_PART, re.IGNORECASE)
_GENERAL = frozenset("vid video clip movie film file".split())  # noqa: SIM905
_PERSON = re.compile(
    r"(?:person|subject|subj|sub|actor|user|participant|player|speaker|performer|people|id)"
    r"[\W_]*(?:\d{1,5}|[a-z])",
    re.IGNORECASE,
)
# Names that tell the source in whatever folder they lie; the groups of one are what clips share.
_SOURCES = (
    re.compile(r"(S\d{3})C\d{3}(P\d{3}R\d{3}A\d{3})(?:_.*)?", re.IGNORECASE),  # NTU's cameras
    re.compile(r"([\w-]{11})_\d{6}_\d{6}"),  # Kinetics' parts, by the video at YouTube
    re.compile(r"(?=.{0,10}[A-Z0-9])([\w-]{11})[_-]\d{1,6}[_-]\d{1,6}"),
    re.compile(r"(v_.+_g\d+)_c\d+", re.IGNORECASE),  # UCF101's groups
)
_HMDB = re.compile(r"(.+)_[fhlu]_[cn]m_np\d_(?:ba|fr|le|ri)_(?:bad|med|goo)_\d+")


def source_of(stem: str, label: str) -> tuple[str, ...]:
    """Return what clips of one source have in common by names of known data sets, () for others.

    Args:
        stem: of a clip's file.
        label: of its class, which HMDB51 writes behind the name of the film.
    """
    for form in _SOURCES:
        if found := form.fullmatch(stem):
            return found.groups()
    if found := _HMDB.fullmatch(stem):
        film, action, _ = found[1].rpartition(f"_{label.replace(' ', '_')}")
        return ((film if action else found[1]).lower(),)
    return ()


def take_of(stem: str, label: str, in_class: bool) -> str:
    """Return what the names of clips of one source have in common, "" if their folder tells it.

    Args:
        stem: of a clip's file.
        label: of its class; walk_part1 and walk_part2 are two clips of walk.
        in_class: whether it lies in a folder within its class, such as walk/source0/seg1.
    """
    if in_class and (_PART_ALONE.fullmatch(stem) or FOLDER.fullmatch(stem)):
        return ""
    if found := _BEFORE.fullmatch(stem):
        stem = found[1]
    none = _GENERAL | {_letters(label)}
    while (found := _BEHIND.fullmatch(stem)) and _letters(rest := found[1] or found[2]) not in none:
        stem = rest
    return stem


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def is_person(name: str) -> bool:
    """Say whether a folder is one person by its name, such as person1."""
    return bool(_PERSON.fullmatch(name))


def called_like_views(places: Collection[tuple[Sequence[str], str]]) -> set[str]:
    """Return the names of folders that look like views or versions and are the classes of a list.

    Args:
        places: (names of folders, label) of clips; left and right with a label each are classes.
    """
    everywhere = set.intersection(*(set(names) for names, _ in places)) if places else set()
    holding: dict[str, set[str]] = {}
    for names, label in places:
        for name in filter(FOLDER.fullmatch, names):
            if name not in everywhere:
                holding.setdefault(name, set()).add(label)
    every = set().union(*holding.values())
    apart = len(holding) > 1 and sum(map(len, holding.values())) == len(every) == len(holding)
    return set(holding) if apart else set()


def told_apart(keys: Sequence[tuple], plain: Sequence[tuple], labels: Sequence[str]) -> list[tuple]:
    """Return for each clip its key, or its plain one where keys make all clips of a label one.

    A label of which all clips seem to be one source is called like that: walk_part1, walk_part2.
    """
    of_label: dict[str, set[tuple]] = {}
    for key, label in zip(keys, labels, strict=True):
        of_label.setdefault(label, set()).add(key)
    return [
        key if len(of_label[label]) > 1 else own
        for key, own, label in zip(keys, plain, labels, strict=True)
    ]
