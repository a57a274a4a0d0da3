// The attention player. What is drawn is up to its modes; the message holds the frames and all that
// attention was computed from.

import { Surface, outlinePreview } from "./draw.js"
import { Attention } from "./maps.js"
import { Hashing } from "./hashing.js"
import { mapsMode } from "./mapsmode.js"
import { motionMode } from "./motionmode.js"
import { bucketsMode } from "./bucketsmode.js"
import { veiledMode } from "./veiledmode.js"
import { build } from "./layout.js"
import { legend } from "./dom.js"
import { Playing } from "./playing.js"

export class Player extends Playing {
  // The pinned view is {mode, frame, head, round, row, column, look, edit}.
  constructor(root, send) {
    super(root, send)
    Object.assign(this.display, { links: true, gain: 2, scale: "inferno", top: null })
  }

  take(message) {
    const attention = message.header.kind === "attention"
    this.errors = null
    this.model = attention ? new Attention(message) : new Hashing(message)
    this.modes = message.header.veiled ? [veiledMode] : attention ? [mapsMode, motionMode] : [bucketsMode]
  }

  differs(before, now) {
    return ["kind", "heads", "frames", "rounds", "veiled", "called"].some((name) => before[name] !== now[name])
  }

  has(frame) {
    return this.model.has(frame)
  }

  get mode() {
    return this.modes.find((m) => m.id === this.view.mode) ?? this.modes[0]
  }

  get top() {
    return this.display.top ?? this.message.header.top
  }

  get lut() {
    const row = this.message.header.scales.indexOf(this.display.scale)
    return this.message.parts.colours.subarray(row * 768, (row + 1) * 768)
  }

  // The square of a token on the overlay, which lies over both pictures.
  place(surface, token) {
    const { x, y, s } = surface.cell(this.model.grid, token), { origin } = surface
    return { x: origin.x + x, y: origin.y + y, s }
  }

  surfaces() {
    return [this.left, this.right]
  }

  build() {
    this.parts = build(this)
    this.left = new Surface(this.parts.left)
    this.right = new Surface(this.parts.right)
    this.overlay = new Surface(this.parts.overlay)
    this.strip = this.parts.strip && new Surface(this.parts.strip)
    this.watch(this.parts.pictures)
    this.listen(this.parts.left, () => (this.mode === mapsMode ? "in" : "out"))
    this.listen(this.parts.right)
  }

  smallSurfaces() {
    const { thumbs, steps } = this.parts
    return [...(this.strip ? [this.strip] : []), ...thumbs.map((t) => t.surface), ...(steps?.surfaces ?? [])]
  }

  fit() {
    const { pictures } = this.parts, changed = super.fit()
    for (const surface of this.surfaces()) surface.origin = { x: surface.canvas.offsetLeft, y: surface.canvas.offsetTop }
    return this.overlay.fit(pictures.clientWidth, pictures.clientHeight) || changed
  }

  // The chosen heads; one that this mode does not offer gives way to the first it does.
  choose() {
    const choices = this.mode.choices(this.message.header)
    this.choice = choices.find((c) => c.id === this.view.head) ?? choices[0]
    this.view.head = this.choice.id
  }

  // Everything anew, controls included.
  refresh() {
    const { mode, parts, view, message } = this
    this.colors = this.themed()
    parts.update()
    this.paint()
    if (mode.legendTitle) {
      const even = message.header.kind === "attention" ? 1 / this.model.places
        : 1 / Math.min(2 * this.model.size, this.model.tokens)
      parts.legend.replaceChildren(...legend({ lut: this.lut, top: this.top, even, title: mode.legendTitle }))
    }
    parts.legend.hidden = !mode.legendTitle
    parts.scrub.value = view.frame
    this.paintRest()
  }

  // The pictures and the numbers beside them.
  paint() {
    this.mode.paint(this)
    if (this.preview !== null) for (const surface of this.surfaces()) outlinePreview(this.overlay.ctx, this.place(surface, this.preview))
    this.paintWords()
  }

  notice() {
    return this.mode.notice(this)
  }

  readout() {
    return this.mode.readout(this)
  }

  // Small multiples and steps follow in the next frame.
  paintRest() {
    if (this.thumbing) return
    this.thumbing = requestAnimationFrame(() => {
      this.thumbing = 0
      for (const { choice, surface, note } of this.parts.thumbs) {
        const text = surface.canvas.clientWidth ? this.mode.thumb(this, surface, choice) : ""
        if (note.textContent !== text) note.textContent = text
      }
      this.parts.steps?.update(this)
    })
  }

  say() {
    return this.mode.say(this)
  }
}
