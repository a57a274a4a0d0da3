// A picture with a grid of patches of which one is picked: dragged by the pointer, moved by keys.

import { Surface } from "../player/draw.js"
import { el } from "../player/dom.js"
import { stepped, tokenAt } from "../player/pointing.js"

// `grid()` says how many patches a side; `pick(token, done)` is told of each patch the pointer comes
// to while it is held down, and of the one where it is let go.
export class Board {
  constructor(name, grid, pick) {
    this.canvas = el("canvas", { class: `frame ${name.id}`, tabindex: "0", role: "application",
      "aria-label": `${name.text} Drag the marked patch, or move it by the arrow keys.` })
    this.surface = new Surface(this.canvas)
    this.grid = grid
    this.pick = pick
    this.token = 0
    this.listen()
  }

  listen() {
    const { canvas } = this
    const at = (event) => tokenAt(canvas, this.grid(), event)
    const to = (token, done) => {
      if (token === this.token && !done) return
      this.token = token
      this.pick(token, done)
    }
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId)
      this.held = true
      to(at(event), false)
    }
    canvas.onpointermove = (event) => this.held && to(at(event), false)
    canvas.onpointerup = (event) => {
      if (this.held) to(at(event), true)
      this.held = false
    }
    canvas.onpointercancel = () => {
      this.held = false
      this.pick(this.token, true)
    }
    canvas.onkeydown = (event) => {
      const token = stepped(this.token, event, this.grid())
      if (token === null) return
      event.preventDefault()
      to(token, true)
    }
  }
}
