"""Joins the parts of a run into one table, sorted by video and window, in bounded memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sct.collection.embedding_map import Map, made_map
from sct.collection.store import Store, by_video, write_table

# Rows of a group, which is what a query leaves out or reads: the second where pictures are in them.
GROUP, GROUP_OF_STRIPS = 20_000, 2_000


def join(store: Store) -> None:
    """Write the table of a run from its parts, and from what it was before; remove the parts.

    Raises:
        RunError, DataError: it cannot be written or read; the parts stay.
    """
    pieces = [*([store.out] if store.finished else []), *store.parts()]
    strips = store.asked["strips"]
    try:
        placed = made_map(pieces, store.asked["map"])
        rows = _sorted(pieces, placed, store.schema)
        write_table(store.out, store.schema, rows, GROUP_OF_STRIPS if strips else GROUP)
    except OSError as error:
        raise store.not_written(error) from error
    store.finished = True
    store.remove_parts()


def _sorted(pieces: list[Path], placed: Map, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield all rows, those of one video after those of the other, with their places on the map.

    A run hands its videos out in order, so of its parts few reach over the same videos: one is
    opened when its first video's turn comes.
    """
    first = {path: _first_file(path) for path in pieces}
    waiting = sorted(pieces, key=lambda path: (first[path], str(path)), reverse=True)
    heap: list[tuple[str, int, pa.Table, Iterator[tuple[str, pa.Table]]]] = []
    opened = 0
    while waiting or heap:
        while waiting and (not heap or first[waiting[-1]] <= heap[0][0]):
            rows, opened = by_video(waiting.pop()), opened + 1
            if one := next(rows, None):
                heapq.heappush(heap, (one[0], opened, one[1], rows))
        if not heap:
            return
        _, number, table, rows = heapq.heappop(heap)
        yield _with_places(table, placed, schema)
        if one := next(rows, None):
            heapq.heappush(heap, (one[0], number, one[1], rows))


def _first_file(path: Path) -> str:
    """Return the first video of a sorted table, by what its first group says of itself."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1, columns=["file"]):
            return batch.column(0)[0].as_py()
    return ""


def _with_places(table: pa.Table, placed: Map, schema: pa.Schema) -> pa.Table:
    found = placed.of(table)
    for axis, name in enumerate(("map_x", "map_y")):
        values = pa.array(found[:, axis], pa.float32(), mask=np.isnan(found[:, axis]))
        table = table.set_column(table.schema.get_field_index(name), schema.field(name), values)
    return table.select(schema.names).replace_schema_metadata(schema.metadata)
