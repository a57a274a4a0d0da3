"""Which patches hashing put together, and whom one of them really attends to."""

from __future__ import annotations

import numpy as np

from viz.colors import PICKED, palette
from viz.raster import canvas, overlay
from viz.raster.geometry import check_token
from viz.views.attention import stops
from viz.views.layout import MUTED, Moment, Page, Plate, Scale, lay_out, mark, percent, rgb


def numbers(scene, look) -> dict[str, np.ndarray]:
    """buckets: int64 (frame, grid, grid); order: int64 (frame, token), tokens as they were sorted;
    attended: float32 (frame, grid, grid), what the patch `token` gave in this round, sum 1, 0 where
    it did not look; token (row, column). Where all rounds are merged, buckets and order are those
    of round 0.

    Raises LookupError where LSH attention is off or replaced, ValueError for a patch outside.
    """
    seen = scene.trace.lsh(look.stage)
    head = 0 if look.head is None else look.head
    if not isinstance(head, int):
        raise ValueError(f"head {head!r}: LSH attention is looked at head by head, 0 to "
                         f"{seen.heads - 1}")  # fmt: skip
    token = check_token(look.token or (seen.grid // 2, seen.grid // 2), seen.grid)
    frames = range(seen.frames)
    first, merged = max(look.round, 0), None if look.round < 0 else look.round
    return {
        "buckets": np.stack([seen.buckets(t, head, first) for t in frames]),
        "order": np.stack([seen.order(t, head, first) for t in frames]),
        "attended": np.stack([seen.attended(t, token, head, merged) for t in frames]),
        "token": np.array(token),
    }


def draw(scene, look, found: dict[str, np.ndarray], frame: int) -> np.ndarray:
    seen = scene.trace.lsh(look.stage)
    token = tuple(map(int, found["token"]))
    picture, ids, weights = (
        a[frame] for a in (scene.pictures, found["buckets"], found["attended"])
    )
    grid, opacity = seen.grid, look.opacity
    top = max(float(found["attended"].max()), 2 / max(int((weights > 0).sum()), 1))
    bucket = int(ids[token])
    reached = weights > 0
    drawn = (
        overlay.buckets(picture, ids, seen.n_buckets),
        overlay.heat(picture, weights, top, reached=reached),
    )
    left, right = (
        np.rint(picture * (1 - opacity) + each * opacity).astype(np.uint8) for each in drawn
    )
    for each in (left, right):
        mark(each, grid, token, rgb(PICKED), 3)
    count = int((ids == bucket).sum())
    plates = [
        Plate(left, "One colour a bucket", f"the patch is in bucket {bucket}, one of {count}"),
        Plate(
            right,
            f"Whom the patch at row {token[0]}, column {token[1]} attends to",
            f"{int(reached.sum())} of {ids.size} patches are within its reach",
        ),
    ]
    head = 0 if look.head is None else look.head
    rounds = "all rounds, buckets of round 0" if look.round < 0 else f"round {look.round}"
    page = Page(
        "Which patches hashing put together",
        f"LSH attention, stage {look.stage} · head {head} · {rounds} · "
        f"frame {frame + 1} of {seen.frames}",
        Scale(
            "Weight of its attention, one scale for the whole clip",
            stops(),
            ((0.0, "0"), (1.0, percent(top))),
        ),
        (),
        Moment(frame, scene.times, scene.caption),
    )
    sheet, places = lay_out(plates, page)
    _sizes(sheet, places[1][0], places[1][1] + picture.shape[0] + 64, picture.shape[0], ids, seen)
    return sheet


def _sizes(sheet: np.ndarray, x: int, y: int, wide: int, ids: np.ndarray, seen) -> None:
    """How many patches each bucket holds, as one bar cut in its colours."""
    counts = np.bincount(ids.ravel(), minlength=seen.n_buckets)
    at = x
    for count, colour in zip(counts, palette(seen.n_buckets), strict=True):
        width = round(count / ids.size * wide)
        if width:
            canvas.box(sheet, at, y, max(width - 1, 1), 10, tuple(map(int, colour)))
        at += width
    text = f"Sizes of the {seen.n_buckets} buckets"
    canvas.write(sheet, x, y - 9, text, 14, 400, MUTED, wide)
    said = f"from {int(counts.min())} to {int(counts.max())} patches; a piece holds"
    canvas.write(sheet, x, y + 26, f"{said} {seen.bucket_size}", 13, 400, MUTED, wide)
