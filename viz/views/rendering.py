"""The base of every view of a clip, which gives its numbers and draws its frames."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import numpy as np

from viz.views.scene import Look, Scene


class Rendering:
    """Holds the numbers of one view over a whole clip and draws a picture of each frame.

    A subclass prepares in `__init__` all that its pictures show, so that drawing a frame asks
    neither the scene nor the trace again.

    Attributes:
        name: of the view.
        numbers: name -> array; each subclass says which.
        columns: of the CSV file: (title, name of the numbers, component of their last axis or
            None); the numbers are (frame, grid, grid) or (frame, grid, grid, component).
    """

    name: ClassVar[str]
    columns: tuple[tuple[str, str, int | None], ...]
    numbers: dict[str, np.ndarray]

    def __init__(self, scene: Scene, look: Look):
        self.scene, self.look = scene, look

    def _draw(self, frame: int) -> np.ndarray:
        raise NotImplementedError

    def picture(self, frame: int) -> np.ndarray:
        """Draw one frame: uint8 (H, W, 3). Raises IndexError for a frame there is not."""
        count = len(self.scene.times)
        if not 0 <= frame < count:
            raise IndexError(f"frame {frame}: allowed: 0 to {count - 1}")
        return self._draw(frame)

    def pictures(self) -> Iterator[np.ndarray]:
        """Draw each frame in turn, all of one size."""
        return map(self._draw, range(len(self.scene.times)))

    def still(self, frame: int) -> np.ndarray:
        """Draw the view as one picture; `frame` is the one shown where it does not show all."""
        return self.picture(frame)

    def csv(self) -> str:
        """Give a row for each patch of each frame: frame, seconds, row, column, the numbers."""
        columns = {
            title: self.numbers[name] if part is None else self.numbers[name][..., part]
            for title, name, part in self.columns
            if name in self.numbers
        }
        rows = (
            [at[0], f"{self.scene.times[at[0]]:.4g}", *at[1:], *(a[at] for a in columns.values())]
            for at in np.ndindex(next(iter(columns.values())).shape)
        )
        return csv_of(["frame", "seconds", "row", "column", *columns], rows)

    def npz(self) -> bytes:
        """Give the numbers as .npz; `about` in it is JSON text. Opens with allow_pickle=False."""
        scene, look = self.scene, self.look
        about = {
            "view": self.name,
            "clip": scene.name,
            "model": scene.model,
            "ablation": str(scene.trace.ablation),
            "stage": look.stage,
            "head": look.head,
            "round": look.round,
            "methods": look.methods,
            "patch_pixels": scene.trace.config.patch,
        }
        buffer = io.BytesIO()
        text = np.array(json.dumps(about, ensure_ascii=False))
        np.savez_compressed(buffer, **self.numbers, times=np.array(scene.times), about=text)
        return buffer.getvalue()


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as CSV; numbers with six digits, truths as 0 and 1."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(header)
    write.writerows(map(_cell, row) for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(int(value))
