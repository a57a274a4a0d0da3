// Which patch is meant: by a pointer over a picture, or by an arrow key.

export function tokenAt(canvas, grid, event) {
  const box = canvas.getBoundingClientRect()
  const place = (v, low, size) => Math.max(0, Math.min(grid - 1, Math.floor(((v - low) / size) * grid)))
  return place(event.clientY, box.top, box.height) * grid + place(event.clientX, box.left, box.width)
}

// The patch one step from `token`, the same at the rim; null for a key that is no arrow.
export function stepped(token, key, grid) {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key]
  if (!step) return null
  const bound = (v) => Math.max(0, Math.min(grid - 1, v))
  return bound(Math.floor(token / grid) + step[0]) * grid + bound((token % grid) + step[1])
}
