// What can lie over the picture, inside the part that the model sees: light where the answer draws on
// it, or arrows of motion.

import { ARROW, arrow } from "../player/draw.js"

const SHADE = 0.84 // of what the answer does not draw on
const LEAST_PX = 0.005 // of the model's view: arrows of less than half a pixel in a hundred are none
const APART = 17 // pixels of the screen between arrows: closer ones are a thicket

// Dark everywhere, but not where `lit` (bytes, grid x grid) says that it is light.
export function shade(ctx, lit, grid, { x, y, width, height }) {
  const small = document.createElement("canvas")
  small.width = small.height = grid
  const own = small.getContext("2d"), pixels = own.createImageData(grid, grid)
  for (let i = 0; i < grid * grid; i++) pixels.data[4 * i + 3] = Math.round((255 - lit[i]) * SHADE)
  own.putImageData(pixels, 0, 0)
  ctx.imageSmoothingEnabled = true
  ctx.imageSmoothingQuality = "high"
  ctx.save()
  ctx.beginPath()
  ctx.rect(x, y, width, height)
  ctx.clip()
  ctx.drawImage(small, x, y, width, height)
  ctx.restore()
}

// Arrows of `moved` (grid x grid x [rows, columns], in sides of the view), the longest of each place.
export function arrows(ctx, moved, grid, { x, y, width, height }, gain) {
  const every = Math.max(1, Math.ceil(APART / (width / grid)))
  for (let top = 0; top < grid; top += every) {
    for (let left = 0; left < grid; left += every) {
      let best = -1, most = LEAST_PX
      for (let r = top; r < Math.min(grid, top + every); r++) {
        for (let c = left; c < Math.min(grid, left + every); c++) {
          const i = 2 * (r * grid + c), length = Math.hypot(moved[i], moved[i + 1])
          if (length > most) [best, most] = [r * grid + c, length]
        }
      }
      if (best < 0) continue
      const at = [((best % grid) + 0.5) / grid, (Math.floor(best / grid) + 0.5) / grid]
      arrow(ctx, x + at[0] * width, y + at[1] * height, moved[2 * best + 1] * width * gain, moved[2 * best] * height * gain, { color: ARROW })
    }
  }
}
