// Which patch is meant: by a pointer over a picture, or by an arrow key; and what it is called.

export const patchName = (token, grid) => `row ${Math.floor(token / grid)}, column ${token % grid}`

export const titled = (token, grid) => `R${patchName(token, grid).slice(1)}`

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }

// The step of an arrow key as [rows, columns]; nothing for other keys and for the browser's shortcuts.
export const stepOf = (event) => (event.ctrlKey || event.metaKey || event.altKey ? null : ARROWS[event.key])

export function tokenAt(canvas, grid, event) {
  const box = canvas.getBoundingClientRect()
  const place = (v, low, size) => Math.max(0, Math.min(grid - 1, Math.floor(((v - low) / size) * grid)))
  return place(event.clientY, box.top, box.height) * grid + place(event.clientX, box.left, box.width)
}

// The patch one step from `token`, the same at the rim; null for a key that is no arrow.
export function stepped(token, event, grid) {
  const step = stepOf(event)
  if (!step) return null
  const bound = (v) => Math.max(0, Math.min(grid - 1, v))
  return bound(Math.floor(token / grid) + step[0]) * grid + bound((token % grid) + step[1])
}

// The card of the next line, above or below, that is nearest.
export function beyond(cards, at, step) {
  const place = (card) => card.getBoundingClientRect(), own = place(cards[at])
  const lines = cards.map(place).filter(({ top }) => (top - own.top) * step > 1).map(({ top }) => top)
  const line = step > 0 ? Math.min(...lines) : Math.max(...lines)
  return cards.filter((card) => Math.abs(place(card).top - line) < 1)
    .sort((a, b) => Math.abs(place(a).left - own.left) - Math.abs(place(b).left - own.left))[0]
}
