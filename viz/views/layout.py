"""How a view is laid out: a title, pictures beside each other, a legend, a line of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from viz.colors import ARROW, PICKED, TRUTH
from viz.raster import canvas
from viz.raster.canvas import ACCENT, FAINT, INK, MUTED, RAISED
from viz.raster.geometry import token_box

MARGIN = 36
GAP = 24
_HEAD = 96  # from the top to the headings of the pictures
_HEADING = 30
_NOTE = 34
_LEGEND = 62
_TIMELINE = 56


def rgb(colour: str) -> canvas.Colour:
    """ "#rrggbb" as numbers."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


@dataclass(frozen=True)
class Plate:
    """A picture uint8 (S, S, 3) with a heading above and a note below it."""

    picture: np.ndarray
    heading: str
    note: str = ""


@dataclass(frozen=True)
class Scale:
    """A colour bar: colours (n, 3) from low to high, and ticks (place 0 to 1, text)."""

    title: str
    colours: np.ndarray
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Moment:
    """Which frame is shown: its place, the times of all in seconds, and how the line is named."""

    frame: int
    times: tuple[float, ...]
    name: str


@dataclass(frozen=True)
class Page:
    """Everything around the pictures. `signs` are (kind, text), see `_sign`; `free` are pixels left
    below the pictures where there is neither scale nor sign."""

    title: str
    subtitle: str
    scale: Scale | None = None
    signs: tuple[tuple[str, str], ...] = ()
    moment: Moment | None = None
    free: int = 0


def lay_out(plates: Sequence[Plate], page: Page) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Draw a page: the sheet, uint8 (H, W, 3), and the (x, y) of each picture on it."""
    side = plates[0].picture.shape[0]
    width = 2 * MARGIN + len(plates) * side + (len(plates) - 1) * GAP
    top = _HEAD + _HEADING
    low = top + side + _NOTE
    legend = _LEGEND if page.scale or page.signs else page.free
    sheet = canvas.sheet(width, low + legend + (_TIMELINE if page.moment else MARGIN // 2))
    width = sheet.shape[1]
    room = width - 2 * MARGIN
    canvas.write(sheet, MARGIN, 50, page.title, 27, 650, INK, room)
    canvas.write(sheet, MARGIN, 78, page.subtitle, 16, 400, MUTED, room)
    places = []
    for number, plate in enumerate(plates):
        x = MARGIN + number * (side + GAP)
        canvas.write(sheet, x, top - 11, plate.heading, 17, 600, INK, side)
        canvas.paste(sheet, x, top, plate.picture)
        canvas.write(sheet, x, top + side + 23, plate.note, 15, 400, MUTED, side)
        places.append((x, top))
    if page.scale or page.signs:
        _legend(sheet, low + 8, page, side)
    if page.moment:
        _moment(sheet, sheet.shape[0] - 26, page.moment)
    return sheet, places


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
    x, row = left, 0
    for kind, text in page.signs:
        wide = 36 + canvas.text_width(canvas.clean(text), 14)
        if x > left and x + wide > sheet.shape[1] - MARGIN:
            x, row = left, row + 1
        _sign(sheet, x, y + 4 + row * 26, kind)
        x = canvas.write(
            sheet, x + 36, y + 16 + row * 26, text, 14, 400, MUTED, sheet.shape[1] - MARGIN - x - 36
        )
        x += 22


def _sign(sheet: np.ndarray, x: int, y: int, kind: str) -> None:
    """A small sample of what a mark on the pictures looks like."""
    canvas.box(sheet, x, y - 2, 28, 18, RAISED)
    if kind == "window":
        canvas.outline(sheet, (x + 3, y + 1, x + 25, y + 13), INK, 1, dashed=True)
    elif kind in ("picked", "peak"):
        colour = rgb(PICKED) if kind == "picked" else INK
        canvas.outline(sheet, (x + 7, y + 1, x + 21, y + 13), colour, 2)
    elif kind == "link":
        curve(sheet, (x + 3, y + 11), (x + 25, y + 11), INK, 2, 0.95, lift=0.35)
    else:
        canvas.arrow(sheet, (x + 4, y + 7), (x + 24, y + 7), rgb(_ARROWS[kind]), 2)


_ARROWS = {"arrow": ARROW, "truth": TRUTH}


def _moment(sheet: np.ndarray, y: int, moment: Moment) -> None:
    """The frames as dots on a line, the shown one lit; the clip's name to the right."""
    count = len(moment.times)
    step = min(30, (sheet.shape[1] * 0.45) / max(count, 1))
    x = MARGIN + 5
    end = x + step * (count - 1)
    canvas.line(sheet, [(x, y - 5), (max(end, x), y - 5)], FAINT, 2)
    for i in range(count):
        lit = i == moment.frame
        _dot(sheet, x + i * step, y - 5, 6.5 if lit else 3.5, ACCENT if lit else FAINT)
    said = f"{moment.times[moment.frame]:.2f} s"
    after = canvas.write(sheet, round(end) + 20, y, said, 15, 600, INK)
    right = sheet.shape[1] - MARGIN
    brand = canvas.text_width("SCT Lens", 14, 650)
    canvas.write(sheet, right, y, "SCT Lens", 14, 650, ACCENT, anchor="right")
    canvas.write(
        sheet, right - brand - 14, y, moment.name, 14, 400, MUTED,
        max(right - brand - 44 - after, 0), "right",
    )  # fmt: skip


def _dot(sheet: np.ndarray, x: float, y: float, radius: float, colour: canvas.Colour) -> None:
    cv2.circle(
        sheet, (round(x * 16), round(y * 16)), round(radius * 16), colour, -1, cv2.LINE_AA, 4
    )


def curve(
    sheet: np.ndarray, start, end, colour, width: float, opacity: float, lift: float = 0.16
) -> None:
    """A bow from start to end, with a dark rim."""
    (x0, y0), (x1, y1) = start, end
    up = lift * np.hypot(x1 - x0, y1 - y0)
    t = np.linspace(0, 1, 40)[:, None]
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2 - up])
    points = (1 - t) ** 2 * (x0, y0) + 2 * t * (1 - t) * middle + t**2 * np.array([x1, y1])
    canvas.line(sheet, points, (0, 0, 0), width + 2, opacity * 0.6)
    canvas.line(sheet, points, colour, width, opacity)


def mark(
    picture: np.ndarray, grid: int, token: tuple[int, int], colour: canvas.Colour, width: int = 2
) -> None:
    """Outline one token of a picture."""
    top, left, bottom, right = token_box(token, grid, picture.shape[0])
    canvas.outline(picture, (left, top, right - 1, bottom - 1), colour, width)


def mark_window(picture: np.ndarray, grid: int, window: tuple[int, int, int, int]) -> None:
    row, column, rows, columns = window
    step = picture.shape[0] / grid
    edge = picture.shape[0] - 2
    canvas.outline(
        picture,
        (
            max(column * step, 1),
            max(row * step, 1),
            min((column + columns) * step, edge),
            min((row + rows) * step, edge),
        ),
        INK,
        1,
        dashed=True,
    )


def head_name(head: int | str, grounded: Sequence[int]) -> str:
    """What a head is called, its kind said by a sign and a word."""
    if head == "grounded":
        return "◆ mean of grounded heads"
    if head == "mean":
        return "mean of all heads"
    if head == "max":
        return "the largest weight of any head"
    return f"◆ head {head}, grounded" if head in grounded else f"○ head {head}, free"


def percent(value: float) -> str:
    return f"{value * 100:.1f}%" if value >= 0.001 or value == 0 else "<0.1%"
