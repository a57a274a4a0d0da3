// Lesson 1: a frame cut into patches, one of them close up, what the model makes of it, and its chunk.

import { gridLines, outline } from "../player/draw.js"
import { el } from "../player/dom.js"
import { patchName } from "../player/pointing.js"
import { Demo, barsIn, captioned, captions, componentOf, signedNumber, squareOf, still } from "./demo.js"

class Patches extends Demo {
  build() {
    this.frame = this.board("left", "The frame, cut into patches.")
    this.close = still("frame close", "The patch close up")
    this.near = still("frame close", "Its chunk close up")
    this.bars = still("bars", "The numbers that stand for the patch")
    this.titles = captions(4)
    this.note = el("p", { class: "quiet" })
    return [el("div", { class: "split" }, captioned(this.titles[0], this.frame),
      el("div", { class: "side" },
        el("div", { class: "pair2" }, captioned(this.titles[1], this.close), captioned(this.titles[2], this.near)),
        captioned(this.titles[3], this.bars), this.note))]
  }

  surfaces() {
    return [this.frame.surface, this.close, this.near, this.bars]
  }

  draw() {
    const { header, parts } = this.message, { grid, patch, chunk: side, channels } = header, { token, view } = this
    const square = squareOf(token, grid, side), { top, left } = square
    this.frame.token = token
    this.frameOn(this.frame, square)
    this.zoom(this.close, view.row * patch, view.column * patch, patch, grid * patch)
    this.zoom(this.near, top * patch, left * patch, side * patch, grid * patch)
    const s = this.near.width / side
    gridLines(this.near, side, 0)
    outline(this.near.ctx, (view.column - left) * s, (view.row - top) * s, s, s, { width: 2 })
    const vector = Array.from(parts.vectors.subarray(token * channels, (token + 1) * channels))
    const most = Math.max(...vector.map(Math.abs), 1e-6)
    barsIn(this.bars, vector, { top: most, low: -most, paint: () => this.colors.accent })
    const texts = [`Frame, ${grid} × ${grid} patches`, `Patch: ${patch} × ${patch} × 3 = ${patch * patch * 3} numbers`,
      `Chunk: ${side} × ${side} patches`, `Token: ${channels} numbers`]
    this.titles.forEach((title, i) => { title.textContent = texts[i] })
    this.note.textContent = `Patch ${patchName(token, grid)} is in chunk ${patchName(square.chunk, grid / side)}. Its token begins ${vector.slice(0, 3).map((v) => signedNumber(v)).join(", ")}, …`
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
