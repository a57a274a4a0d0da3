"""The map of a run: each window's embedding on two axes, so that alike windows lie together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from sct.collection.store import batches_of
from sct.errors import DataError

MAPS = ("pca", "umap")
_LEARNED_FROM = 20_000  # embeddings that UMAP learns from; it takes all of them at once
_AT_ONCE = 4096


@dataclass(frozen=True)
class Map:
    """Where embeddings lie on two axes; `place` maps (n, width) to (n, 2)."""

    place: Callable[[np.ndarray], np.ndarray] | None

    def of(self, table: pa.Table) -> np.ndarray:
        """Return the places of a table's rows, float32 (n, 2), NaN where a row has none."""
        found = np.full((len(table), 2), np.nan, np.float32)
        values, there = embeddings_of(table)
        if self.place and len(values):
            found[there] = self.place(values)
        return found


def check(how: str) -> None:
    """Raise DataError where a map cannot be made here."""
    if how == "umap":
        try:
            import umap  # noqa: F401
        except ImportError:
            raise DataError(
                "The map umap needs the package umap-learn, which is not installed here; "
                "`pip install umap-learn` installs it, and --map pca does without."
            ) from None


def embeddings_of(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the embeddings of a table, float32 (n, width), and bool (rows,), who has one."""
    column = table.column("embedding").combine_chunks()
    there = column.is_valid().to_numpy(zero_copy_only=False)
    values = column.drop_null().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, column.type.list_size), there


def made_map(pieces: Iterable[Path], how: str = "pca") -> Map:
    """Make the map of all embeddings in some tables.

    Args:
        how: "pca", exact, from sums alone; or "umap", from at most 20,000 of them.
    """
    pieces = list(pieces)
    return _umap(pieces) if how == "umap" else _pca(pieces)


def _each(pieces: list[Path]) -> Iterator[np.ndarray]:
    for path in pieces:
        for table in batches_of(path, ["embedding"], _AT_ONCE):
            values, _ = embeddings_of(table)
            if len(values):
                yield values


def _pca(pieces: list[Path]) -> Map:
    count, total, products = 0, 0.0, 0.0
    shift = None  # sums of what is far from 0 would lose its digits
    for values in _each(pieces):
        values = values.astype(np.float64)
        shift = values.mean(0) if shift is None else shift
        values -= shift
        count += len(values)
        total = total + values.sum(0)
        products = products + values.T @ values
    if not count:
        return Map(None)
    mean = total / count
    _, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), range(axes.shape[1])])  # one of two signs
    mean = mean + shift
    return Map(lambda values: (values - mean) @ axes)


def _umap(pieces: list[Path]) -> Map:
    import umap

    count = sum(map(len, _each(pieces)))
    if count < 3:  # it needs neighbours
        return _pca(pieces)
    step = max(1, -(-count // _LEARNED_FROM))
    seen, some = 0, []
    for values in _each(pieces):
        some.append(values[-seen % step :: step])
        seen += len(values)
    learned = np.concatenate(some)
    found = umap.UMAP(n_neighbors=min(15, len(learned) - 1), random_state=0).fit(learned)
    return Map(found.transform)
