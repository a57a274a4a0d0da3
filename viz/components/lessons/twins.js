// Lesson 7: one query, and where two models look for it in the frame before.

import { gridLines, heat, underMap } from "../player/draw.js"
import { el, percent } from "../player/dom.js"
import { strongest } from "../player/maps.js"
import { patchName } from "../player/pointing.js"
import { Demo, captioned, captions, componentOf, mark, squareOf, still, tokenIn } from "./demo.js"

class Twins extends Demo {
  build() {
    const { names, heads } = this.message.header
    this.now = this.board("right", "The current frame: drag the patch.")
    this.maps = names.map((name) => still("frame close", `Where model ${name} looks in the frame before`))
    this.heads = this.headButtons({ id: heads, text: "mean of all" })
    this.titles = captions(1 + names.length)
    this.notes = names.map(() => el("p", { class: "quiet" }))
    return [el("div", { class: "controls" }, this.heads.group),
      el("div", { class: "thirds pics" }, captioned(this.titles[0], this.now), ...this.maps.map((map, i) => captioned(this.titles[i + 1], map, this.notes[i])))]
  }

  surfaces() {
    return [this.now.surface, ...this.maps]
  }

  // A model's weights for the picked query, one for each place of its square.
  weights(model, { chunk, place }) {
    const { header, parts } = this.message, { grid, window: side } = header, n = side * side
    const from = (((model * (header.heads + 1) + this.view.head) * (grid / side) ** 2 + chunk) * n + place) * n
    return parts.maps.subarray(from, from + n)
  }

  draw() {
    const { header, parts } = this.message, { grid, window: side } = header, { token } = this
    const border = side < grid ? side : 0, square = squareOf(token, grid, side)
    this.now.token = token
    this.heads.set(this.view.head)
    this.titles[0].textContent = `Frame ${header.frame}: drag the patch`
    const { surface } = this.now
    surface.backdrop("now", (ctx, size) => this.pictures.paint(ctx, 1, size))
    gridLines(surface, grid, border)
    mark(surface, grid, token, { width: 2.8 })
    const found = this.maps.map((_, model) => this.weights(model, square))
    const top = Math.max(...found.flatMap((weights) => [...weights]))
    const at = (place) => tokenIn(square, place, grid, side)
    this.maps.forEach((map, model) => {
      const weights = found[model]
      underMap(map, this.pictures, 0, 0.85)
      heat(map, grid, Array.from(weights, (w, i) => [at(i), w]), { top, threshold: 0, opacity: 0.85, lut: parts.colours })
      gridLines(map, grid, border)
      mark(map, grid, token, { width: 1.6, dash: [3, 3], inset: 1 })
      this.titles[model + 1].textContent = `Model ${header.names[model]} looks back at frame ${header.before}`
      const [best] = strongest(weights, 1)
      this.notes[model].textContent = best === undefined ? "An even map." : `Strongest at ${patchName(at(best), grid)}, ${percent(weights[best])}.`
    })
  }

  say() {
    return this.notes.map((note, i) => `Model ${this.message.header.names[i]}: ${note.textContent}`).join(" ")
  }
}

export default componentOf(Twins)
