// What all demos of the lessons share: a message comes in, a view goes out, and everything is drawn
// anew when either changes or the page is resized.

import { Pictures, Surface, gridLines, outlineCell } from "../player/draw.js"
import { caption, el, segments } from "../player/dom.js"
import { sameBytes, unpack } from "../player/message.js"
import { mounter } from "../player/mounting.js"
import { Board } from "./board.js"

const PAUSE_MS = 300 // a drag or a run of arrow keys is one change of the view

export class Demo {
  constructor(root) {
    this.root = root
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
      this.root.replaceChildren(el("div", { class: "player demo" }, ...this.build(), this.live))
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

  // A picture on which the patch is picked; `pick(token, done)` says what follows.
  board(id, text, pick = this.pick) {
    return new Board({ id, text }, () => this.message.header.grid, pick)
  }

  pick = (token, done) => {
    this.token = token
    this.refresh()
    if (done) this.tell()
  }

  // Buttons for the heads; `more` come before them.
  headButtons(...more) {
    const heads = Array.from({ length: this.message.header.heads }, (_, h) => ({ id: h, text: `Head ${h}` }))
    return segments("Head", [...more, ...heads], (id) => this.change({ head: +id }))
  }

  // A part of the view was changed by hand.
  change(part) {
    Object.assign(this.view, part)
    this.refresh()
    this.tell()
  }

  // The frame on a board, cut into patches, with the chunk of the picked one and itself outlined.
  frameOn({ surface }, { top, left }) {
    const { grid, chunk } = this.message.header
    surface.backdrop("frame", (ctx, size) => this.pictures.paint(ctx, 0, size))
    gridLines(surface, grid, chunk)
    outlineCell(surface.ctx, surface.cell(grid, top * grid + left), { color: "#fff", width: 2 }, chunk)
    mark(surface, grid, this.token, { width: 2.4 })
  }

  refresh() {
    if (!this.root.isConnected || !this.message) return
    const style = getComputedStyle(this.root)
    const themed = (name, otherwise) => style.getPropertyValue(`--st-${name}`) || otherwise
    this.colors = { text: style.color, background: themed("background-color", "#fff"), accent: themed("primary-color", "#0b7a8c") }
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

export const componentOf = (Kind) => mounter(Kind, "view", "This piece")

// A picture that is only looked at.
export const still = (kind, name) => new Surface(el("canvas", { class: kind, role: "img", "aria-label": name }))

export const captions = (count) => Array.from({ length: count }, () => caption())

export const captioned = (title, { canvas }, note) => el("div", { class: "cell" }, title, canvas, note)

// Outline the cell of a token; returns the cell.
export function mark(surface, grid, token, style) {
  const cell = surface.cell(grid, token)
  outlineCell(surface.ctx, cell, style)
  return cell
}

// Show a value in a slider that was changed elsewhere.
export function showValue(slider, value, text) {
  slider.querySelector("input").value = value
  slider.querySelector("output").textContent = text
}

// The square of `side` patches that a token lies in: its number, its first row and column, and the
// token's place in it.
export function squareOf(token, grid, side) {
  const row = Math.floor(token / grid), column = token % grid
  const top = row - (row % side), left = column - (column % side)
  return { top, left, chunk: (top / side) * (grid / side) + left / side, place: (row - top) * side + column - left }
}

// The token at a place of such a square.
export const tokenIn = ({ top, left }, place, grid, side) => (top + Math.floor(place / side)) * grid + left + (place % side)

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
}

export const signedNumber = (v, digits = 2) => v.toFixed(digits).replace("-", "−")
