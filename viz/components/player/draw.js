// Painting on canvases. A Surface is one picture; all lengths that callers give are in CSS pixels.

export const PICKED = "#19e3ff", ARROW = "#ffc83d", TRUTH = "#ffffff"
const HALO = "rgb(0 0 0 / 0.65)"

export class Surface {
  constructor(canvas) {
    this.canvas = canvas
    this.ctx = canvas.getContext("2d", { willReadFrequently: false })
    this.base = document.createElement("canvas") // the frame at this surface's size, made once
    this.baseName = ""
  }

  // Give the canvas as many pixels as the screen has for it; true if that changed.
  fit(width = this.canvas.clientWidth, height = this.canvas.clientHeight) {
    this.ratio = Math.min(window.devicePixelRatio || 1, 2)
    const w = Math.max(1, Math.round(width * this.ratio)), h = Math.max(1, Math.round(height * this.ratio))
    this.width = w / this.ratio
    this.height = h / this.ratio
    if (this.canvas.width === w && this.canvas.height === h) return false
    Object.assign(this.canvas, { width: w, height: h })
    this.baseName = ""
    return true
  }

  // Start over, in CSS pixels.
  clear() {
    this.inPixels((canvas) => this.ctx.clearRect(0, 0, canvas.width, canvas.height))
  }

  inPixels(paint) {
    this.ctx.setTransform(1, 0, 0, 1, 0, 0)
    paint(this.canvas)
    this.ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
  }

  // The square of a token: {x, y, s}.
  cell(grid, token) {
    const s = this.width / grid
    return { x: (token % grid) * s, y: Math.floor(token / grid) * s, s }
  }

  // Copy a picture that `make(ctx, size)` paints; it is called only when `name` is new.
  backdrop(name, make) {
    if (this.baseName !== name) {
      Object.assign(this.base, { width: this.canvas.width, height: this.canvas.height })
      make(this.base.getContext("2d"), this.base.width)
      this.baseName = name
    }
    this.inPixels(() => this.ctx.drawImage(this.base, 0, 0))
  }
}

// The frames of a message: in colour, and as a grey backdrop stretched so that dark ones stay readable.
export class Pictures {
  constructor(image, { side, across }) {
    Object.assign(this, { image, side, across, cache: new Map() })
  }

  static async load({ header, parts }) {
    const jpeg = parts.sprite[0] === 0xff && parts.sprite[1] === 0xd8
    const blob = new Blob([parts.sprite], { type: jpeg ? "image/jpeg" : "image/webp" })
    return new Pictures(await createImageBitmap(blob), header)
  }

  paint(ctx, frame, size, grey = false) {
    const { across, side } = this
    const [from, x, y] = grey ? [this.grey(frame), 0, 0] : [this.image, (frame % across) * side, Math.floor(frame / across) * side]
    ctx.imageSmoothingQuality = "high"
    ctx.drawImage(from, x, y, side, side, 0, 0, size, size)
  }

  grey(frame) {
    if (!this.cache.has(frame)) {
      if (this.cache.size > 64) this.cache.clear()
      const canvas = document.createElement("canvas")
      canvas.width = canvas.height = this.side
      const ctx = canvas.getContext("2d")
      this.paint(ctx, frame, this.side)
      const pixels = ctx.getImageData(0, 0, this.side, this.side)
      stretch(pixels.data)
      ctx.putImageData(pixels, 0, 0)
      this.cache.set(frame, canvas)
    }
    return this.cache.get(frame)
  }
}

// Grey levels with their median set to a dark middle: light is left for the maps.
function stretch(rgba) {
  const counts = new Uint32Array(256), n = rgba.length / 4
  const grey = (i) => (rgba[i] * 299 + rgba[i + 1] * 587 + rgba[i + 2] * 114 + 500) / 1000 | 0
  for (let i = 0; i < rgba.length; i += 4) counts[grey(i)] += 1
  const at = (share) => {
    let sum = 0, level = 0
    while (level < 255 && (sum += counts[level]) < share * n) level += 1
    return level
  }
  const low = at(0.02), middle = at(0.5), high = at(0.98), even = high - low < 8
  const median = Math.min(Math.max((middle - low) / (high - low || 1), 0.05), 0.95)
  const bend = Math.log(0.45) / Math.log(median)
  const table = Uint8Array.from({ length: 256 }, (_, v) =>
    (even ? v : 24 + 208 * Math.min(Math.max((v - low) / (high - low), 0), 1) ** bend) / 2)
  for (let i = 0; i < rgba.length; i += 4) rgba[i] = rgba[i + 1] = rgba[i + 2] = table[grey(i)]
}

