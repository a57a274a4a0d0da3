"""The paper's figure 4: frames, darkened except where patch and frame attention fall."""

from __future__ import annotations

import cv2
import numpy as np

from viz.raster import canvas
from viz.raster.canvas import ACCENT, FAINT, INK, MUTED
from viz.text.numbers import share
from viz.views.layout import MARGIN, Page, Plate, Scale, lay_out, signature, title
from viz.views.rendering import Rendering

DARK = 1.0  # times an even share, up to which a patch stays dark
_LEAST_BRIGHT = 1.3  # a map whose peaks are lower is not stretched until they shine
_BARS = 44  # pixels of the highest bar
_FLOOR = 0.16  # brightness of what is dark
EVEN = 1.02  # a map that never gets farther from an even share than this is even


def bright(patches: np.ndarray) -> float:
    """Say how many times an even share a fully lit patch has; one scale for a clip."""
    return max(_LEAST_BRIGHT, float(np.percentile(patches * patches[0].size, 93)))


def is_even(patches: np.ndarray) -> bool:
    """Check whether attention falls on all patches alike, (frame, grid, grid)."""
    relative = patches * patches[0].size
    return bool(relative.max() < EVEN and relative.min() > 2 - EVEN)


def lightness(patches: np.ndarray, weight: float, top: float) -> np.ndarray:
    """Say how light each patch of a frame is: 0 to 1, of the shape of `patches`; see `light`."""
    if is_even(patches[None]):
        lit = np.full(patches.shape, 0.5)
    else:
        relative = np.asarray(patches, np.float64) * patches.size
        lit = np.clip((relative - DARK) / (top - DARK), 0, 1)
    return lit * np.sqrt(np.clip(weight, 0, 1))


def light(picture: np.ndarray, patches: np.ndarray, weight: float, top: float) -> np.ndarray:
    """Light one frame where attention falls: uint8 (S, S, 3).

    Args:
        picture: uint8 (S, S, 3). patches: float (grid, grid), sum 1.
        weight: of the frame in the clip over an even one; a frame below 1 is dimmed as a whole.
        top: see `bright`.
    """
    side = picture.shape[0]
    lit = lightness(patches, weight, top)
    # Smooth, as light is: what it says is "about here", and the numbers are a click away.
    lit = cv2.resize(lit.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    lit = np.clip(lit, 0, 1)[..., None]
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)[..., None]
    # A dark frame is lit more, or its light would not be seen.
    middle = float(np.clip(np.median(grey) / 255, 0.05, 0.95))
    shine = 255 * (picture / 255.0) ** float(np.clip(np.log(0.5) / np.log(middle), 0.45, 0.75))
    return np.rint(shine * lit + (grey * _FLOOR + 6) * (1 - lit)).clip(0, 255).astype(np.uint8)


