// What all pieces of lessons share: a message comes in, a view goes out, and everything is drawn anew
// when either changes or the page is resized.

import { Pictures } from "../player/draw.js"
import { el } from "../player/dom.js"
import { sameBytes, unpack } from "../player/message.js"

const PAUSE_MS = 300 // a drag or a run of arrow keys is one change of the view

export class Piece {
  constructor(root, send) {
    this.root = root
    this.send = send
    this.live = el("div", { class: "live", "aria-live": "polite" })
  }

  // A new message. The view that it carries counts unless it is older than what was done here.
  async show(bytes) {
    if (this.bytes && sameBytes(this.bytes, bytes)) return
    this.bytes = bytes
    const message = unpack(bytes), pictures = await Pictures.load(message)
    if (this.bytes !== bytes) return
    const { header } = message
    if (!this.view || header.view.edit >= this.view.edit) this.view = { ...header.view }
    const last = header.grid - 1, bound = (v) => Math.max(0, Math.min(last, v))
    this.view.row = bound(this.view.row)
    this.view.column = bound(this.view.column)
    const fresh = !this.message
    Object.assign(this, { message, pictures })
    this.take(message)
    if (fresh) {
      this.root.replaceChildren(el("div", { class: "player piece" }, ...this.build(), this.live))
      new ResizeObserver(() => this.refresh()).observe(this.root)
    }
    for (const surface of this.surfaces()) surface.baseName = ""
    this.refresh()
  }

  // For those that hold more than the message does.
  take() {}

  get token() {
    return this.view.row * this.message.header.grid + this.view.column
  }

  set token(token) {
    const { grid } = this.message.header
    Object.assign(this.view, { row: Math.floor(token / grid), column: token % grid })
  }

  refresh() {
    if (!this.root.isConnected || !this.message) return
    const style = getComputedStyle(this.root)
    const themed = (name, otherwise) => style.getPropertyValue(`--st-${name}`) || otherwise
    this.colors = { text: style.color, font: style.fontFamily, background: themed("background-color", "#fff"),
      accent: themed("primary-color", "#0b7a8c"), line: themed("border-color", "#d5dde2") }
    for (const surface of this.surfaces()) {
      surface.fit()
      surface.clear()
    }
    this.draw()
  }

  // The view goes to the server once it rests.
  tell() {
    clearTimeout(this.telling)
    this.view.edit += 1
    this.telling = setTimeout(() => {
      this.send({ ...this.view })
      this.live.textContent = this.say()
    }, PAUSE_MS)
  }
}

// The component of Streamlit for a kind of piece.
export function componentOf(Kind) {
  const pieces = new WeakMap()
  return ({ data, parentElement, setStateValue }) => {
    const root = parentElement.querySelector(".sct-player")
    if (!pieces.has(root)) pieces.set(root, new Kind(root))
    const piece = pieces.get(root)
    piece.send = (view) => setStateValue("view", view)
    piece.show(data).catch((error) => {
      root.textContent = `This piece could not be drawn: ${error.message}`
    })
  }
}

// Bars about a base line, one a number: `paint(i)` is the colour of each.
export function barsIn(surface, values, { top, low = 0, paint }) {
  const { ctx, width, height } = surface, w = width / values.length, scale = height / (top - low)
  const base = height + low * scale
  ctx.fillStyle = "#8a94a3"
  ctx.fillRect(0, Math.min(base, height - 1), width, 1)
  values.forEach((v, i) => {
    const h = Math.max(Math.abs(v) * scale, 1)
    ctx.fillStyle = paint(i)
    ctx.fillRect(i * w, v < 0 ? base : base - h, Math.max(w - 1, 0.8), h)
  })
  return base
}

export const rowColumn = (token, grid) => `row ${Math.floor(token / grid)}, column ${token % grid}`
export const signedNumber = (v, digits = 2) => v.toFixed(digits).replace("-", "−")
