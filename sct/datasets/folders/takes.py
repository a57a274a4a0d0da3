"""Tells by the names of files which clips were made from one source: its views, versions and parts.

v1_cam1 and v1_cam2 show one scene, v1 and v1_flip one video, and Kinetics' ID_000010_000020 is a
part of the video ID. Such clips are alike, so that none may be learned from while another is tested
on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Folders that hold one camera's or one version's clips of the same names.
FOLDER = re.compile(
    r"(cam|camera|view|kinect|angle|c)[\W_]*(\d{1,3}|[a-d])|(image|img)[\W_]*\d\d?"
    r"|\d{3,4}p|\d{2,4}x\d{2,4}|original|originals|resized|cropped|raw|augmented|aug\d*|flipped"
    r"|left|right",
    re.IGNORECASE,
)
# At the end of a name, behind a gap: a camera, a version, or a part.
_BEHIND = re.compile(
    r"[\W_]+((cam|camera|view|kinect|angle)[\W_]?(\d{1,3}|[a-d])"
    r"|hd|sd|hq|lq|orig|original|resized|cropped|flip|flipped|hflip|vflip|mirrored|copy|f\d{2,3}"
    r"|aug(mented)?[\W_]?\d*|\d{3,4}p|\d{2,4}x\d{2,4}|\(\d{1,2}\)"
    r"|(part|pt|seg|segment|chunk)[\W_]?\d{1,5})",
    re.IGNORECASE,
)
_NTU = re.compile(r"(S\d{3})C\d{3}(P\d{3}R\d{3}A\d{3})", re.IGNORECASE)
_KINETICS = re.compile(r"([\w-]{11})_\d{6}_\d{6}")
_HMDB = re.compile(r"_[fhlu]_(cm|nm)_np\d_(ba|fr|le|ri)_(bad|med|goo)_\d+")
_NUMBERED_PART = re.compile(
    r"(part|pt|seg|segment|chunk|clip|shot|scene)[\W_]?\d{1,5}", re.IGNORECASE
)


def take_of(stem: str, label: str, in_class: bool) -> str:
    """Return what the names of clips of one source have in common, "" if their folder tells it.

    Args:
        stem: of a clip's file.
        label: of its class.
        in_class: whether it lies in a folder within its class, such as walk/source0/seg1.
    """
    if found := _NTU.fullmatch(stem):
        return "".join(found.groups())
    if found := _KINETICS.fullmatch(stem):
        return found[1]
    film, action, rest = stem.partition(f"_{label.replace(' ', '_')}_")
    if action and _HMDB.fullmatch(f"_{rest}"):
        return film
    if in_class and _NUMBERED_PART.fullmatch(stem):
        return ""
    rest = stem
    while found := _last(rest):
        rest = rest[: -len(found)]
    return rest


def _last(name: str) -> str:
    """Return what stands behind a name and says which of several it is; "" if nothing."""
    for found in _BEHIND.finditer(name):
        if found.end() == len(name) and found.start():
            return found[0]
    return ""


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
