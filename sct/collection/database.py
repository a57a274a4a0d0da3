"""Connections of DuckDB that can read the files of some runs, and do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from sct.collection.runs import Run
from sct.errors import DataError
from sct.video.sources import quoted

if TYPE_CHECKING:
    import duckdb

THREADS, MEMORY = 2, "1GB"
_CONFIG = {
    **{"threads": THREADS, "memory_limit": MEMORY, "max_temp_directory_size": "0B"},
    **{"autoinstall_known_extensions": False, "autoload_known_extensions": False},
}


@contextmanager
def connected(run: Run, *others: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a run and those beside it.

    Raises DataError: what is asked inside takes too much memory, or a run cannot be read any more.
    """
    import duckdb

    connection = _database(sum((one.version for one in others), run.version)).cursor()
    try:
        yield connection
    except duckdb.OutOfMemoryException:
        raise DataError(
            f"The run {quoted(run.name)} is too large for this question, for which there "
            f"are {MEMORY} of memory; a filter may help."
        ) from None
    except duckdb.Error:
        # What it says names files and SQL, and helps nobody who looks at a page.
        raise DataError(
            f"The run {quoted(run.name)} could not be read: its file was changed, damaged "
            "or taken away; open it again."
        ) from None
    finally:
        connection.close()


@lru_cache(maxsize=8)
def _database(versions: tuple[tuple[str, int, int], ...]) -> duckdb.DuckDBPyConnection:
    """Open what reads some files, in these versions, and can do nothing else; it is kept.

    Each question takes a cursor of its own, so threads share the bounds and nothing more.
    """
    import duckdb

    database = duckdb.connect(":memory:", config=dict(_CONFIG))
    database.execute("SET allowed_paths = $files", {"files": [name for name, _, _ in versions]})
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database