// A backdrop for maps: the frame, fading to its grey as the opacity of the map grows.
export function underMap(surface, pictures, frame, opacity) {
  surface.backdrop(`map|${frame}|${opacity}`, (ctx, size) => {
    pictures.paint(ctx, frame, size)
    ctx.globalAlpha = opacity
    pictures.paint(ctx, frame, size, true)
    ctx.globalAlpha = 1
  })
}

// The frame in colour, a little darker, for lines to be drawn on.
export function underLines(surface, pictures, frame) {
  surface.backdrop(`lines|${frame}`, (ctx, size) => {
    pictures.paint(ctx, frame, size)
    ctx.fillStyle = "rgb(0 0 0 / 0.35)"
    ctx.fillRect(0, 0, size, size)
  })
}

// Tint cells by weight: colour as light, under which the frame fades; no weight darkens anything.
// `cells` is a list of [token, weight]; `lut` 256 RGB colours; weights from 0 to `top`.
export function heat(surface, grid, cells, { top, threshold, opacity, lut }) {
  const { ctx } = surface
  for (const [token, weight] of cells) {
    if (weight < threshold * top || weight <= 0) continue
    const { x, y, s } = surface.cell(grid, token), share = Math.min(weight / top, 1)
    const c = Math.round(share * 255) * 3
    ctx.fillStyle = `rgb(0 0 0 / ${share * opacity})`
    ctx.fillRect(x, y, s, s)
    ctx.globalCompositeOperation = "lighter"
    ctx.globalAlpha = opacity
    ctx.fillStyle = `rgb(${lut[c]} ${lut[c + 1]} ${lut[c + 2]})`
    ctx.fillRect(x, y, s, s)
    ctx.globalAlpha = 1
    ctx.globalCompositeOperation = "source-over"
  }
}

// Fill the cells of tokens that `style(token)` gives a style for; `more` closes the gaps between them.
export function tint(surface, grid, style, more = 0) {
  for (let token = 0; token < grid * grid; token++) {
    const own = style(token)
    if (!own) continue
    const { x, y, s } = surface.cell(grid, token)
    surface.ctx.fillStyle = own
    surface.ctx.fillRect(x, y, s + more, s + more)
  }
}

// Darken what a token cannot see.
export function dim(surface, grid, inside, opacity) {
  const shadow = `rgb(0 0 0 / ${0.5 * opacity})`
  tint(surface, grid, (token) => !inside(token) && shadow)
}

// A row of `count` cells side by side, which overlap a little so that no gap shows.
export function cellsInRow(ctx, count, style, [x, y, width, height], overlap = 0.5) {
  const room = width / count
  for (let i = 0; i < count; i++) {
    ctx.fillStyle = style(i)
    ctx.fillRect(x + i * room, y, room + overlap, height)
  }
}

// The lines between a row's parts.
export function cuts(ctx, parts, [y, width, height], line, color) {
  ctx.fillStyle = color
  for (let i = 1; i < parts; i++) ctx.fillRect((i * width) / parts - line / 2, y, line, height)
}

export function dot(ctx, x, y, radius, color) {
  ctx.fillStyle = color
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, 7)
  ctx.fill()
}

// A dashed level from left to right.
export function level(ctx, y, width, color) {
  ctx.strokeStyle = color
  ctx.lineWidth = 1
  ctx.setLineDash([4, 3])
  ctx.beginPath()
  ctx.moveTo(0, y)
  ctx.lineTo(width, y)
  ctx.stroke()
  ctx.setLineDash([])
}

