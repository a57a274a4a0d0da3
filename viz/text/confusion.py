"""Which labels are taken for which: what a confusion matrix shows, however it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_LABEL_LENGTH = 40


@dataclass(frozen=True, eq=False)
class Confusion:
    """Holds the part of a confusion matrix that is worth showing.

    Attributes:
        names: of all labels, shortened.
        rows: int (row,), the labels that clips show. columns: int (column,), these and the labels
            that were ever the answer.
        counts: int (row, column). shares: float (row, column), of the row.
    """

    names: list[str]
    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, labels: Sequence[object], counts: np.ndarray) -> Confusion:
        """Leave out what never happened.

        Args:
            counts: int (label, label), a row for what the clips show.
        """
        counts = np.asarray(counts)
        rows = np.flatnonzero(counts.any(1))
        columns = np.flatnonzero(counts.any(0) | counts.any(1))
        counts = counts[np.ix_(rows, columns)]
        names = [n if len(n) <= _LABEL_LENGTH else n[: _LABEL_LENGTH - 1] + "…"
                 for n in map(str, labels)]  # fmt: skip
        return cls(names, rows, columns, counts, counts / counts.sum(1, keepdims=True))
