// The attention player: state, pointer and keys, and the clock. What is drawn is up to the modes.
// It needs no server: the message holds the frames and all that attention was computed from.

import { Pictures, Surface } from "./draw.js"
import { Attention } from "./maps.js"
import { Hashing } from "./hashing.js"
import { mapsMode } from "./mapsmode.js"
import { motionMode } from "./motionmode.js"
import { bucketsMode } from "./bucketsmode.js"
import { veiledMode } from "./veiledmode.js"
import { build } from "./layout.js"
import { legend } from "./dom.js"
import { unpack } from "./message.js"

const SETTLE_MS = 300 // a scrub or a run of arrow keys is one change of the view
const LOOP_MS = 700 // the last frame stays a little before the clip begins anew

export class Player {
  // `send(view)` is told of each change of the pinned view: {mode, frame, head, round, row, column,
  // look, edit}; `edit` counts the changes made here.
  constructor(root, send) {
    this.root = root
    this.send = send
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)")
    this.display = { opacity: 0.9, threshold: 0, grid: false, links: true, gain: 2, scale: "inferno", top: null,
      speed: this.still.matches ? 0.1 : 0.25 }
    this.view = null
    this.hover = null
    this.playing = false
  }

  // A new message. The view that it carries counts unless it is older than what was done here.
  async show(bytes) {
    if (this.bytes && sameBytes(this.bytes, bytes)) return
    const begun = performance.now()
    this.bytes = bytes
    const message = unpack(bytes)
    const pictures = await Pictures.load(message)
    if (this.bytes !== bytes) return // a newer one came while the pictures were decoded
    const { header } = message, moved = !this.view || header.view.edit >= this.view.edit
    const rebuilt = !this.message || this.message.header.kind !== header.kind || this.message.header.heads !== header.heads
      || this.message.header.frames !== header.frames || this.message.header.rounds !== header.rounds
      || this.message.header.veiled !== header.veiled
    Object.assign(this, { message, pictures, errors: null })
    this.model = header.kind === "attention" ? new Attention(message) : new Hashing(message)
    this.modes = header.veiled ? [veiledMode] : header.kind === "attention" ? [mapsMode, motionMode] : [bucketsMode]
    const { row, column, ...view } = moved ? header.view : { ...this.view, ...this.rowColumn() }
    const last = header.grid - 1, bound = (v) => Math.max(0, Math.min(last, v))
    this.view = { ...view, frame: Math.min(view.frame, header.frames - 1), token: bound(row) * header.grid + bound(column) }
    if (rebuilt) this.build()
    this.choose()
    this.surfacesAnew()
    this.refresh()
    performance.measure("sct-first-paint", { start: begun, end: performance.now() })
    if (this.waiting) this.play(true)
  }

  rowColumn() {
    const { grid } = this.message.header
    return { row: Math.floor(this.view.token / grid), column: this.view.token % grid }
  }

  get mode() {
    return this.modes.find((m) => m.id === this.view.mode) ?? this.modes[0]
  }

  // What is looked at: the patch under the pointer, else the pinned one.
  get focus() {
    return this.hover ?? { token: this.view.token, look: this.view.look }
  }

  get pointing() {
    return this.hover !== null
  }

  get top() {
    return this.display.top ?? this.message.header.top
  }

  get lut() {
    const row = this.message.header.scales.indexOf(this.display.scale)
    return this.message.parts.colours.subarray(row * 768, (row + 1) * 768)
  }

  origin(surface) {
    return surface.origin
  }

  build() {
    this.parts = build(this)
    this.left = new Surface(this.parts.left)
    this.right = new Surface(this.parts.right)
    this.overlay = new Surface(this.parts.overlay)
    this.strip = this.parts.strip && new Surface(this.parts.strip)
    this.resize?.disconnect()
    this.resize = new ResizeObserver(() => this.message && this.fit() && this.refresh())
    this.resize.observe(this.parts.pictures)
    this.listen(this.parts.left, "in")
    this.listen(this.parts.right, "out")
  }

  surfacesAnew() {
    for (const surface of [this.left, this.right]) surface.baseName = ""
    this.fit()
  }

  fit() {
    const { pictures } = this.parts
    let changed = false
    for (const surface of [this.left, this.right]) {
      changed = surface.fit() || changed
      surface.origin = { x: surface.canvas.offsetLeft, y: surface.canvas.offsetTop }
    }
    changed = this.overlay.fit(pictures.clientWidth, pictures.clientHeight) || changed
    changed = this.strip?.fit() || changed
    for (const { surface } of this.parts.thumbs) changed = surface.fit() || changed
    for (const surface of this.parts.steps?.surfaces ?? []) changed = surface.fit() || changed
    return changed
  }

  // The chosen heads; one that this mode does not offer gives way to the first it does.
  choose() {
    const choices = this.mode.choices(this.message.header)
    this.choice = choices.find((c) => c.id === this.view.head) ?? choices[0]
    this.view.head = this.choice.id
  }

  change(part, { settle = false } = {}) {
    Object.assign(this.view, part)
    this.choose()
    this.refresh()
    this.tell(settle)
  }

  tell(settle = false) {
    clearTimeout(this.telling)
    this.view.edit += 1
    const now = () => {
      const { token, ...view } = this.view
      this.send({ ...view, ...this.rowColumn() })
    }
    if (settle) this.telling = setTimeout(now, SETTLE_MS)
    else now()
  }

  // Everything anew, controls included.
  refresh() {
    const { mode, parts, view, message } = this
    const style = getComputedStyle(this.root)
    const themed = (name, otherwise) => style.getPropertyValue(`--st-${name}`) || otherwise
    this.colors = { text: style.color, font: style.fontFamily, background: themed("background-color", "#fff"),
      accent: themed("primary-color", "#0b7a8c") }
    parts.update(this)
    this.paint()
    if (mode.legendTitle) {
      const even = message.header.kind === "attention" ? 1 / this.model.places
        : 1 / Math.min(2 * this.model.size, this.model.tokens)
      legend(parts.legend, { lut: this.lut, top: this.top, even, title: mode.legendTitle })
    }
    parts.legend.hidden = !mode.legendTitle
    parts.scrub.value = view.frame
    this.paintThumbs()
  }

  // The pictures and the numbers beside them; small multiples and steps follow in the next frame.
  paint() {
    this.mode.paint(this)
    const notice = this.mode.notice(this)
    if (notice !== this.noticed) this.parts.notice.textContent = this.noticed = notice
    this.parts.readout.replaceChildren(...this.mode.readout(this))
  }

  paintThumbs() {
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

  listen(canvas, look) {
    const at = (event) => {
      const box = canvas.getBoundingClientRect(), { grid } = this.message.header
      const place = (v, low, size) => Math.max(0, Math.min(grid - 1, Math.floor(((v - low) / size) * grid)))
      return place(event.clientY, box.top, box.height) * grid + place(event.clientX, box.left, box.width)
    }
    const side = () => (this.mode === mapsMode ? look : "out")
    const point = (event) => {
      const token = at(event)
      if (this.hover?.token === token && this.hover.look === side()) return
      this.hover = { token, look: side() }
      this.paint()
      performance.measure("sct-hover", { start: event.timeStamp, end: performance.now() })
      this.paintThumbs()
    }
    canvas.onpointermove = canvas.onpointerdown = point
    canvas.onpointerleave = canvas.onpointercancel = () => {
      this.hover = null
      this.paint()
      this.paintThumbs()
    }
    canvas.onclick = (event) => {
      this.hover = null
      this.change({ token: at(event), look: side() })
    }
    canvas.onkeydown = (event) => this.key(event, side())
    canvas.onfocus = () => this.announce()
  }

  // Arrow keys move the pinned patch, comma and full stop the frame, space plays.
  key(event, look) {
    const { grid } = this.message.header, { token, frame } = this.view
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (step) {
      const row = Math.floor(token / grid) + step[0], col = (token % grid) + step[1]
      const bound = (v) => Math.max(0, Math.min(grid - 1, v))
      this.hover = null
      this.change({ token: bound(row) * grid + bound(col), look }, { settle: true })
    } else if (event.key === "," || event.key === ".") this.toFrame(frame + (event.key === "." ? 1 : -1))
    else if (event.key === " ") this.play(!this.playing)
    else return
    event.preventDefault()
    this.announce()
  }

  // For a screen reader, once the keys rest.
  announce() {
    clearTimeout(this.saying)
    this.saying = setTimeout(() => {
      this.parts.live.textContent = this.mode.say(this)
    }, SETTLE_MS)
  }

  toFrame(frame, settle = true) {
    const bounded = Math.max(0, Math.min(this.message.header.frames - 1, frame))
    this.change({ frame: bounded }, { settle: settle && this.model.has(bounded) })
  }

  play(on) {
    clearTimeout(this.clock)
    const was = this.playing
    this.playing = on && this.message.header.frames > 1
    this.waiting = false
    if (this.playing) this.clock = setTimeout(() => this.tick(), 60)
    else if (was) this.tell()
    this.refresh()
  }

  tick() {
    if (!this.root.isConnected || !this.playing) return
    const { absent, frames, times } = this.message.header, { frame } = this.view
    const next = (frame + 1) % frames
    this.view.frame = next
    this.refresh()
    if (!this.model.has(next) && !absent) {
      // The clip goes on when the server has sent what it needs.
      this.tell()
      this.waiting = true
      return
    }
    const gap = next + 1 < frames ? (times[next + 1] - times[next]) * 1000 : 0
    const wait = gap > 0 ? Math.min(Math.max(gap / this.display.speed, 30), 4000) : LOOP_MS
    this.clock = setTimeout(() => this.tick(), wait)
  }
}

function sameBytes(a, b) {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
