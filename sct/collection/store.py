"""Keeps the rows of a run: in parts while it goes on, in one table at its end.

While a run goes on, each part is a file of its own in RUN.parquet.parts, written beside its name
and then put there, so it is whole or not there at all. The rows of one video lie in one part. So
whatever ends a run, the next one has to look into the videos that no part holds, and no others.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sct.collection.schema import Header, check_schema, schema_of
from sct.collection.sources import Item
from sct.errors import DataError, RunError
from sct.validation import printable, short

ASKED = b"sct.collection.asked"  # beside the header in a table's metadata: all that was asked for
# Of each row: what was asked for of its video, see `Item.asked`.
_ASKED_OF = pa.field("asked", pa.string())
_SETTINGS = "run.json"
_UNFINISHED = ".unfinished"
_LAID_OUT = "map"  # which may be another one when a run goes on, as it is made at its end
_NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class Store:
    """The table of a run, RUN.parquet, and its parts before it is whole.

    Args:
        out: path of the table, in a folder that is there.
        header: of the run. asked: all that makes two runs the same, fit for JSON.

    Raises:
        DataError: what lies there is no run, or one that was asked for something else.
        OSError: it cannot be read or written.
    """

    def __init__(self, out: Path, header: Header, asked: dict[str, Any]):
        self.out, self.header = out, header
        self.asked = json.loads(json.dumps(asked))
        self.made: dict[str, Any] = {}  # what the table that is there was asked for
        metadata = header.to_metadata() | {ASKED: json.dumps(self.asked).encode()}
        self.schema = schema_of(header).append(_ASKED_OF).with_metadata(metadata)
        self.folder = Path(f"{out}.parts")
        self.finished = out.exists()
        if self.finished:
            self.made = asked_of(out)
            self._check(self.made, "is")
        if self.folder.exists():
            self._check(self._settings(), "holds what was kept of")
        self._files = _asked_of_files(out) if self.finished else {}
        self._number, self._asked_of = 0, {}
        for part in self.parts():
            files = _asked_of_files(part)
            self._number = int(part.stem)
            if files.keys() <= self._files.keys():  # it was killed between its last two steps
                part.unlink()
                continue
            self._files |= files
        self.rows = sum(pq.read_metadata(piece).num_rows for piece in self.pieces())
        if not all(_ASKED_OF.name in pq.read_schema(piece).names for piece in self.pieces()):
            # It was begun before that was written down, so it stays as it is.
            self.schema = self.schema.remove(self.schema.get_field_index(_ASKED_OF.name))

    @property
    def done(self) -> bool:
        """Return whether the table is there, with all that is kept, as it was asked for."""
        return self.finished and not self.parts() and self.made == self.asked

    @property
    def files(self) -> Set[str]:
        """Return the names of the videos whose rows are kept."""
        return self._files.keys()

    def left(self, items: Sequence[Item]) -> list[Item]:
        """Return those of some videos that are to be looked at.

        Those are the ones of which no rows are kept, and the ones of which other parts are asked
        for than before, or something else is known: their rows are taken away. What is not there
        any more keeps the rows that it has.

        Raises:
            RunError: the others' rows cannot be written.
        """
        self._asked_of = {item.name: item.asked for item in items}
        other = {
            item.name
            for item in items
            if not item.error and self._files.get(item.name) not in (None, item.asked)
        }
        if other:
            try:
                for piece in self.pieces():
                    _take_away(piece, other)
            except OSError as error:
                raise self.not_written(error) from error
            self.finished = self.out.exists()
            self.rows = sum(pq.read_metadata(piece).num_rows for piece in self.pieces())
            for name in other:
                del self._files[name]
        return [item for item in items if item.name not in self._files]

    def pieces(self) -> list[Path]:
        """List what holds the rows: the table, if it is there, and the parts."""
        return [*([self.out] if self.finished else []), *self.parts()]

    def parts(self) -> list[Path]:
        """List the parts that are whole."""
        return sorted(p for p in self.folder.glob("*.parquet") if p.stem.isdigit())

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Keep rows, all of each video that is among them.

        Raises:
            RunError: the disk is full, or it cannot be written; names what was kept.
        """
        if not rows:
            return
        rows = sorted(rows, key=lambda row: (row["file"], row["window"]))
        files = {row["file"]: self._asked_of.get(row["file"]) for row in rows}
        if doubled := files.keys() & self._files.keys():
            raise ValueError(f"rows of {short(min(doubled))} are there already")
        try:
            if not self.folder.exists():
                self.folder.mkdir()
                self._write_settings()
            part = self.folder / f"{self._number + 1:08d}.parquet"
            told = [{**row, _ASKED_OF.name: files[row["file"]]} for row in rows]
            table = pa.Table.from_pylist(told, schema=self.schema)
            write_table(part, self.schema, [table])
        except OSError as error:
            raise self.not_written(error) from error
        self._number += 1
        self._files |= files
        self.rows += len(rows)

    def _write_settings(self) -> None:
        path = self.folder / f"{_SETTINGS}{_UNFINISHED}"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.asked, file)
            file.flush()
            os.fsync(file.fileno())
        path.replace(self.folder / _SETTINGS)

    def _settings(self) -> dict[str, Any] | None:
        """Read what the parts were asked for; None where there are none."""
        for left in self.folder.glob(f"*{_UNFINISHED}"):
            left.unlink()
        path = self.folder / _SETTINGS
        if not path.exists():
            if not any(self.folder.iterdir()):  # it was killed before it kept anything
                self.folder.rmdir()
                return self.asked
            return None
        try:
            found = json.loads(path.read_bytes()[: 1 << 20])
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _check(self, found: dict[str, Any] | None, holds: str) -> None:
        """Raise DataError unless what is there was asked for the same."""
        what = self.folder if holds != "is" else self.out
        name = f"{printable(str(what))} {holds} "
        other = "take another name for --out, or move it away"
        if found is None:
            raise DataError(f"{name}no run of `sct collection`; {other}.")
        for key, value in self.asked.items():
            if key != _LAID_OUT and found.get(key) != value:
                raise DataError(
                    f"{name}another run ({key} {short(found.get(key))}, not {short(value)}): "
                    f"ask for the same to go on with it, or {other}."
                )

    def not_written(self, error: OSError) -> RunError:
        why = "the disk is full" if error.errno in _NO_ROOM else (error.strerror or str(error))
        why = " ".join(printable(why).split())
        return RunError(f"The rows could not be written, as {why}; {self.kept()}")

    def kept(self) -> str:
        """Say what is kept of a run that has ended before its time, and how it goes on."""
        if not self._files:
            return "nothing was kept yet."
        where = printable(str(self.folder if self.parts() else self.out))
        return (
            f"{counted(self.rows, 'row')} of {counted(len(self._files), 'video')} are kept in "
            f"{where}, and the same command goes on from there."
        )

    def remove_parts(self) -> None:
        """Take away the parts, whose rows the table has."""
        shutil.rmtree(self.folder, ignore_errors=True)


