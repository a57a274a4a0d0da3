"""The paper's figure 4: frames, darkened except where patch and frame attention fall."""

from __future__ import annotations

import cv2
import numpy as np

from viz.raster import canvas
from viz.views.layout import (
    ACCENT,
    FAINT,
    INK,
    MARGIN,
    MUTED,
    Moment,
    Page,
    Plate,
    Scale,
    lay_out,
    percent,
)

DARK = 1.0  # times an even share, up to which a patch stays dark
_LEAST_BRIGHT = 1.3  # a map whose peaks are lower is not stretched until they shine
_FLOOR = 0.16  # brightness of what is dark
EVEN = 1.02  # a map that never gets farther from an even share than this is even


def numbers(scene, look=None) -> dict[str, np.ndarray]:
    """patches: float32 (frame, grid, grid), attention rollout inside each frame, sum 1 a frame;
    frames: float32 (frame,), the CLS row over the frames, sum 1; share: their product, sum 1."""
    found = scene.rollout()
    return {"patches": found.patches, "frames": found.frames, "share": found.share}


def bright(patches: np.ndarray) -> float:
    """How many times an even share a patch has that is fully lit; one scale for a clip."""
    return max(_LEAST_BRIGHT, float(np.percentile(patches * patches[0].size, 93)))


def is_even(patches: np.ndarray) -> bool:
    relative = patches * patches[0].size
    return bool(relative.max() < EVEN and relative.min() > 2 - EVEN)


def light(picture: np.ndarray, patches: np.ndarray, share: float, top: float) -> np.ndarray:
    """One frame, lit where attention falls.

    Args:
        picture: uint8 (S, S, 3). patches: float (grid, grid), sum 1.
        share: of the frame in the clip over an even one; a frame below 1 is dimmed as a whole.
        top: see `bright`.
    """
    side = picture.shape[0]
    relative = np.asarray(patches, np.float64) * patches.size
    if is_even(patches[None]):
        lit = np.full((side, side), 0.5)
    else:
        lit = np.clip((relative - DARK) / (top - DARK), 0, 1)
        # Smooth, as light is: what it says is "about here", and the numbers are a click away.
        lit = np.clip(
            cv2.resize(lit.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC), 0, 1
        )
    lit = (lit * np.sqrt(np.clip(share, 0, 1)))[..., None]
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)[..., None]
    # A dark frame is lit more, or its light would not be seen.
    middle = float(np.clip(np.median(grey) / 255, 0.05, 0.95))
    shine = 255 * (picture / 255.0) ** float(np.clip(np.log(0.5) / np.log(middle), 0.45, 0.75))
    return np.rint(shine * lit + (grey * _FLOOR + 6) * (1 - lit)).clip(0, 255).astype(np.uint8)