// Lines between patches, stronger ones between chunks.
export function gridLines(surface, grid, chunk) {
  const { ctx, width } = surface
  for (let i = 1; i < grid; i++) {
    const border = chunk && i % chunk === 0, at = (i * width) / grid
    ctx.fillStyle = border ? "rgb(255 255 255 / 0.55)" : "rgb(255 255 255 / 0.16)"
    const w = border ? 1.5 : 1
    ctx.fillRect(at - w / 2, 0, w, width)
    ctx.fillRect(0, at - w / 2, width, w)
  }
}

// A rectangle with a dark halo, so that it shows on any picture. `inset` keeps it inside its cell.
export function outline(ctx, x, y, w, h, { color = PICKED, width = 2, dash = [], inset = 0 } = {}) {
  const stroke = (style, line, pattern) => {
    ctx.strokeStyle = style
    ctx.lineWidth = line
    ctx.setLineDash(pattern)
    ctx.strokeRect(x + inset, y + inset, w - 2 * inset, h - 2 * inset)
  }
  stroke(HALO, width + 2, [])
  stroke(color, width, dash)
  ctx.setLineDash([])
}

// The same around a cell, or a square of some cells.
export const outlineCell = (ctx, { x, y, s }, style, cells = 1) => outline(ctx, x, y, cells * s, cells * s, style)

// Around the cell under the pointer while another one is pinned.
export const outlinePreview = (ctx, { x, y, s }) => outline(ctx, x, y, s, s, { color: "#fff", width: 1, dash: [2, 2] })

// An arrow of motion whose middle is (x, y). Below a pixel: a dot.
export function arrow(ctx, x, y, dx, dy, { color, faint }) {
  const length = Math.hypot(dx, dy)
  ctx.globalAlpha = faint ? 0.32 : 1
  ctx.lineCap = ctx.lineJoin = "round"
  const path = new Path2D()
  if (length < 1) path.arc(x, y, 0.8, 0, 7)
  else {
    const head = Math.min(7, length * 0.5), turn = Math.atan2(dy, dx)
    const bx = x + dx / 2, by = y + dy / 2
    path.moveTo(x - dx / 2, y - dy / 2)
    path.lineTo(bx, by)
    for (const side of [0.5, -0.5]) {
      path.moveTo(bx - head * Math.cos(turn + side), by - head * Math.sin(turn + side))
      path.lineTo(bx, by)
    }
  }
  for (const [style, line] of [[HALO, 4.2], [color, 2]]) {
    ctx.strokeStyle = style
    ctx.lineWidth = line
    ctx.stroke(path)
  }
  ctx.globalAlpha = 1
}

// A curve between two points, its width and strength by weight, with its weight written at its end.
export function link(ctx, from, to, strength, text) {
  const bend = Math.min(60, Math.abs(to.x - from.x) * 0.12)
  const path = new Path2D()
  path.moveTo(from.x, from.y)
  path.quadraticCurveTo((from.x + to.x) / 2, (from.y + to.y) / 2 - bend, to.x, to.y)
  const line = 1.2 + 3.2 * strength
  ctx.lineCap = "round"
  for (const [style, width, alpha] of [["#000", line + 2.5, 0.5], [PICKED, line, 0.4 + 0.6 * strength]]) {
    ctx.globalAlpha = alpha
    ctx.strokeStyle = style
    ctx.lineWidth = width
    ctx.stroke(path)
  }
  ctx.globalAlpha = 1
  dot(ctx, to.x, to.y, 4.5, "#000")
  dot(ctx, to.x, to.y, 3, PICKED)
  if (text) tag(ctx, to.x, to.y - 13, text)
}

// The dark ground of a small picture.
export function ground({ ctx, width }) {
  ctx.fillStyle = "#15191e"
  ctx.fillRect(0, 0, width, width)
}

// A small label centred on a point.
export function tag(ctx, x, y, text) {
  ctx.font = "600 11px system-ui, sans-serif"
  ctx.textAlign = "center"
  ctx.textBaseline = "middle"
  const w = ctx.measureText(text).width + 8
  ctx.fillStyle = "rgb(8 14 20 / 0.82)"
  ctx.beginPath()
  ctx.roundRect(x - w / 2, y - 8, w, 16, 4)
  ctx.fill()
  ctx.fillStyle = "#fff"
  ctx.fillText(text, x, y + 0.5)
}
