"""The view of each patch's effect on the answer, by one method or by two side by side."""

from __future__ import annotations

import numpy as np

from sct.attribution.result import Method, method_of
from sct.labels import names_of
from sct.questions import in_full
from viz.colors import diverging
from viz.components.heatplayer.contents import top_of
from viz.components.heatplayer.from_attribution import as_seen, says
from viz.raster import canvas, overlay
from viz.raster.canvas import ACCENT, FAINT, INK
from viz.text.attribution import OPEN, question
from viz.text.numbers import share
from viz.views.layout import Page, Plate, Scale, blend, lay_out
from viz.views.rendering import Rendering

_BARS = 44  # pixels of the highest bar of a frame
_SIDES = tuple(tuple(int(c) for c in side[190]) for side in diverging())  # for and against


class Attributions(Rendering):
    """Draws the maps of one or two methods of attribution.

    Numbers: of each method, by its key: float32 (frame, grid, grid), logits where the method is
    signed. target, against: places of the labels, against -1 where none was asked;
    target_label, against_label: the labels themselves, "" where none was asked.

    Raises ValueError for a method or label there is not, LookupError where no attributions can be
    made, OutOfMemory.
    """

    name = "attribution"

    def __init__(self, scene, look):
        super().__init__(scene, look)
        if scene.attribute is None:
            raise LookupError("this scene has no model to attribute with")
        found = [scene.attribute(method, look.target, look.against) for method in look.methods]
        target, against = found[0].target, found[0].against
        order = scene.trace.order
        self._maps = [(method_of(a.method), as_seen(a.values, order)) for a in found]
        self.columns = tuple((method.key, method.key, None) for method, _ in self._maps)
        self.numbers = {method.key: values for method, values in self._maps}
        self.numbers["target"] = np.array(target)
        self.numbers["against"] = np.array(-1 if against is None else against)
        names = names_of(scene.trace.config)
        self.numbers["target_label"] = np.array(names[target])
        self.numbers["against_label"] = np.array("" if against is None else names[against])
        tell = scene.verdict or (lambda *asked: OPEN)
        self._badges = [tell(method.key, target, against).badge for method, _ in self._maps]
        asked = [in_full(scene.trace.config, name) for name in names], target, against
        what, scale = "Two methods on the same clip, each on a scale of its own", None
        if len(self._maps) == 1:
            ((method, values),) = self._maps
            what, scale = method.what, _scale(method, values, says(method, *asked)[0])
        self._page = Page(
            question(*asked),
            what,
            scene.times,
            scene.caption,
            scale,
            counted=False,
            free=_BARS + 18,
        )

    def _draw(self, frame: int) -> np.ndarray:
        picture = self.scene.pictures[frame]
        plates = [Plate(picture, "The clip")] if len(self._maps) == 1 else []
        for (method, values), badge in zip(self._maps, self._badges, strict=True):
            over = overlay.diverging if method.signed else overlay.heat
            heated = over(picture, values[frame], top_of(values) or 1.0)
            reads = "blue for, orange against" if method.signed else "lighter is more"
            note = f"{_total(values, frame, method.signed)}; {badge}"
            heated = blend(picture, heated, self.look.opacity)
            plates.append(Plate(heated, f"{method.name}: {reads}", note))
        sheet, places = lay_out(plates, self._page, frame)
        side = picture.shape[0]
        for (method, values), (x, y) in zip(self._maps, places[-len(self._maps) :], strict=True):
            _bars(sheet, (x, y + side + 40, side), values, method.signed, frame)
        return sheet


def _total(values: np.ndarray, frame: int, signed: bool) -> str:
    part = float(np.abs(values[frame]).sum() / max(float(np.abs(values).sum()), 1e-30))
    total = f"; sum {values[frame].sum():+.2g}".replace("-", "−") if signed else ""
    return f"{share(part)} of the clip’s total{total}"


def _scale(method: Method, values: np.ndarray, meaning: str) -> Scale:
    top = top_of(values)
    if not method.signed:
        return Scale.of(meaning, overlay.heat_stops(24), (0.0, "0"), (1.0, f"{top:.2g} or more"))
    ticks = (0.0, f"−{top:.2g}"), (0.5, "0"), (1.0, f"+{top:.2g} or more")
    return Scale.of(meaning, overlay.diverging_stops(24), *ticks)


def _bars(
    sheet: np.ndarray, where: tuple[int, int, int], values: np.ndarray, signed: bool, now: int
) -> None:
    """Draw the total of each frame; those of a signed method stand and hang about a line.

    Args:
        where: x and y of the top left, and the width.
    """
    x, y, wide = where
    totals = values.sum((1, 2), dtype=np.float64)
    step, most = wide / len(totals), max(float(np.abs(totals).max()), 1e-30)
    up = max(float(totals.max()), 0.0) / most
    span = up + max(float(-totals.min()), 0.0) / most or 1.0
    zero = y + round(_BARS * up / span)
    for i, total in enumerate(totals):
        tall = max(1, round(abs(total) / most * _BARS / span))
        colour = _SIDES[int(total < 0)] if signed else ACCENT
        if i != now:
            colour = tuple(int(c * 0.5) for c in colour) if signed else FAINT
        left = round(x + i * step)
        canvas.box(sheet, left, zero if total < 0 else zero - tall, round(step - 4), tall, colour)
    canvas.line(sheet, [(x, zero), (x + wide, zero)], INK, 1, 0.35)
