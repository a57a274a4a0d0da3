"""Finds and opens runs: RUN.parquet, or the parts that a run which is not finished has so far.

Only footers are read here; `sct.collection.query` asks for the rows.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sct.collection.naming import as_path
from sct.collection.schema import Header, Question, check_schema
from sct.errors import DataError
from sct.validation import is_number, is_whole
from sct.video.sources import quoted

VARIABLE = "SCT_COLLECTIONS"
ENDING, PARTS = ".parquet", ".parts"
_MOST_LISTED = 500
_MOST_NAMED = 10_000  # labels of all questions
_GLOB = frozenset("*?[")  # in a path DuckDB would look for other files


@dataclass(frozen=True)
class Run:
    """One run as it was when it was opened.

    Attributes:
        name: of its file, without the ending.
        path: of RUN.parquet, which need not be there yet.
        files: what holds the rows, absolute paths.
        version: changes whenever a file does: (path, time of change in ns, bytes) of each.
        header: what the run says of itself.
        rows: how many there are.
        finished: whether all rows are there.
    """

    name: str
    path: Path
    files: tuple[str, ...]
    version: tuple[tuple[str, int, int], ...]
    header: Header
    rows: int
    finished: bool

    def question(self, name: str) -> Question:
        """Return the question of that name. Raises DataError if the run has none."""
        for one in self.header.questions:
            if one.name == name:
                return one
        raise DataError(f"The run {quoted(self.name)} has no question {quoted(name)}.")

    def like(self, other: Question) -> Question:
        """Return the question that asks the same as one of another run: of its name, or labels.

        A model that was fine-tuned on one question has that one alone, and no name for it. Raises
        DataError if none shares a label.
        """
        shared = {one.name: len({*one.labels} & {*other.labels}) for one in self.header.questions}
        best = other.name if shared.get(other.name) else max(shared, key=shared.__getitem__)
        if not shared[best]:
            raise DataError(
                f"The run {quoted(self.name)} answers no question like {quoted(other.name)}."
            )
        return self.question(best)


def folder() -> Path | None:
    """Return the operator's folder of runs, from SCT_COLLECTIONS; None where none is named."""
    text = os.environ.get(VARIABLE, "").strip()
    return Path(text).absolute() if text else None


def list_runs(where: Path) -> dict[str, Path]:
    """List the runs of a folder by name, the newest first.

    What is neither a file nor a folder of parts, as a link that leads nowhere, is left out, and so
    is what has a name that is no text.

    Raises DataError where the folder cannot be read.
    """
    found: dict[str, tuple[float, Path]] = {}
    try:
        with os.scandir(where) as entries:
            for entry in entries:
                name = entry.name.removesuffix(PARTS)
                stem = name.removesuffix(ENDING)
                if stem in ("", name) or stem.startswith(".") or not _is_text(stem):
                    continue
                seen = _seen(entry)
                kind = stat.S_ISREG if name == entry.name else stat.S_ISDIR
                if seen and kind(seen.st_mode):
                    when = seen.st_mtime
                    found[stem] = (max(when, found.get(stem, (when,))[0]), where / name)
    except OSError as error:
        raise DataError(
            f"The folder that {VARIABLE} names cannot be read: {error.strerror}."
        ) from None
    newest = sorted(found, key=lambda name: (-found[name][0], name))
    return {name: found[name][1] for name in newest[:_MOST_LISTED]}


def _is_text(name: str) -> bool:
    """Say whether a name is text, and not bytes that are none, which no page can show."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _seen(entry: os.DirEntry | Path) -> os.stat_result | None:
    """Return what a path leads to; None where that is nothing, or may not be known."""
    try:
        return entry.stat()
    except (OSError, ValueError):
        return None


def stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Return which files a run has now, and their times and sizes; none where it is gone."""
    whole = [(path, _seen(path))]
    if not (whole[0][1] and stat.S_ISREG(whole[0][1].st_mode)):
        parts = sorted(Path(f"{path}{PARTS}").glob(f"*{ENDING}"))
        whole = [(part, _seen(part)) for part in parts]
    return tuple(
        (str(file.absolute()), seen.st_mtime_ns, seen.st_size)
        for file, seen in whole
        if seen and stat.S_ISREG(seen.st_mode)
    )


def open_run(path: Path) -> Run:
    """Open RUN.parquet, or the parts of a run that is not finished.

    Raises DataError, one sentence: it is gone, it is no Parquet file, half written, or of a schema
    that is not `sct.collection.schema`'s.
    """
    name = path.name.removesuffix(ENDING)
    said = f"The run {quoted(name)} cannot be opened"
    version = stamp(path)
    if not version:
        raise DataError(f"{said}: there is no such file any more.")
    if _GLOB & set(str(path)):
        raise DataError(f"{said}: its path must not contain *, ? or [.")
    if not _is_text(str(path)):
        raise DataError(f"{said}: its path is no text.")
    finished = version[0][0] == str(path.absolute())
    kept, header, rows, wrong = [], None, 0, None
    for one in version:
        try:
            own, count = _footer(one[0])
            if header is not None and own != header:
                raise DataError("its parts are of different runs")
        except DataError as error:
            wrong = wrong or error
            continue  # a part may be on its way to the disk
        kept.append(one)
        header, rows = own, rows + count
    if header is None:
        raise DataError(f"{said}: {wrong}.")
    files = tuple(one[0] for one in kept)
    return Run(name, path, files, tuple(kept), header, rows, finished)


def _footer(file: str) -> tuple[Header, int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.ParquetFile(file)
        schema, rows = found.schema_arrow, found.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError):
        raise DataError("it is no whole Parquet file") from None
    return _plausible(check_schema(schema)), rows


def _plausible(header: Header) -> Header:
    """Return a header whose values are of their kinds. Raises DataError of any other."""
    texts = [header.model, header.weights, header.root, *header.ablations]
    labels = [label for one in header.questions for label in one.labels]
    texts += [*labels, *(one.name for one in header.questions)]
    sizes = (header.frames, header.image_size, *header.stages, *header.grids)
    seconds = (header.stride, header.every)
    fine = (
        all(isinstance(text, str) for text in texts)
        and all(is_whole(size, 1, 1 << 16) for size in sizes)
        and all(is_number(one) and 0 < one < 1e6 for one in seconds)
        and 0 < len(header.questions) <= _MOST_LISTED
        and all(one.labels for one in header.questions)
        and max(len(labels), len(header.ablations)) <= _MOST_NAMED
    )
    if not fine:
        raise DataError("what it says of itself cannot be so")
    return header


def root_of(run: Run) -> Path:
    """Return the folder that the files of a run are named from, links resolved."""
    return Path(os.path.realpath(as_path(run.header.root)))


def file_of(run: Run, name: str) -> Path:
    """Return where a file of a run is, links resolved.

    Args:
        name: as a row of the run has it; whoever asks has looked that up.

    Raises DataError: it is gone, or does not lie below the run's folder.
    """
    root = root_of(run)
    try:
        found = os.path.realpath(as_path(os.path.join(root, name)), strict=True)
    except (OSError, ValueError):
        raise DataError(
            f"The file {quoted(name)} of the run {quoted(run.name)} is not there any more."
        ) from None
    if not Path(found).is_relative_to(root):
        raise DataError(
            f"The file {quoted(name)} of the run {quoted(run.name)} lies outside of its folder."
        )
    return Path(found)
