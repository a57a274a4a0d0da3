"""Labels that a person gives to the rows of a run, in RUN.labels.csv beside it.

Each decision is a line of its own, appended and on the disk before it counts; the last one of a
row and question holds. Whatever ends the program loses at most the line that it was writing, and
several sessions may write at once.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sct.collection.query import Key, Rows
from sct.collection.runs import ENDING, file_of
from sct.errors import DataError, RunError
from sct.training import lock
from sct.video.sources import quoted

COLUMNS = ("file", "window", "start_s", "question", "label", "was")
_MOST_MB = 256
_WINDOWS = 1 << 31  # as many as a run can number
_PATIENCE_S = 5.0  # for another session, which writes for milliseconds


@dataclass(frozen=True)
class Decision:
    """What a person said of one row.

    Attributes:
        file, window, start_s: which row it is of.
        question: which one it answers, as the run names it.
        label: "" takes back what was said before.
        was: the model's answer.
    """

    file: str
    window: int
    start_s: float
    question: str
    label: str
    was: str

    @property
    def key(self) -> Key:
        return self.file, self.window


def path_of(run: Path) -> Path:
    """Return where the labels of RUN.parquet are."""
    return run.with_name(run.name.removesuffix(ENDING) + ".labels.csv")


def list_path(run: Path, question: str) -> Path:
    """Return where the list for training of RUN.parquet and a question is."""
    name = re.sub(r"[^\w-]+", "_", question)[:60] or "answer"
    return run.with_name(f"{run.name.removesuffix(ENDING)}.{name}.train.csv")


def add(path: Path, decisions: Iterable[Decision]) -> None:
    """Append decisions, and return when they are on the disk.

    Raises RunError: the file cannot be written, or others write it for seconds on end.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for one in decisions:
        texts = (one.question, one.label, one.was)
        start = f"{one.start_s:.6g}"
        writer.writerow([_lined(one.file), one.window, start, *map(_lined, texts)])
    if not (data := text.getvalue().encode()):
        return
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with lock.alone(path):
                _append(path, data)
            return
        except RunError:
            if time.monotonic() > until or not lock.busy(path):
                raise


def _append(path: Path, data: bytes) -> None:
    try:
        with open(path, "a+b") as file:
            size = file.seek(0, os.SEEK_END)
            if size + len(data) > _MOST_MB << 20:
                raise RunError(f"{quoted(path.name)} has its {_MOST_MB} MB, the most it may have.")
            if size == 0:
                data = (",".join(COLUMNS) + "\n").encode() + data
            elif not _ends_a_line(file):
                data = b"\n" + data  # the line before was cut off, and is nobody's
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RunError(f"{quoted(path.name)} cannot be written: {error.strerror}.") from None


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def read(path: Path) -> dict[str, dict[Key, Decision]]:
    """Return the decisions that hold, by question and row; lines that are none are passed over.

    Raises DataError where the file cannot be read, or is larger than 256 MB.
    """
    try:
        with open(path, "rb") as file:
            data = file.read((_MOST_MB << 20) + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DataError(f"{quoted(path.name)} cannot be read: {error.strerror}.") from None
    if len(data) > _MOST_MB << 20:
        raise DataError(f"{quoted(path.name)} is larger than {_MOST_MB} MB.")
    found: dict[str, dict[Key, Decision]] = {}
    whole = data[: data.rfind(b"\n") + 1]
    for line in whole.split(b"\n"):
        if (one := _decision(line)) is None:
            continue
        own = found.setdefault(one.question, {})
        own.pop(one.key, None)
        if one.label:
            own[one.key] = one
    return {question: own for question, own in found.items() if own}


def of_rows(decisions: Mapping[Key, Decision], starts: Mapping[Key, float]) -> dict[Key, Decision]:
    """Return the decisions that are of rows of a run.

    A run that takes the place of another may have a window of the same number elsewhere: what was
    said of another moment is not said of this one.

    Args:
        starts: when rows of the run begin, in seconds; rows that are none of the run's are missing.
    """
    return {
        key: one
        for key, one in decisions.items()
        # Six digits are written of a moment.
        if key in starts and math.isclose(one.start_s, starts[key], rel_tol=1e-5, abs_tol=1e-3)
    }


def _decision(line: bytes) -> Decision | None:
    try:
        # Line by line, or one quotation mark of a line that was cut off would swallow the next.
        (cells,) = csv.reader([line.decode()], strict=True)
        file, window, start, question, label, was = cells
        number, start_s = int(window), float(start)
        if not (0 <= number < _WINDOWS and math.isfinite(start_s)):
            return None
        texts = map(_unlined, (question, label, was))
        return Decision(_unlined(file), number, start_s, *texts)
    except (ValueError, csv.Error):
        return None


def _lined(text: str) -> str:
    """Write a text on one line: files may have names of several."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _unlined(text: str) -> str:
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\r", "\r") for part in parts)


def manifest(rows: Rows, decisions: Mapping[Key, Decision]) -> tuple[bytes, list[str]]:
    """Return decisions on one question as the manifest that `sct train --data` takes.

    Its columns are path (absolute, so that it can lie anywhere), label, start and end in seconds,
    and group: windows of one file are never both learned from and tested on.

    Returns:
        the CSV file, and a sentence for each file that was left out.

    Raises DataError: there is nothing to be written.
    """
    parts = rows.parts(list(decisions))
    starts = {key: part[0] for key, part in parts.items() if None not in part}
    out, left_out, places = io.StringIO(), [], {}
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("path", "label", "start", "end", "group"))
    written = 0
    for key, one in sorted(of_rows(decisions, starts).items()):
        if one.file not in places:
            try:
                places[one.file] = str(file_of(rows.run, one.file))
            except DataError as error:
                places[one.file] = ""
                left_out.append(str(error))
        if not places[one.file]:
            continue
        start, end = parts[key]
        writer.writerow((places[one.file], one.label, f"{start:.6g}", f"{end:.6g}", one.file))
        written += 1
    if not written:
        first = f" {left_out[0]}" if left_out else ""
        raise DataError(f"No row of this run has a label that can be exported.{first}")
    return out.getvalue().encode("utf-8", "surrogateescape"), left_out
