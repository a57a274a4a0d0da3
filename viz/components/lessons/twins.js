// Lesson 7: one query, and where two models look for it in the frame before.

import { Surface, gridLines, heat, outline, underMap } from "../player/draw.js"
import { caption, el, percent, segments } from "../player/dom.js"
import { strongest } from "../player/maps.js"
import { Board } from "./board.js"
import { Piece, componentOf, rowColumn } from "./piece.js"

class Twins extends Piece {
  build() {
    const { header } = this.message
    this.board = new Board({ id: "right", text: "The current frame: drag the patch." }, () => this.message.header.grid, (token, done) => {
      this.token = token
      this.refresh()
      if (done) this.tell()
    })
    this.maps = header.names.map((name) => new Surface(el("canvas", { class: "frame close", role: "img", "aria-label": `Where model ${name} looks in the frame before` })))
    const heads = [{ id: header.heads, text: "mean of all" }, ...Array.from({ length: header.heads }, (_, h) => ({ id: h, text: `Head ${h}` }))]
    this.heads = segments("Head", heads, (id) => {
      this.view.head = +id
      this.refresh()
      this.tell()
    })
    this.titles = [caption(), caption(), caption()]
    this.notes = header.names.map(() => el("p", { class: "quiet" }))
    const cell = (i, canvas, note) => el("div", { class: "cell" }, this.titles[i], canvas, note)
    return [el("div", { class: "controls" }, this.heads.group),
      el("div", { class: "thirds pics" }, cell(0, this.board.canvas), ...this.maps.map((m, i) => cell(i + 1, m.canvas, this.notes[i])))]
  }

  surfaces() {
    return [this.board.surface, ...this.maps]
  }

  // The map of a model for the picked query: the window's corner, and a weight for each of its places.
  mapOf(model) {
    const { header, parts } = this.message, { grid, window: side } = header, { row, column, head } = this.view
    const top = row - (row % side), left = column - (column % side), n = side * side
    const chunk = (top / side) * (grid / side) + left / side, place = (row - top) * side + column - left
    const from = (((model * (header.heads + 1) + head) * (grid / side) ** 2 + chunk) * n + place) * n
    return { top, left, weights: parts.maps.subarray(from, from + n) }
  }

  draw() {
    const { header, parts } = this.message, { grid, window: side } = header, { token } = this
    this.board.token = token
    this.heads.set(this.view.head)
    this.titles[0].textContent = `Frame ${header.frame}: drag the patch`
    const { surface } = this.board
    surface.backdrop("now", (ctx, size) => this.pictures.paint(ctx, 1, size))
    gridLines(surface, grid, side < grid ? side : 0)
    const own = surface.cell(grid, token)
    outline(surface.ctx, own.x, own.y, own.s, own.s, { width: 2.8 })
    const found = this.maps.map((_, model) => this.mapOf(model))
    const top = Math.max(...found.flatMap((f) => [...f.weights]))
    this.maps.forEach((map, model) => {
      const { weights, ...corner } = found[model]
      const at = (place) => (corner.top + Math.floor(place / side)) * grid + corner.left + (place % side)
      underMap(map, this.pictures, 0, 0.85)
      heat(map, grid, Array.from(weights, (w, i) => [at(i), w]), { top, threshold: 0, opacity: 0.85, lut: parts.colours })
      gridLines(map, grid, side < grid ? side : 0)
      const here = map.cell(grid, token)
      outline(map.ctx, here.x, here.y, here.s, here.s, { width: 1.6, dash: [3, 3], inset: 1 })
      this.titles[model + 1].textContent = `Model ${header.names[model]} looks back at frame ${header.before}`
      const [best] = strongest(weights, 1)
      this.notes[model].textContent = best === undefined ? "An even map." : `Strongest at ${rowColumn(at(best), grid)}, ${percent(weights[best])}.`
    })
  }

  say() {
    return this.notes.map((note, i) => `Model ${this.message.header.names[i]}: ${note.textContent}`).join(" ")
  }
}

export default componentOf(Twins)
