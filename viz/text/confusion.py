"""The part of a confusion matrix that is shown, however it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_LABEL_LENGTH = 40


class Confusion(NamedTuple):
    """Holds the part of a confusion matrix that is worth showing.

    Args:
        names: of all labels, shortened.
        rows: int (row,), the labels that clips show.
        columns: int (column,), the same and the labels that were ever the answer.
        counts: int (row, column). shares: float (row, column), of the row.
    """

    names: list[str]
    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    shares: np.ndarray


def shown(labels: Sequence[object], counts: np.ndarray) -> Confusion:
    """Leave out what never happened.

    Args:
        counts: int (label, label), a row for what the clips show.
    """
    counts = np.asarray(counts)
    rows, columns = np.flatnonzero(counts.any(1)), np.flatnonzero(counts.any(0) | counts.any(1))
    counts = counts[np.ix_(rows, columns)]
    names = [str(label) for label in labels]
    names = [n if len(n) <= _LABEL_LENGTH else n[: _LABEL_LENGTH - 1] + "…" for n in names]
    return Confusion(names, rows, columns, counts, counts / counts.sum(1, keepdims=True))
