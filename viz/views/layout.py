"""The layout of a view: a title, pictures beside each other, a legend, a line of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from viz.colors import ARROW, PICKED, TRUTH
from viz.raster import canvas, overlay
from viz.raster.canvas import ACCENT, FAINT, INK, MUTED, RAISED, Colour
from viz.raster.geometry import token_box
from viz.text.numbers import share

MARGIN = 36
GAP = 24
_HEAD = 96  # from the top to the headings of the pictures
_HEADING = 30
_NOTE = 34
_LEGEND = 62
_TIMELINE = 56


def rgb(colour: str) -> Colour:
    """Read "#rrggbb" as numbers."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


_ARROWS = {"arrow": rgb(ARROW), "truth": rgb(TRUTH)}


@dataclass(frozen=True)
class Plate:
    """A picture uint8 (S, S, 3) with a heading above and a note below it."""

    picture: np.ndarray
    heading: str
    note: str = ""


@dataclass(frozen=True)
class Scale:
    """A colour bar: colours uint8 (n, 3) from low to high, and ticks (place 0 to 1, text)."""

    title: str
    colours: np.ndarray
    ticks: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, title: str, colours: Sequence[str], *ticks: tuple[float, str]) -> Scale:
        """Make a colour bar of "#rrggbb" texts."""
        return cls(title, np.array([rgb(c) for c in colours], np.uint8), ticks)


def weight_scale(top: float) -> Scale:
    """Make the colour bar of attention weights from 0 to `top`."""
    title = "Weight of its attention, one scale for the whole clip"
    return Scale.of(title, overlay.heat_stops(24), (0.0, "0"), (1.0, share(top)))


@dataclass(frozen=True)
class Page:
    """Everything around the pictures of a view.

    Args:
        times: the second of each frame. caption: names clip and model.
        counted: whether the subtitle ends with the number of the frame.
        signs: (kind, text), see `_sign`.
        free: pixels left below the pictures where there is neither scale nor sign.
    """

    title: str
    subtitle: str
    times: tuple[float, ...]
    caption: str
    scale: Scale | None = None
    signs: tuple[tuple[str, str], ...] = ()
    counted: bool = True
    free: int = 0


