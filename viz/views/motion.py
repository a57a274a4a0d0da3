"""What moved, as attention reads it, beside how the clip's content flowed."""

from __future__ import annotations

import numpy as np

from viz.colors import ARROW, TRUTH
from viz.raster import arrows, canvas
from viz.views.layout import Moment, Page, Plate, head_name, lay_out, rgb

# A patch whose pixels differ by less than this in the mean (of 255) shows the same as before, and
# what attention says of its motion is no more than a habit.
CHANGED = 1.5
_SHORT = 0.25  # pixels of the model's view; a shorter motion is none


def numbers(scene, look) -> dict[str, np.ndarray]:
    """All in pixels of the model's view, (d_row, d_col), content moving that way since the frame
    before, which is `previous_frame` (frame,).

    read: float32 (frame, grid, grid, 2), minus the mean displacement of each patch's "previous"
    map. changed: bool (frame, grid, grid), whether the patch's pixels differ from before; where
    they do not, there is nothing to read. flow, known: the same of the clip's flow, and whether it
    is to be relied on; only where the scene has one. agreement: float32 (frame, 2), mean cosine of
    both and how many patches it is over, nan where none.

    Raises LookupError where that shifted MSA is off, ValueError for the head "max": the largest
    weights of several maps have no mean place.
    """
    seen = scene.trace.shifted(look.stage)
    head, first = look.head_of(seen), look.first_head(seen)
    if head == "max":
        raise ValueError("head 'max': motion is read from one head, or from mean or grounded")
    before = np.array([seen.key_frame(t, first) for t in range(seen.frames)])
    read = np.stack([arrows.motion(seen.displacement(t, head)) for t in range(seen.frames)])
    found = {"read": read, "changed": changed(scene.seen, before, seen.grid)}
    found["previous_frame"] = before
    lag = max(1, int((np.arange(seen.frames) - before).max()))
    if scene.flow is None or seen.matched.mode == "self":
        return found
    truth = scene.flow.of(seen.grid, lag)
    found["flow"] = -truth.displacement[0].cpu().numpy() * seen.patch_pixels
    known = truth.valid[0].cpu().numpy() & (np.arange(seen.frames) - before == lag)[:, None, None]
    found["known"] = known
    rows = []
    for t in range(seen.frames):
        agrees = arrows.agreement(read[t], found["flow"][t], known[t] & found["changed"][t])
        rows.append((np.nan, 0) if agrees is None else (agrees.direction, agrees.tokens))
    found["agreement"] = np.array(rows, np.float32)
    return found


def changed(frames: np.ndarray, before: np.ndarray, grid: int) -> np.ndarray:
    """Whether each token's pixels differ from those of frame `before[t]`: bool (T, grid, grid)."""
    off = np.abs(frames.astype(np.int16) - frames[before].astype(np.int16)).mean(-1)
    size = frames.shape[1] // grid
    return off.reshape(len(frames), grid, size, grid, size).mean((2, 4)) >= CHANGED


def draw(scene, look, found: dict[str, np.ndarray], frame: int) -> np.ndarray:
    seen = scene.trace.shifted(look.stage)
    picture, view = scene.pictures[frame], seen.grid * seen.patch_pixels
    before, moves = int(found["previous_frame"][frame]), found["changed"][frame]
    own = before == frame
    read = _over(picture, found["read"][frame], moves & ~own, view, look, rgb(ARROW))
    plates = [Plate(read, "As attention reads it", _said(found, frame, own))]
    signs = [("arrow", f"motion as attention reads it, × {look.gain:g}")]
    if scene.flow is not None and "flow" in found:
        flow, known = found["flow"][frame], found["known"][frame] & moves
        shown = known & (np.linalg.norm(flow, axis=-1) >= _SHORT)
        other = _over(picture, flow, shown, view, look, rgb(TRUTH))
        name = scene.flow.name
        note = f"{int(shown.sum())} of {shown.size} patches move and are sure" if not own else ""
        plates.append(Plate(other, f"{name[0].upper()}{name[1:]}", note))
        signs.append(("truth", name))
    page = Page(
        "What moved since the frame before",
        f"Shifted attention, stage {look.stage} · "
        f"{head_name(look.head_of(seen), seen.grounded)} · frame {frame + 1} of {seen.frames}",
        None,
        tuple(signs),
        Moment(frame, scene.times, scene.caption),
    )
    return lay_out(plates, page)[0]


def _said(found: dict[str, np.ndarray], frame: int, own: bool) -> str:
    if own:
        return "both maps look at this frame itself: no motion to read"
    if not found["changed"][frame].any():
        return "the picture is the same as before: nothing moved"
    if "agreement" not in found:
        return ""
    direction, tokens = found["agreement"][frame]
    if not tokens:
        return "nothing moves by half a pixel: no direction to compare"
    return f"mean cosine with the flow {direction:+.2f}, over {int(tokens)} patches"


def _over(picture, moved, where, view: int, look, colour) -> np.ndarray:
    """Arrows of the tokens `where` over a picture that is darkened a little for them."""
    out = np.rint(picture * (1 - 0.35 * look.opacity)).astype(np.uint8)
    side = picture.shape[0]
    lines = np.array(arrows.segments(moved, view, look.gain)) * side
    for (x0, y0, x1, y1), drawn in zip(lines, where.ravel(), strict=True):
        if drawn:
            canvas.arrow(out, (x0, y0), (x1, y1), colour, 2)
    return out
