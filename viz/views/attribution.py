"""What each patch did for the answer, by one method or by two side by side."""

from __future__ import annotations

import numpy as np

from viz.colors import diverging
from viz.components.heatplayer import from_attribution
from viz.components.heatplayer.contents import top_of
from viz.raster import canvas, overlay
from viz.text import attribution
from viz.views.layout import ACCENT, FAINT, INK, Moment, Page, Plate, Scale, lay_out, percent, rgb

_HIGH = 44  # pixels of a frame's bar


def numbers(scene, look) -> dict[str, np.ndarray]:
    """Of each method, by its key: float32 (frame, grid, grid), logits where the method is signed.
    target, against: places of the labels, against -1 where none was asked.

    Raises ValueError for a method or label there is not, LookupError where no attributions can be
    made, OutOfMemory.
    """
    if scene.attribute is None:
        raise LookupError("this scene has no model to attribute with")
    each = [scene.attribute(method, look.target, look.against) for method in look.methods]
    order = scene.trace.order
    found = {a.method: from_attribution.as_seen(a.values, order) for a in each}
    against = -1 if each[0].against is None else each[0].against
    return {**found, "target": np.array(each[0].target), "against": np.array(against)}


def maps(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Of the numbers, those that lie on patches."""
    return {key: values for key, values in found.items() if values.ndim == 3}


def draw(scene, look, found: dict[str, np.ndarray], frame: int) -> np.ndarray:
    from sct.attribution.attribute import method_of

    labels = attribution.labels_of(scene.trace.config)
    target, against = int(found["target"]), int(found["against"])
    asked = labels, target, None if against < 0 else against
    picture, plates, drawn = scene.pictures[frame], [], maps(found)
    if len(drawn) == 1:
        plates.append(Plate(picture, "The clip"))
    for key, values in drawn.items():
        method = method_of(key)
        over = overlay.diverging if method.signed else overlay.heat
        heated = over(picture, values[frame], top_of(values) or 1.0)
        heated = picture * (1 - look.opacity) + heated * look.opacity
        reads = "blue for, orange against" if method.signed else "lighter is more"
        plate = np.rint(heated).astype(np.uint8), f"{method.name}: {reads}"
        found_out = scene.verdict(key, *asked[1:]) if scene.verdict else attribution.OPEN
        said = _said(values, frame, method.signed)
        plates.append(Plate(*plate, f"{said}; {found_out.badge}"))
    method = method_of(next(iter(drawn)))
    alone = len(drawn) == 1
    page = Page(
        attribution.question(*asked),
        method.what if alone else "Two methods on the same clip, each on a scale of its own",
        _scale(method, next(iter(drawn.values())), asked) if alone else None,
        (),
        Moment(frame, scene.times, scene.caption),
        free=_HIGH + 18,
    )
    sheet, places = lay_out(plates, page)
    for (key, values), (x, y) in zip(drawn.items(), places[-len(drawn) :], strict=True):
        side = picture.shape[0]
        _bars(sheet, (x, y + side + 40, side), values, method_of(key).signed, frame)
    return sheet


def _said(values: np.ndarray, frame: int, signed: bool) -> str:
    share = float(np.abs(values[frame]).sum() / max(float(np.abs(values).sum()), 1e-30))
    total = f"; sum {values[frame].sum():+.2g}".replace("-", "−") if signed else ""
    return f"{percent(share)} of the clip’s total{total}"


def _scale(method, values: np.ndarray, asked: tuple) -> Scale:
    top = top_of(values)
    if method.signed:
        colours, ticks = overlay.diverging_stops(24), ((0.0, f"−{top:.2g}"), (0.5, "0"))
    else:
        colours, ticks = overlay.heat_stops(24), ((0.0, "0"),)
    shown = np.array([rgb(c) for c in colours], np.uint8)
    end = (1.0, f"{'+' if method.signed else ''}{top:.2g} or more")
    return Scale(from_attribution.says(method, *asked)[0], shown, (*ticks, end))


def _bars(
    sheet: np.ndarray, where: tuple[int, int, int], values: np.ndarray, signed: bool, now: int
) -> None:
    """The total of each frame; those of a signed method stand and hang about a line.

    Args:
        where: x and y of the top left, and the width.
    """
    x, y, wide = where
    totals = values.sum((1, 2), dtype=np.float64)
    step, most = wide / len(totals), max(float(np.abs(totals).max()), 1e-30)
    up = max(float(totals.max()), 0.0) / most
    span = up + max(float(-totals.min()), 0.0) / most or 1.0
    zero = y + round(_HIGH * up / span)
    for i, total in enumerate(totals):
        tall = max(1, round(abs(total) / most * _HIGH / span))
        colour = _SIDES[int(total < 0)] if signed else ACCENT
        if i != now:
            colour = tuple(int(c * 0.5) for c in colour) if signed else FAINT
        left = round(x + i * step)
        canvas.box(sheet, left, zero if total < 0 else zero - tall, round(step - 4), tall, colour)
    canvas.line(sheet, [(x, zero), (x + wide, zero)], INK, 1, 0.35)


_SIDES = tuple(tuple(int(c) for c in side[190]) for side in diverging())
