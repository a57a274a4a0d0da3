// What can lie over the picture, inside the part that the model sees: light where the answer draws on
// it, or arrows of motion.

import { ARROW, arrow } from "../player/draw.js"
import { squareSide, thinned } from "../player/motion.js"

const SHADE = 0.84 // of what the answer does not draw on

// Dark everywhere, but not where `lit` (bytes, grid x grid) says that it is light.
export function shade(ctx, lit, grid, { x, y, width, height }) {
  const small = document.createElement("canvas")
  small.width = small.height = grid
  const own = small.getContext("2d"), pixels = own.createImageData(grid, grid)
  for (let i = 0; i < grid * grid; i++) pixels.data[4 * i + 3] = Math.round((255 - lit[i]) * SHADE)
  own.putImageData(pixels, 0, 0)
  ctx.imageSmoothingEnabled = true
  ctx.imageSmoothingQuality = "high"
  ctx.drawImage(small, x, y, width, height)
}

// Arrows of one frame, `field` (grid x grid x [rows, columns]) in pixels of the model's view, which has
// `side` of them; as far apart as in the player of motion. `usual` is the length of most of them.
export function arrows(ctx, field, { grid, side, usual, gain }, { x, y, width, height }) {
  const across = (width / side) * gain, down = (height / side) * gain, cell = Math.min(width, height) / grid
  const squares = squareSide(grid, cell, usual * Math.min(across, down))
  for (const one of thinned(field, grid, squares, () => 1)) {
    const at = [((one.column + 0.5) / grid) * width, ((one.row + 0.5) / grid) * height]
    arrow(ctx, x + at[0], y + at[1], one.across * across, one.down * down, { color: ARROW })
  }
}
