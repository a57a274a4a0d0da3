"""The view of motion as attention reads it, beside the flow of the clip's content."""

from __future__ import annotations

import numpy as np

from viz.colors import ARROW, TRUTH
from viz.raster import arrows, canvas
from viz.views.layout import Page, Plate, head_name, lay_out, rgb
from viz.views.rendering import Rendering

# A patch whose pixels differ by less than this in the mean (of 255) shows the same as before, and
# what attention says of its motion is no more than a habit.
CHANGED = 1.5
_SHORT = 0.25  # pixels of the model's view; a shorter motion is none


class Motion(Rendering):
    """Draws motion as arrows.

    Numbers: all in pixels of the model's view, (d_row, d_col), content moving that way since the
    frame before, which is `previous_frame` (frame,).

    read: float32 (frame, grid, grid, 2), minus the mean displacement of each patch's "previous"
    map. changed: bool (frame, grid, grid), whether the patch's pixels differ from before; where
    they do not, there is nothing to read. flow, known: the same of the clip's flow, and whether it
    is to be relied on; only where the scene has one. agreement: float32 (frame, 2), mean cosine of
    both and how many patches it is over, nan where none.

    Raises LookupError where that shifted MSA is off, ValueError for the head "max": the largest
    weights of several maps have no mean place.
    """

    name = "motion"
    columns = (
        ("read_rows", "read", 0),
        ("read_columns", "read", 1),
        ("changed", "changed", None),
        ("flow_rows", "flow", 0),
        ("flow_columns", "flow", 1),
        ("flow_known", "known", None),
    )

    def __init__(self, scene, look):
        super().__init__(scene, look)
        seen = scene.trace.shifted(look.stage)
        head, first = look.head_of(seen)
        if head == "max":
            raise ValueError("head 'max': motion is read from one head, or from mean or grounded")
        count, grid = seen.frames, seen.grid
        before = np.array([seen.key_frame(t, first) for t in range(count)])
        read = np.stack([arrows.motion(seen.displacement(t, head)) for t in range(count)])
        moves = changed(scene.seen, before, grid)
        self.numbers = {"read": read, "changed": moves, "previous_frame": before}
        self._view = grid * seen.patch_pixels
        drawn = [read]
        signs = [("arrow", f"motion as attention reads it, × {look.gain:g}")]
        if scene.flow is not None and seen.matched.mode != "self":
            signs.append(("truth", scene.flow.name))
            lag = max(1, int((np.arange(count) - before).max()))
            truth = scene.flow.of(grid, lag)
            flow = -truth.displacement[0].cpu().numpy() * seen.patch_pixels
            known = truth.valid[0].cpu().numpy()
            known = known & (np.arange(count) - before == lag)[:, None, None]
            found = [
                arrows.agreement(*each) for each in zip(read, flow, known & moves, strict=True)
            ]
            rows = [(np.nan, 0) if a is None else (a.direction, a.tokens) for a in found]
            agreement = np.array(rows, np.float32)
            self.numbers |= {"flow": flow, "known": known, "agreement": agreement}
            drawn.append(flow)
        self._squares = arrows.side(drawn, self._view, look.gain)
        if self._squares > 1:
            every = f"mean of the moving ones of {self._squares} × {self._squares} patches"
            signs[0] = "arrow", f"{signs[0][1]}, {every}"
        self._page = Page(
            "What moved since the frame before",
            f"Shifted attention, stage {look.stage} · {head_name(head, seen.grounded)}",
            scene.times,
            scene.caption,
            signs=tuple(signs),
        )

    def _draw(self, frame: int) -> np.ndarray:
        own = self.numbers["previous_frame"][frame] == frame
        moves = self.numbers["changed"][frame]
        read = self._over(frame, self.numbers["read"][frame], moves & ~own, rgb(ARROW))
        plates = [Plate(read, "As attention reads it", self.note(frame))]
        if "flow" in self.numbers:
            flow = self.numbers["flow"][frame]
            shown = self.numbers["known"][frame] & moves
            shown = shown & (np.linalg.norm(flow, axis=-1) >= _SHORT)
            note = "" if own else f"{int(shown.sum())} of {shown.size} patches move and are sure"
            name = self._page.signs[1][1]
            heading = f"{name[0].upper()}{name[1:]}"
            plates.append(Plate(self._over(frame, flow, shown, rgb(TRUTH)), heading, note))
        return lay_out(plates, self._page, frame)[0]

    def note(self, frame: int) -> str:
        """Say how the arrows of a frame agree with the flow, or why there is nothing to compare."""
        if self.numbers["previous_frame"][frame] == frame:
            return "both maps look at this frame itself: no motion to read"
        if not self.numbers["changed"][frame].any():
            return "the picture is the same as before: nothing moved"
        if "agreement" not in self.numbers:
            return ""
        direction, tokens = self.numbers["agreement"][frame]
        if not tokens:
            return "nothing moves by half a pixel: no direction to compare"
        return f"mean cosine with the flow {direction:+.2f}, over {int(tokens)} patches"

    def _over(self, frame: int, moved: np.ndarray, where: np.ndarray, colour) -> np.ndarray:
        """Draw arrows of the tokens `where` over a frame that is darkened a little for them."""
        picture = self.scene.pictures[frame]
        out = np.rint(picture * (1 - 0.35 * self.look.opacity)).astype(np.uint8)
        lines = arrows.segments(moved, self._view, self.look.gain, self._squares, where)
        for x0, y0, x1, y1 in np.array(lines).reshape(-1, 4) * picture.shape[0]:
            canvas.arrow(out, (x0, y0), (x1, y1), colour, 2)
        return out


def changed(frames: np.ndarray, before: np.ndarray, grid: int) -> np.ndarray:
    """Find which tokens' pixels differ from those of frame `before[t]`: bool (T, grid, grid).

    Args:
        frames: uint8 (T, S, S, 3). before: int (T,).
    """
    off = np.abs(frames.astype(np.int16) - frames[before].astype(np.int16)).mean(-1)
    size = frames.shape[1] // grid
    return off.reshape(len(frames), grid, size, grid, size).mean((2, 4)) >= CHANGED
