"""Finds the clips in folders: files by their endings, and folders of numbered pictures."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from sct.datasets.files import MOST_ENTRIES, entries, in_nfc, is_folder, plain
from sct.datasets.folders.recordings import is_otherwise, written_out
from sct.errors import ClipError, DataError
from sct.video.endings import ending_of, is_picture, is_video, may_be_still
from sct.video.pictures import sequence_in
from sct.video.sources import quoted

_MOST_FRAMES = 50_000_000  # pictures; Something-Something v2 has 25 million
_MOST_NAMED, _MOST_KINDS, _KIND_LENGTH = 5, 40, 12  # of what is left out
# Folders that systems and network drives make by themselves; old copies of clips may lie in them.
SYSTEM = frozenset(
    """__macosx __pycache__ $recycle.bin #recycle @recycle @eadir @tmp #snapshot ~snapshot
    lost+found lost.dir found.000""".split()  # noqa: SIM905
) | {"system volume information"}
_SMALL = frozenset("thumb thumbs thumbnail thumbnails preview previews small .thumbnails".split())  # noqa: SIM905
NO_VIDEO = "its ending is not a video's"
_DEEPEST = 8


class Leftovers:
    """Collects what is no clip in a data set: a few files of each kind by name, all by number.

    Args:
        root: the folder that names are relative to.
    """

    def __init__(self, root: Path):
        self._root = root
        self._named: dict[tuple[str, str], list[str]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, path: Path, reason: str) -> None:
        """Add a file or folder, and why it is no clip."""
        kind = ending_of(path.name)[:_KIND_LENGTH], reason
        if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
            kind = "", "it is no clip"
        self._counts[kind] += 1
        if len(named := self._named.setdefault(kind, [])) < _MOST_NAMED:
            named.append(path.relative_to(self._root).as_posix())

    def listed(self) -> tuple[tuple[str, str], ...]:
        """Return (name, reason) of each, and of many of a kind how many more there are."""
        found = []
        for (ending, reason), named in self._named.items():
            found += [(name, reason) for name in named]
            if more := self._counts[ending, reason] - len(named):
                found.append((f"{more:,} more {ending} files".replace("  ", " "), reason))
        return tuple(found)


def videos_under(folder: Path, leftovers: Leftovers | None = None) -> Iterator[Path]:
    """Find every clip under `folder`, by name, links followed.

    A clip is a file whose ending is a video's, or a folder below `folder` that holds numbered
    pictures, no videos, and no clips in folders but of their flow, depth or small pictures; those
    come last. Pictures whose folder is called as a video are its frames, written out, and not a
    clip of their own, which could land on the other side of a split. A folder that lies within
    itself by way of a link is entered once.

    Args:
        folder: where to look.
        leftovers: is told of the files that are no clips.

    Raises:
        DataError: a folder cannot be read, or holds above two million names that are no frames.
    """
    count = frames = 0

    def walk(place: Path, above: tuple) -> Iterator[Path]:
        nonlocal count, frames
        try:
            status = os.stat(place)
        except OSError:
            return
        here = (status.st_dev, status.st_ino)
        if here in above:
            return
        if len(above) > _DEEPEST:
            if leftovers:
                leftovers.add(place, f"it lies more than {_DEEPEST} folders down")
            return
        found = [entry for entry in entries(place) if entry.name.lower() not in SYSTEM]
        inner = {entry.name for entry in found if is_folder(entry)}
        files = [entry.name for entry in found if entry.name not in inner]
        pictures = set(filter(is_picture, files)) or _stills(place, files)
        frames += len(pictures)
        count += len(found) - len(pictures)
        if count > MOST_ENTRIES or frames > _MOST_FRAMES:
            raise DataError(
                f"The folder {quoted(str(folder))} holds more than {MOST_ENTRIES:,} files."
            )
        why = "a clip of pictures needs a folder of its own, and numbers in their names"
        videos = any(map(is_video, {*files} - pictures))
        taken, within = False, {}
        if above and pictures and not videos:
            for name in sorted(inner):
                if name.lower() not in _SMALL:
                    within[name] = list(walk(place / name, (*above, here)))
        held = [name for name, clips in within.items() if clips]
        alone = all(is_otherwise((name,), "", inner) for name in held)
        if above and pictures and alone and not videos:
            try:
                if taken := bool(sequence_in(place, files)):
                    yield place
                    found = [entry for entry in found if entry.name in inner]
            except ClipError as error:
                why = f"the folder {error}"
        small = {name for name in inner if (taken or videos) and name.lower() in _SMALL}
        for entry in found:
            if entry.name in small:
                if leftovers:
                    leftovers.add(place / entry.name, "it holds small pictures of the clips beside")
                continue
            if entry.name in within:
                yield from within[entry.name]
            elif entry.name in inner:
                yield from walk(place / entry.name, (*above, here))
            elif is_video(entry.name) and entry.name not in pictures:
                yield place / entry.name
            elif leftovers:
                leftovers.add(place / entry.name, why if entry.name in pictures else NO_VIDEO)

    def chosen() -> Iterator[Path]:
        videos, folders = [], []
        for path in walk(folder, ()):
            if is_video(path.name):
                videos.append(path)
                yield path
            else:
                folders.append(path)
        frames = written_out(folders, videos)
        for path in folders:
            if path not in frames:
                yield path
            elif leftovers:
                leftovers.add(path, "there is a video of this name, whose pictures these are")

    return chosen()


def _stills(place: Path, files: list[str]) -> set[str]:
    """Return those of the files in a folder that are pictures though videos are called so, too."""
    found = set(filter(may_be_still, files))
    try:
        taken = sequence_in(place, found)
    except ClipError:
        return set()
    return found if taken else set()


def is_clip_folder(folder: Path) -> bool:
    """Say whether a path is that of a folder with numbered pictures in it."""
    try:
        return folder.is_dir() and bool(sequence_in(folder, (e.name for e in entries(folder))))
    except ClipError:
        return False


class VideoIndex:
    """Finds the clips under a folder by name, whatever the folders between and the ending.

    Optical flow, depth and the like, which data sets keep beside their frames, are not found.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._found: dict[str, list[tuple[Path, tuple[str, ...]]]] = {}
        self._folders: set[str] = set()  # that clips lie in
        above: dict[Path, tuple[str, ...]] = {}
        for path in videos_under(folder):
            if path.parent not in above:
                above[path.parent] = path.parent.relative_to(folder).parts
                self._folders.update(map(plain, above[path.parent]))
            name = path.stem if is_video(path.name) else path.name
            self._found.setdefault(in_nfc(name), []).append((path, above[path.parent]))

    def __len__(self) -> int:
        return len(self._found)

    def has_folder(self, names: Iterable[str]) -> bool:
        """Say whether a folder that clips lie in is called by one of the names."""
        return not self._folders.isdisjoint(map(plain, names))

    def find(self, name: str, parent: str = "", only_there: bool = False) -> Path | None:
        """Return the one clip that is called `name`.

        Args:
            name: without the ending of a video, or with that of the one that is meant first.
            parent: the name of a folder in which clips are meant first.
            only_there: whether no others are.

        Raises:
            DataError: there are several, and none of them is the one that is meant.
        """
        stem = Path(name).stem if is_video(name) else name
        found = self._found.get(in_nfc(stem), []) + self._found.get(in_nfc(name), [])
        found = [
            (path, above)
            for path, above in dict(found).items()
            if not is_otherwise(above, parent, self._folders)
        ]
        inside = [one for one in found if plain(parent) in map(plain, one[1])]
        if only_there or inside:
            found = inside
        for meant in (lambda path: path.name == name, lambda path: is_video(path.name)):
            found = [one for one in found if meant(one[0])] or found
        if len({os.path.realpath(path) for path, _ in found}) > 1:
            some = " and ".join(
                quoted(path.relative_to(self._folder).as_posix()) for path, _ in found[:2]
            )
            raise DataError(
                f"The clip {quoted(name)} is there several times, such as {some}; leave one of "
                f"them in the folder {quoted(str(self._folder))}."
            )
        return found[0][0] if found else None