def lit_frames(pictures: np.ndarray, patches: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """`light` of every frame of a clip: uint8 (T, S, S, 3)."""
    top, count = bright(patches), len(frames)
    return np.stack(
        [
            light(p, w, float(f) * count, top)
            for p, w, f in zip(pictures, patches, frames, strict=True)
        ]
    )


def legend(patches: np.ndarray) -> Scale:
    """What the light means, as a bar from dark to lit."""
    ramp = np.linspace(0.12, 1, 24)[:, None] * np.array([236, 232, 222])
    top = bright(patches)
    ticks = ((0.0, "an even share or less"), (1.0, f"{top:.1f} times that, or more"))
    return Scale("Light: a patch’s share of its frame’s attention", ramp.astype(np.uint8), ticks)


def draw(scene, look, found: dict[str, np.ndarray], frame: int) -> np.ndarray:
    patches, frames = found["patches"], found["frames"]
    side, count = scene.pictures.shape[1], len(frames)
    lit = light(
        scene.pictures[frame], patches[frame], float(frames[frame]) * count, bright(patches)
    )
    note = "evenly on every patch" if is_even(patches[frame][None]) else ""
    plates = [
        Plate(scene.pictures[frame], f"Frame {frame + 1} of {count}"),
        Plate(lit, "What the answer draws on", note),
    ]
    page = Page(
        "Where attention falls",
        "CLS attention on frames × attention rollout inside each frame, as in the paper’s figure 4",
        legend(patches),
        (),
        Moment(frame, scene.times, scene.caption),
    )
    sheet, places = lay_out(plates, page)
    x, y = places[1]
    _bars(sheet, x, y + side + 40, side, 44, frames, frame)
    return sheet


def _bars(sheet, x: int, y: int, wide: int, high: int, frames: np.ndarray, now: int) -> None:
    """Frame attention as a bar a frame, the shown one lit."""
    step, top = wide / len(frames), float(frames.max())
    for i, share in enumerate(frames):
        tall = max(2, round(share / top * high))
        colour = ACCENT if i == now else FAINT
        canvas.box(
            sheet, round(x + i * step), y + high - tall, max(2, round(step - 4)), tall, colour
        )
    said = f"{percent(float(frames[now]))} of frame attention"
    canvas.write(sheet, x + wide, y - 17, said, 15, 400, MUTED, wide, "right")


def strip(scene, found: dict[str, np.ndarray], most: int = 8) -> np.ndarray:
    """The filmstrip: frames above, lit frames below, the share of each below that."""
    patches, frames = found["patches"], found["frames"]
    count, side = len(frames), 232
    pictures = np.stack(
        [cv2.resize(p, (side, side), interpolation=cv2.INTER_AREA) for p in scene.pictures]
    )
    lit = lit_frames(pictures, patches, frames)
    columns = min(count, most)
    lines = -(-count // columns)
    gap, tall = 10, 2 * side + 74
    # A strip of few frames still needs room for its words.
    width = max(2 * MARGIN + columns * side + (columns - 1) * gap, 1060)
    sheet = canvas.sheet(width, 106 + lines * tall + 84)
    canvas.write(sheet, MARGIN, 50, "Where attention falls", 27, 650, INK)
    canvas.write(
        sheet, MARGIN, 78,
        "Below each frame: what the answer draws on · CLS attention on frames × attention rollout "
        "inside each frame, as in the paper’s figure 4",
        16, 400, MUTED,
    )  # fmt: skip
    best = float(frames.max())
    for i in range(count):
        x = MARGIN + i % columns * (side + gap)
        y = 106 + i // columns * tall
        canvas.paste(sheet, x, y, pictures[i])
        canvas.paste(sheet, x, y + side + 6, lit[i])
        low = y + 2 * side + 16
        canvas.box(sheet, x, low, side, 6, FAINT)
        canvas.box(sheet, x, low, max(2, round(side * float(frames[i]) / best)), 6, ACCENT)
        canvas.write(sheet, x, low + 26, f"{scene.times[i]:.2f} s", 15, 600, INK)
        canvas.write(
            sheet, x + side, low + 26, percent(float(frames[i])), 15, 400, MUTED, None, "right"
        )
    bottom = 106 + lines * tall
    scale = legend(patches)
    canvas.write(sheet, MARGIN, bottom + 20, scale.title, 14, 400, MUTED)
    canvas.ramp(sheet, MARGIN, bottom + 30, 460, 10, scale.colours)
    for at, text in scale.ticks:
        anchor = "left" if at < 0.1 else "right"
        canvas.write(
            sheet, MARGIN + round(at * 460), bottom + 58, text, 13, 400, MUTED, 460, anchor
        )
    canvas.box(sheet, MARGIN + 500, bottom + 32, 40, 6, ACCENT)
    canvas.write(sheet, MARGIN + 552, bottom + 40, "share of frame attention", 14, 400, MUTED)
    right = width - MARGIN
    brand = canvas.text_width("SCT Lens", 14, 650)
    canvas.write(sheet, right, bottom + 40, "SCT Lens", 14, 650, ACCENT, None, "right")
    room = right - brand - 14 - (MARGIN + 760)
    canvas.write(
        sheet, right - brand - 14, bottom + 40, scene.caption, 14, 400, MUTED, max(room, 0), "right"
    )
    return sheet
