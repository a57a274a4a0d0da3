"""What tests do in a browser: wait for the app, feed a player, point at it, read it back."""

import cv2
import numpy as np
import torch

from sct.analysis.ground_truth import reference
from sct.model.shifted import Matched, key_frames
from sct.model.trace import ShiftedTrace
from viz.components.player.contents import attention_message, lags
from viz.components.player.message import sprite

VIEW = {"mode": "maps", "frame": 3, "head": "0", "row": 3, "column": 3, "look": "out"}
NEXT_FRAMES = """() => new Promise((done) => {
  const next = (then) => requestAnimationFrame(() => setTimeout(then))
  next(() => next(done))
})"""
SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]')
  return window.sctEnded > 0 && !window.sctOwed && app?.dataset.testScriptState === "notRunning"
    && !document.querySelector('[data-testid="stSkeleton"]')
}"""  # see benchmarks/load/watching.js
HOSTILE = "<img src=x onerror=\"document.title='hacked'\">"


def names(heads):
    return [{"text": f"○ {h}", "title": HOSTILE} for h in range(heads)]


def moving_attention(frames=5, grid=7, by=(1, 2)):
    """A clip whose content moves by (row, column) tokens a frame, as seen by perfect attention.

    Each token has a code of its own; the code moves with the content, so the query of a token
    finds itself in the frame before at its place minus `by`.
    """
    codes = torch.eye(grid * grid)
    q = torch.empty(1, frames, 1, 2, grid * grid, grid * grid)
    for t in range(frames):
        here = codes.view(grid, grid, -1).roll((t * by[0], t * by[1]), (0, 1)).flatten(0, 1)
        q[0, t, 0] = here * 20
    matched = Matched(q, q.clone(), (key_frames(frames, 1, "on"),) * 2, grid, "on", "mean")
    return ShiftedTrace(matched, grid, 16, (0,))


def message_of(seen, frames, made=None, view=VIEW, **about):
    known = [reference(frames, before, seen.grid, seen.matched.side, made) for before in lags(seen)]
    said = {"said": {"0": HOSTILE, "1": "free"}, "headNames": names(seen.heads), **about}
    start = {"edit": 0, "round": 0, **view}
    return attention_message(seen, sprite(frames), range(len(frames)), known, start, said)[0]


def texture(frames, size, by):
    """Noise that moves `by` (row, column) pixels a frame."""
    rng = np.random.default_rng(5)
    small = rng.integers(0, 255, (9, 9, 3), np.uint8)
    first = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.stack([np.roll(first, (t * by[0], t * by[1]), (0, 1)) for t in range(frames)])


def brightest(page, side, grid):
    """The cell of a picture whose middle is lightest, read back from the canvas: (row, column)."""
    return tuple(
        page.evaluate(
            """([side, grid]) => {
              const c = document.querySelector(`canvas.${side}`), s = c.width / grid
              const ctx = c.getContext("2d")
              let best = [-1, 0, 0]
              for (let r = 0; r < grid; r++) for (let k = 0; k < grid; k++) {
                const d = ctx.getImageData((k + 0.4) * s, (r + 0.4) * s, s / 5, s / 5).data
                let sum = 0
                for (let i = 0; i < d.length; i += 4) sum += d[i] + d[i + 1] + d[i + 2]
                if (sum / d.length > best[0]) best = [sum / d.length, r, k]
              }
              return best.slice(1)
            }""",
            [side, grid],
        )
    )


def hover(page, side, grid, row, column, click=False):
    canvas = page.locator(f"canvas.{side}")
    box = canvas.bounding_box()
    at = {"x": (column + 0.5) * box["width"] / grid, "y": (row + 0.5) * box["height"] / grid}
    canvas.click(position=at) if click else canvas.hover(position=at)


def ready(page):
    """Wait until no run that the page asked for is still to come, and all is drawn.

    That the script does not run is not enough: it also does not where what the last act asks for
    is on its way to the server, and the address may tell of it long before.
    """
    page.evaluate(NEXT_FRAMES)  # by which a page has sent what the act asks for
    page.wait_for_function(SETTLED)
    page.evaluate(NEXT_FRAMES)


def wait_until(page, is_so, most_ms=60_000):
    """Wait for what has no selector, such as what is drawn on a canvas."""
    for _ in range(most_ms // 100):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never was so")


def open_exports(page):
    """Open the menu of exports; while the script runs, one that was opened is drawn anew, shut."""
    ready(page)
    page.get_by_role("button", name="Export").click()