def lit_frames(pictures: np.ndarray, patches: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Light every frame of a clip: uint8 (T, S, S, 3)."""
    top, count = bright(patches), len(frames)
    each = zip(pictures, patches, frames, strict=True)
    return np.stack([light(picture, p, float(f) * count, top) for picture, p, f in each])


def legend(patches: np.ndarray) -> Scale:
    """Make the bar from dark to lit that says what the light means."""
    ramp = np.linspace(0.12, 1, 24)[:, None] * np.array([236, 232, 222])
    top = bright(patches)
    ticks = ((0.0, "an even share or less"), (1.0, f"{top:.1f} times that, or more"))
    return Scale("Light: a patch’s share of its frame’s attention", ramp.astype(np.uint8), ticks)


class Figure4(Rendering):
    """Draws frames beside the same frames, lit where the answer draws on them.

    Numbers: patches: float32 (frame, grid, grid), attention rollout inside each frame, sum 1 a
    frame; frames: float32 (frame,), the CLS row over the frames, sum 1; share: their product, sum
    1.
    """

    name = "figure4"
    columns = (("share_of_frame", "patches", None), ("share_of_clip", "share", None))

    def __init__(self, scene, look):
        super().__init__(scene, look)
        found = scene.rollout()
        self._patches, self._frames = found.patches, found.frames
        self.numbers = {"patches": found.patches, "frames": found.frames, "share": found.share}
        self._page = Page(
            _TITLE, _METHOD, scene.times, scene.caption, legend(found.patches), counted=False
        )

    def _draw(self, frame: int) -> np.ndarray:
        picture, patches = self.scene.pictures[frame], self._patches[frame]
        count = len(self._frames)
        lit = light(picture, patches, float(self._frames[frame]) * count, bright(self._patches))
        note = "evenly on every patch" if is_even(patches[None]) else ""
        plates = [
            Plate(picture, f"Frame {frame + 1} of {count}"),
            Plate(lit, "What the answer draws on", note),
        ]
        sheet, places = lay_out(plates, self._page, frame)
        side, (x, y) = picture.shape[0], places[1]
        self._bars(sheet, x, y + side + 40, side, frame)
        return sheet

    def _bars(self, sheet: np.ndarray, x: int, y: int, wide: int, now: int) -> None:
        """Draw frame attention as a bar a frame, the shown one lit."""
        frames = self._frames
        step, top = wide / len(frames), float(frames.max())
        for i, weight in enumerate(frames):
            tall = max(2, round(weight / top * _BARS))
            at, colour = (round(x + i * step), y + _BARS - tall), ACCENT if i == now else FAINT
            canvas.box(sheet, *at, max(2, round(step - 4)), tall, colour)
        said = f"{share(float(frames[now]))} of frame attention"
        canvas.write(sheet, x + wide, y - 17, said, 15, 400, MUTED, wide, "right")

    def still(self, frame: int = 0, most: int = 8) -> np.ndarray:
        """Draw the filmstrip: frames above, lit frames below, the share of each below that."""
        count, side, gap = len(self._frames), 232, 10
        pictures = np.stack(
            [cv2.resize(p, (side, side), interpolation=cv2.INTER_AREA) for p in self.scene.pictures]
        )
        lit = lit_frames(pictures, self._patches, self._frames)
        columns, tall = min(count, most), 2 * side + 74
        bottom = 106 + -(-count // columns) * tall
        # A strip of few frames still needs room for its words.
        sheet = canvas.sheet(max(2 * MARGIN + columns * (side + gap) - gap, 1060), bottom + 84)
        title(sheet, _TITLE, f"Below each frame: what the answer draws on · {_METHOD}")
        best = float(self._frames.max())
        for i, weight in enumerate(map(float, self._frames)):
            x, y = MARGIN + i % columns * (side + gap), 106 + i // columns * tall
            canvas.paste(sheet, x, y, pictures[i])
            canvas.paste(sheet, x, y + side + 6, lit[i])
            low = y + 2 * side + 16
            canvas.box(sheet, x, low, side, 6, FAINT)
            canvas.box(sheet, x, low, max(2, round(side * weight / best)), 6, ACCENT)
            canvas.write(sheet, x, low + 26, f"{self.scene.times[i]:.2f} s", 15, 600, INK)
            said = share(weight)
            canvas.write(sheet, x + side, low + 26, said, 15, 400, MUTED, anchor="right")
        scale, wide = self._page.scale, 460
        canvas.write(sheet, MARGIN, bottom + 20, scale.title, 14, 400, MUTED)
        canvas.ramp(sheet, MARGIN, bottom + 30, wide, 10, scale.colours)
        for at, text in scale.ticks:
            x, anchor = MARGIN + round(at * wide), "left" if at < 0.1 else "right"
            canvas.write(sheet, x, bottom + 58, text, 13, 400, MUTED, wide, anchor)
        canvas.box(sheet, MARGIN + 500, bottom + 32, 40, 6, ACCENT)
        canvas.write(sheet, MARGIN + 552, bottom + 40, "share of frame attention", 14, 400, MUTED)
        signature(sheet, bottom + 40, self._page.caption, MARGIN + 760)
        return sheet


_TITLE = "Where attention falls"
_METHOD = (
    "CLS attention on frames × attention rollout inside each frame, as in the paper’s figure 4"
)
