"""Where one patch looks: its maps over the frame before and over its own, frame after frame."""

from __future__ import annotations

import numpy as np

from viz.colors import PICKED
from viz.raster import overlay
from viz.raster.geometry import check_token, token_centre
from viz.views.layout import (
    INK,
    Moment,
    Page,
    Plate,
    Scale,
    curve,
    head_name,
    lay_out,
    mark,
    mark_window,
    percent,
    rgb,
)

LINKS = 5
_FAINTEST = 0.04  # of the strongest weight; a link below it is not drawn


def numbers(scene, look) -> dict[str, np.ndarray]:
    """previous, current: float32 (frame, grid, grid), each map's sum is 1 (both maps' together
    where one softmax makes them; of head "max", no fixed sum); previous_frame: int (frame,), the
    place that `previous` lies on; token (row, column) and window (row, column, rows, columns).

    Raises LookupError where that shifted MSA is off, ValueError for a patch outside the grid.
    """
    seen = scene.trace.shifted(look.stage)
    head = look.head_of(seen)
    side = seen.window((0, 0))[2]
    middle = (seen.grid // side // 2) * side + side // 2
    token = check_token(look.token or (middle, middle), seen.grid)
    maps = [_maps(seen, t, token, head) for t in range(seen.frames)]
    first = look.first_head(seen)
    return {
        "previous": np.stack([m[0] for m in maps]),
        "current": np.stack([m[1] for m in maps]),
        "previous_frame": np.array([seen.key_frame(t, first) for t in range(seen.frames)]),
        "token": np.array(token),
        "window": np.array(seen.window(token)),
    }


def _maps(seen, frame: int, token, head) -> tuple[np.ndarray, np.ndarray]:
    if head != "max":
        return seen.maps(frame, token, head)
    each = [seen.maps(frame, token, h) for h in range(seen.heads)]
    return tuple(np.max([m[i] for m in each], axis=0) for i in (0, 1))


def draw(scene, look, found: dict[str, np.ndarray], frame: int) -> np.ndarray:
    seen = scene.trace.shifted(look.stage)
    token, window = tuple(map(int, found["token"])), tuple(map(int, found["window"]))
    before = int(found["previous_frame"][frame])
    grid, tokens = seen.grid, window[2] * window[3]
    # One scale for the whole clip. An even map must not be drawn as if it were all peak.
    top = max(float(found["previous"].max()), float(found["current"].max()), 2 / tokens)
    plates, peaks = [], []
    name = "before" if before < frame else "itself"
    for kind, at in (("previous", before), ("current", frame)):
        weights = found[kind][frame]
        picture = scene.pictures[at]
        heated = overlay.heat(picture, weights, top, window)
        picture = np.rint(picture * (1 - look.opacity) + heated * look.opacity).astype(np.uint8)
        mark_window(picture, grid, window)
        peak = tuple(int(i) for i in np.unravel_index(weights.argmax(), weights.shape))
        mark(picture, grid, peak, INK, 2)
        if kind == "current":
            mark(picture, grid, token, rgb(PICKED), 3)
            heading = f"The frame itself, {scene.times[at]:.2f} s"
        else:
            heading = f"The frame {name}, {scene.times[at]:.2f} s"
        even = bool(np.ptp(weights[weights > 0]) < 1e-6)
        note = f"most, {percent(float(weights.max()))}, to row {peak[0]}, column {peak[1]}"
        plates.append(Plate(picture, heading, "evenly to every patch" if even else note))
        peaks.append(weights)
    heads = head_name(look.head_of(seen), seen.grounded)
    signs = [("picked", "the patch that looks"), ("peak", "where it looks most")]
    signs += [("link", "strongest links back")] if before != frame else []
    page = Page(
        f"Where the patch at row {token[0]}, column {token[1]} looks",
        f"Shifted attention, stage {look.stage} · {heads} · frame {frame + 1} of {seen.frames}",
        Scale(
            "Weight of its attention, one scale for the whole clip",
            stops(),
            ((0.0, "0"), (1.0, percent(top))),
        ),
        (*signs, ("window", f"its chunk, {window[2]} × {window[3]}, all it can see")),
        Moment(frame, scene.times, scene.caption),
    )
    sheet, places = lay_out(plates, page)
    if before != frame:
        _links(sheet, places, plates[0].picture.shape[0], grid, token, found["previous"][frame])
    return sheet


def stops() -> np.ndarray:
    """Colours of the heat's legend, uint8 (n, 3)."""
    return np.array([rgb(c) for c in overlay.heat_stops(24)], np.uint8)


def _links(sheet, places, side: int, grid: int, token, weights: np.ndarray) -> None:
    """Bows from the patch to the patches of the frame before that it looks at most."""
    x, y = token_centre(token, grid, side)
    start = (places[1][0] + x, places[1][1] + y)
    strongest = np.argsort(-weights.ravel())[:LINKS]
    top = float(weights.max())
    for number in reversed(strongest):
        share = float(weights.ravel()[number]) / top
        if share < _FAINTEST:
            continue
        x, y = token_centre(divmod(int(number), grid), grid, side)
        end = (places[0][0] + x, places[0][1] + y)
        curve(sheet, start, end, INK, 1 + 2.2 * share, 0.25 + 0.7 * share)