def counted(count: int, what: str) -> str:
    """Write how many there are of something, such as "1 video" or "2 videos"."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def asked_of(path: Path) -> dict[str, Any]:
    """Read what the run in a table was asked for. Raises DataError of any other file."""
    try:
        schema = pq.read_schema(path)
        check_schema(schema)
        found = json.loads(schema.metadata[ASKED])
    except (pa.ArrowException, KeyError, ValueError) as error:
        why = error if isinstance(error, DataError) else "it is damaged, half written or no table"
        raise DataError(
            f"{printable(str(path))} is no run of `sct collection`: {why}; "
            "take another name for --out, or move it away."
        ) from None
    return found


def _asked_of_files(path: Path) -> dict[str, str | None]:
    """Return the videos that a table has rows of, and what was asked for of each, if it says so."""
    try:
        there = {"file", _ASKED_OF.name} & {*pq.read_schema(path).names}
        found = pq.read_table(path, columns=[*there], read_dictionary=[*there])
        each = found.unify_dictionaries().group_by([*there]).aggregate([])
        files = each.column("file").to_pylist()
        if len(there) == 1:
            return dict.fromkeys(files)
        asked = each.column(_ASKED_OF.name).cast(pa.string()).to_pylist()
        # Few differ, and a large collection has them a million times.
        return {file: said and sys.intern(said) for file, said in zip(files, asked, strict=True)}
    except (pa.ArrowException, OSError):
        raise DataError(
            f"{printable(str(path))} is damaged: remove it, and the same command looks at its "
            "videos anew."
        ) from None


def _take_away(path: Path, files: Set[str]) -> None:
    """Write a table anew without the rows of some videos; one of no rows is removed."""
    if not files & _asked_of_files(path).keys():
        return
    with pq.ParquetFile(path) as file:
        schema, group = file.schema_arrow, file.metadata.row_group(0).num_rows
    wrong = pa.array(sorted(files))
    write_table(
        path,
        schema,
        (
            table.filter(pc.invert(pc.is_in(table.column("file"), wrong)))
            for table in batches_of(path)
        ),
        group,
    )
    if not pq.read_metadata(path).num_rows:
        path.unlink()


def write_table(
    path: Path, schema: pa.Schema, tables: Iterable[pa.Table], rows: int | None = None
) -> None:
    """Write a table from pieces; it is there once it is whole and on the disk.

    Args:
        rows: of a row group; None where each piece is one.

    Raises:
        OSError: it cannot be written; then nothing of it is left.
    """
    beside = path.with_name(path.name + _UNFINISHED)
    try:
        with open(beside, "wb") as file:
            with pq.ParquetWriter(file, schema, compression="zstd") as writer:
                for table in tables if rows is None else regrouped(tables, rows):
                    writer.write_table(table, row_group_size=max(1, len(table)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    with suppress(OSError):  # the name, too; Windows knows no such thing
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def regrouped(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Yield the rows of some tables in tables of `rows` each."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        while len(table):
            piece = table.slice(0, rows - count)
            waiting.append(piece)
            count += len(piece)
            table = table.slice(len(piece))
            if count == rows:
                yield _joined(waiting)
                waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def batches_of(path: Path, columns: list[str] | None = None, rows: int = 256) -> Iterator[pa.Table]:
    """Yield the rows of a table, some at a time, so that memory has an end."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            yield pa.Table.from_batches([batch])


def by_video(path: Path) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each video in turn, as they lie in a table that is sorted by video."""
    for table in batches_of(path):
        files = table.column("file").combine_chunks()
        ends = [*pc.run_end_encode(files).run_ends.to_pylist()] if len(files) else []
        begin = 0
        for end in ends:
            yield files[begin].as_py(), table.slice(begin, end - begin)
            begin = end