def lay_out(
    plates: Sequence[Plate], page: Page, frame: int
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Draw a page that shows `frame`: the sheet, uint8 (H, W, 3), and (x, y) of each picture."""
    side = plates[0].picture.shape[0]
    width = 2 * MARGIN + len(plates) * side + (len(plates) - 1) * GAP
    top = _HEAD + _HEADING
    low = top + side + _NOTE
    legend = _LEGEND if page.scale or page.signs else page.free
    sheet = canvas.sheet(width, low + legend + _TIMELINE)
    counted = f" · frame {frame + 1} of {len(page.times)}" if page.counted else ""
    title(sheet, page.title, page.subtitle + counted, sheet.shape[1] - 2 * MARGIN)
    places = [(MARGIN + number * (side + GAP), top) for number in range(len(plates))]
    for (x, _), plate in zip(places, plates, strict=True):
        canvas.write(sheet, x, top - 11, plate.heading, 17, 600, INK, side)
        canvas.paste(sheet, x, top, plate.picture)
        canvas.write(sheet, x, top + side + 23, plate.note, 15, 400, MUTED, side)
    if page.scale or page.signs:
        _legend(sheet, low + 8, page, side)
    _timeline(sheet, sheet.shape[0] - 26, page, frame)
    return sheet, places


def title(sheet: np.ndarray, text: str, subtitle: str, room: int | None = None) -> None:
    """Write the two lines at the top."""
    canvas.write(sheet, MARGIN, 50, text, 27, 650, INK, room)
    canvas.write(sheet, MARGIN, 78, subtitle, 16, 400, MUTED, room)


def _legend(sheet: np.ndarray, y: int, page: Page, side: int) -> None:
    left = MARGIN
    if page.scale:
        wide = min(side, 460)
        canvas.write(sheet, left, y + 13, page.scale.title, 14, 400, MUTED, wide)
        canvas.ramp(sheet, left, y + 22, wide, 10, page.scale.colours)
        for at, text in page.scale.ticks:
            anchor = "left" if at < 0.1 else "right" if at > 0.9 else "middle"
            canvas.write(sheet, left + round(at * wide), y + 48, text, 13, 400, MUTED, wide, anchor)
        left += side + GAP
    x, row, right = left, 0, sheet.shape[1] - MARGIN
    for kind, text in page.signs:
        wide = 36 + canvas.text_width(canvas.clean(text), 14)
        if x > left and x + wide > right:
            x, row = left, row + 1
        _sign(sheet, x, y + 4 + row * 26, kind)
        x += 36
        x = canvas.write(sheet, x, y + 16 + row * 26, text, 14, 400, MUTED, right - x) + 22


def _sign(sheet: np.ndarray, x: int, y: int, kind: str) -> None:
    """Draw a small sample of what a mark on the pictures looks like."""
    canvas.box(sheet, x, y - 2, 28, 18, RAISED)
    if kind == "window":
        canvas.outline(sheet, (x + 3, y + 1, x + 25, y + 13), INK, 1, dashed=True)
    elif kind in ("picked", "peak"):
        colour = rgb(PICKED) if kind == "picked" else INK
        canvas.outline(sheet, (x + 7, y + 1, x + 21, y + 13), colour, 2)
    elif kind == "link":
        curve(sheet, (x + 3, y + 11), (x + 25, y + 11), INK, 2, 0.95, lift=0.35)
    else:
        canvas.arrow(sheet, (x + 4, y + 7), (x + 24, y + 7), _ARROWS[kind], 2)


def _timeline(sheet: np.ndarray, y: int, page: Page, frame: int) -> None:
    """Draw the frames as dots on a line, the shown one lit; the clip's name to the right."""
    count = len(page.times)
    step = min(30, (sheet.shape[1] * 0.45) / max(count, 1))
    x = MARGIN + 5
    end = x + step * (count - 1)
    canvas.line(sheet, [(x, y - 5), (max(end, x), y - 5)], FAINT, 2)
    for i in range(count):
        radius, colour = (6.5, ACCENT) if i == frame else (3.5, FAINT)
        at = round((x + i * step) * 16), round((y - 5) * 16)
        cv2.circle(sheet, at, round(radius * 16), colour, -1, cv2.LINE_AA, 4)
    said = f"{page.times[frame]:.2f} s"
    after = canvas.write(sheet, round(end) + 20, y, said, 15, 600, INK)
    signature(sheet, y, page.caption, after + 30)


def signature(sheet: np.ndarray, y: int, caption: str, left: int) -> None:
    """Write at the right edge what the picture was made by and of; not farther than `left`."""
    right = sheet.shape[1] - MARGIN
    end = right - canvas.text_width("SCT Lens", 14, 650) - 14
    canvas.write(sheet, right, y, "SCT Lens", 14, 650, ACCENT, anchor="right")
    canvas.write(sheet, end, y, caption, 14, 400, MUTED, max(end - left, 0), "right")


def curve(
    sheet: np.ndarray, start, end, colour, width: float, opacity: float, lift: float = 0.16
) -> None:
    """Draw a bow from start to end, with a dark rim."""
    (x0, y0), (x1, y1) = start, end
    up = lift * np.hypot(x1 - x0, y1 - y0)
    t = np.linspace(0, 1, 40)[:, None]
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2 - up])
    points = (1 - t) ** 2 * (x0, y0) + 2 * t * (1 - t) * middle + t**2 * np.array([x1, y1])
    canvas.line(sheet, points, (0, 0, 0), width + 2, opacity * 0.6)
    canvas.line(sheet, points, colour, width, opacity)


def mark(
    picture: np.ndarray, grid: int, token: tuple[int, int], colour: Colour, width: int = 2
) -> None:
    """Outline one token of a picture."""
    top, left, bottom, right = token_box(token, grid, picture.shape[0])
    canvas.outline(picture, (left, top, right - 1, bottom - 1), colour, width)


def blend(picture: np.ndarray, drawn: np.ndarray, opacity: float) -> np.ndarray:
    """Lay `drawn` over a picture of the same shape: uint8 (S, S, 3)."""
    return np.rint(picture * (1 - opacity) + drawn * opacity).astype(np.uint8)


def head_name(head: int | str, grounded: Sequence[int]) -> str:
    """Say what a head is called, its kind by a sign and a word."""
    means = {
        "grounded": "◆ mean of grounded heads",
        "mean": "mean of all heads",
        "max": "the largest weight of any head",
    }
    return means.get(head) or (
        f"◆ head {head}, grounded" if head in grounded else f"○ head {head}, free"
    )
