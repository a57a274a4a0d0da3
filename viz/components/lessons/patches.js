// Lesson 1: a frame cut into patches, one of them close up, what the model makes of it, and its chunk.

import { gridLines, outline } from "../player/draw.js"
import { caption, el } from "../player/dom.js"
import { Surface } from "../player/draw.js"
import { Board } from "./board.js"
import { Piece, barsIn, componentOf, rowColumn, signedNumber } from "./piece.js"

class Patches extends Piece {
  build() {
    this.board = new Board({ id: "left", text: "The frame, cut into patches." }, () => this.message.header.grid, (token, done) => {
      this.token = token
      this.refresh()
      if (done) this.tell()
    })
    const small = (name) => el("canvas", { class: "frame close", role: "img", "aria-label": name })
    this.close = new Surface(small("The patch close up"))
    this.near = new Surface(small("Its chunk close up"))
    this.bars = new Surface(el("canvas", { class: "bars", role: "img", "aria-label": "The numbers that stand for the patch" }))
    this.titles = [caption(), caption(), caption(), caption()]
    this.note = el("p", { class: "quiet" })
    const figure = (title, surface) => el("div", { class: "cell" }, title, surface.canvas)
    return [el("div", { class: "split" },
      el("div", { class: "cell" }, this.titles[0], this.board.canvas),
      el("div", { class: "side" },
        el("div", { class: "pair2" }, figure(this.titles[1], this.close), figure(this.titles[2], this.near)),
        figure(this.titles[3], this.bars), this.note))]
  }

  surfaces() {
    return [this.board.surface, this.close, this.near, this.bars]
  }

  draw() {
    const { header, parts } = this.message, { grid, patch, chunk, channels } = header, { token, view } = this
    const { surface } = this.board, side = grid * patch
    this.board.token = token
    surface.backdrop("frame", (ctx, size) => this.pictures.paint(ctx, 0, size))
    gridLines(surface, grid, chunk)
    const top = view.row - (view.row % chunk), left = view.column - (view.column % chunk)
    const corner = surface.cell(grid, top * grid + left), own = surface.cell(grid, token)
    outline(surface.ctx, corner.x, corner.y, corner.s * chunk, corner.s * chunk, { color: "#fff", width: 2 })
    outline(surface.ctx, own.x, own.y, own.s, own.s, { width: 2.4 })
    this.zoom(this.close, view.row * patch, view.column * patch, patch, side)
    this.zoom(this.near, top * patch, left * patch, chunk * patch, side)
    const cell = this.near.width / chunk
    gridLines(this.near, chunk, 0)
    outline(this.near.ctx, (view.column - left) * cell, (view.row - top) * cell, cell, cell, { width: 2 })
    const vector = Array.from(parts.vectors.subarray(token * channels, (token + 1) * channels))
    const most = Math.max(...vector.map(Math.abs), 1e-6)
    barsIn(this.bars, vector, { top: most, low: -most, paint: () => this.colors.accent })
    const texts = [`Frame, ${grid} × ${grid} patches`, `Patch: ${patch} × ${patch} × 3 = ${patch * patch * 3} numbers`,
      `Chunk: ${chunk} × ${chunk} patches`, `Token: ${channels} numbers`]
    this.titles.forEach((title, i) => { title.textContent = texts[i] })
    this.note.textContent = `Patch ${rowColumn(token, grid)} is in chunk ${rowColumn((top / chunk) * (grid / chunk) + left / chunk, grid / chunk)}. Its token begins ${vector.slice(0, 3).map((v) => signedNumber(v)).join(", ")}, …`
  }

  // Pixels of the model's view, each as a square.
  zoom(surface, top, left, size, side) {
    const { pixels } = this.message.parts, s = surface.width / size
    for (let r = 0; r < size; r++) {
      for (let c = 0; c < size; c++) {
        const i = ((top + r) * side + left + c) * 3
        surface.ctx.fillStyle = `rgb(${pixels[i]} ${pixels[i + 1]} ${pixels[i + 2]})`
        surface.ctx.fillRect(c * s, r * s, s + 0.4, s + 0.4)
      }
    }
  }

  say() {
    return this.note.textContent
  }
}

export default componentOf(Patches)
