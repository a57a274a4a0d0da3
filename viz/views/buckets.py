"""The view of patches that hashing put together, and of the attention of one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viz.colors import PICKED, palette
from viz.raster import canvas, overlay
from viz.raster.geometry import check_token
from viz.views.layout import MUTED, Page, Plate, blend, lay_out, mark, rgb, weight_scale
from viz.views.rendering import Rendering


class Buckets(Rendering):
    """Draws the buckets of LSH attention, and the attention of one patch.

    Numbers: buckets: int64 (frame, grid, grid); order: int64 (frame, token), tokens as they were
    sorted; attended: float32 (frame, grid, grid), what the patch `token` gave in this round, sum 1,
    0 where it did not look; token (row, column). Where all rounds are merged, buckets and order are
    those of round 0.

    Raises LookupError where LSH attention is off or replaced, ValueError for a patch outside.
    """

    name = "buckets"
    columns = (("bucket", "buckets", None), ("attended", "attended", None))

    def __init__(self, scene, look):
        super().__init__(scene, look)
        seen = scene.trace.lsh(look.stage)
        head = 0 if look.head is None else look.head
        if not isinstance(head, int):
            raise ValueError(
                f"head {head!r}: LSH attention is looked at head by head, 0 to {seen.heads - 1}"
            )
        token = check_token(look.token or (seen.grid // 2, seen.grid // 2), seen.grid)
        frames = range(seen.frames)
        first, merged = max(look.round, 0), None if look.round < 0 else look.round
        attended = np.stack([seen.attended(t, token, head, merged) for t in frames])
        self.numbers = {
            "buckets": np.stack([seen.buckets(t, head, first) for t in frames]),
            "order": np.stack([seen.order(t, head, first) for t in frames]),
            "attended": attended,
            "token": np.array(token),
        }
        self._token, self._bucket_size = token, seen.bucket_size
        self._palette = palette(seen.n_buckets)
        # For each frame: an even map must not be drawn as if it were all peak.
        reached = np.maximum((attended > 0).sum((1, 2)), 1)
        self._tops = np.maximum(float(attended.max()), 2 / reached)
        rounds = "all rounds, buckets of round 0" if look.round < 0 else f"round {look.round}"
        self._page = Page(
            "Which patches hashing put together",
            f"LSH attention, stage {look.stage} · head {head} · {rounds}",
            scene.times,
            scene.caption,
        )

    def _draw(self, frame: int) -> np.ndarray:
        picture, side = self.scene.pictures[frame], self.scene.pictures.shape[1]
        ids, weights = self.numbers["buckets"][frame], self.numbers["attended"][frame]
        top, count, reached = float(self._tops[frame]), len(self._palette), weights > 0
        left, right = (
            blend(picture, drawn, self.look.opacity)
            for drawn in (
                overlay.buckets(picture, ids, count),
                overlay.heat(picture, weights, top, reached),
            )
        )
        for each in (left, right):
            mark(each, len(ids), self._token, rgb(PICKED), 3)
        row, column = self._token
        bucket = int(ids[row, column])
        held = f"the patch is in bucket {bucket}, one of {int((ids == bucket).sum())}"
        reach = f"{int(reached.sum())} of {ids.size} patches are within its reach"
        plates = [
            Plate(left, "One colour a bucket", held),
            Plate(right, f"Whom the patch at row {row}, column {column} attends to", reach),
        ]
        page = replace(self._page, scale=weight_scale(top))
        sheet, places = lay_out(plates, page, frame)
        self._sizes(sheet, places[1][0], places[1][1] + side + 64, side, ids)
        return sheet

    def _sizes(self, sheet: np.ndarray, x: int, y: int, wide: int, ids: np.ndarray) -> None:
        """Draw how many patches each bucket holds, as one bar cut in its colours."""
        counts = np.bincount(ids.ravel(), minlength=len(self._palette))
        at = x
        for count, colour in zip(counts, self._palette, strict=True):
            width = round(count / ids.size * wide)
            if width:
                canvas.box(sheet, at, y, max(width - 1, 1), 10, tuple(map(int, colour)))
            at += width
        text = f"Sizes of the {len(counts)} buckets"
        canvas.write(sheet, x, y - 9, text, 14, 400, MUTED, wide)
        said = f"from {int(counts.min())} to {int(counts.max())} patches; a piece holds"
        canvas.write(sheet, x, y + 26, f"{said} {self._bucket_size}", 13, 400, MUTED, wide)
