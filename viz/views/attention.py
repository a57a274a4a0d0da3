"""The view of one patch's attention: its maps over the frame before and over its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viz.colors import PICKED
from viz.raster import canvas, overlay
from viz.raster.geometry import check_token, token_centre
from viz.text.numbers import share
from viz.views.layout import (
    INK,
    Page,
    Plate,
    blend,
    curve,
    head_name,
    lay_out,
    mark,
    rgb,
    weight_scale,
)
from viz.views.rendering import Rendering

LINKS = 5
_FAINTEST = 0.04  # of the strongest weight; a link below it is not drawn


class Attention(Rendering):
    """Draws the attention of one patch.

    Numbers: previous, current: float32 (frame, grid, grid), each map's sum is 1 (both maps'
    together where one softmax makes them; of head "max", no fixed sum); previous_frame: int
    (frame,), the place that `previous` lies on; token (row, column) and window (row, column, rows,
    columns).

    Raises LookupError where that shifted MSA is off, ValueError for a patch outside the grid.
    """

    name = "attention"
    columns = (("previous", "previous", None), ("current", "current", None))

    def __init__(self, scene, look):
        super().__init__(scene, look)
        seen = scene.trace.shifted(look.stage)
        head, first = look.head_of(seen)
        side = seen.window((0, 0))[2]
        middle = (seen.grid // side // 2) * side + side // 2
        token = check_token(look.token or (middle, middle), seen.grid)
        maps = [_maps(seen, t, token, head) for t in range(seen.frames)]
        self.numbers = {
            "previous": np.stack([m[0] for m in maps]),
            "current": np.stack([m[1] for m in maps]),
            "previous_frame": np.array([seen.key_frame(t, first) for t in range(seen.frames)]),
            "token": np.array(token),
            "window": np.array(seen.window(token)),
        }
        self._grid, self._token, self._window = seen.grid, token, seen.window(token)
        row, column, rows, columns = self._window
        self._reached = np.zeros((seen.grid, seen.grid), bool)
        self._reached[row : row + rows, column : column + columns] = True
        # One scale for the whole clip. An even map must not be drawn as if it were all peak.
        most = (float(self.numbers[name].max()) for name in ("previous", "current"))
        self._top = max(*most, 2 / (rows * columns))
        self._page = Page(
            f"Where the patch at row {token[0]}, column {token[1]} looks",
            f"Shifted attention, stage {look.stage} · {head_name(head, seen.grounded)}",
            scene.times,
            scene.caption,
            weight_scale(self._top),
            (
                ("picked", "the patch that looks"),
                ("peak", "where it looks most"),
                ("link", "strongest links back"),
                ("window", f"its chunk, {rows} × {columns}, all it can see"),
            ),
        )

    def _draw(self, frame: int) -> np.ndarray:
        before = int(self.numbers["previous_frame"][frame])
        previous, current = self.numbers["previous"][frame], self.numbers["current"][frame]
        name = "before" if before < frame else "itself"
        plates = [
            self._plate(previous, before, f"The frame {name}"),
            self._plate(current, frame, "The frame itself"),
        ]
        mark(plates[1].picture, self._grid, self._token, rgb(PICKED), 3)
        page = self._page
        if before == frame:
            page = replace(page, signs=tuple(s for s in page.signs if s[0] != "link"))
        sheet, places = lay_out(plates, page, frame)
        if before != frame:
            self._links(sheet, places, previous)
        return sheet

    def _plate(self, weights: np.ndarray, at: int, heading: str) -> Plate:
        """Draw one map over frame `at`, its window and its peak."""
        picture = self.scene.pictures[at]
        heated = overlay.heat(picture, weights, self._top, self._reached)
        picture = blend(picture, heated, self.look.opacity)
        self._mark_window(picture)
        peak = tuple(int(i) for i in np.unravel_index(weights.argmax(), weights.shape))
        mark(picture, self._grid, peak, INK, 2)
        note = f"most, {share(float(weights.max()))}, to row {peak[0]}, column {peak[1]}"
        if np.ptp(weights[weights > 0]) < 1e-6:
            note = "evenly to every patch"
        return Plate(picture, f"{heading}, {self.scene.times[at]:.2f} s", note)

    def _mark_window(self, picture: np.ndarray) -> None:
        row, column, rows, columns = self._window
        step, edge = picture.shape[0] / self._grid, picture.shape[0] - 2
        left, top = max(column * step, 1), max(row * step, 1)
        right, bottom = min((column + columns) * step, edge), min((row + rows) * step, edge)
        canvas.outline(picture, (left, top, right, bottom), INK, 1, dashed=True)

    def _links(self, sheet, places, weights: np.ndarray) -> None:
        """Draw bows from the patch to the patches of the frame before that it looks at most."""
        side, grid = self.scene.pictures.shape[1], self._grid
        (left, top), (right, _) = places
        x, y = token_centre(self._token, grid, side)
        start = (right + x, top + y)
        strongest = np.argsort(-weights.ravel())[:LINKS]
        most = float(weights.max())
        for number in reversed(strongest):
            strength = float(weights.ravel()[number]) / most
            if strength < _FAINTEST:
                continue
            x, y = token_centre(divmod(int(number), grid), grid, side)
            width, opacity = 1 + 2.2 * strength, 0.25 + 0.7 * strength
            curve(sheet, start, (left + x, top + y), INK, width, opacity)


def _maps(seen, frame: int, token, head) -> tuple[np.ndarray, np.ndarray]:
    if head != "max":
        return seen.maps(frame, token, head)
    each = [seen.maps(frame, token, h) for h in range(seen.heads)]
    return tuple(np.max([m[i] for m in each], axis=0) for i in (0, 1))
