// What all players have in common: the message, the pinned view, pointer and keys, and the clock.
// It needs no server: the message holds all that is drawn. A player adds `take`, `differs`, `build`,
// `surfaces`, `paint`, `refresh`, `notice`, `readout` and `say`, and where it likes `smallSurfaces`,
// `choose`, `has` and `paintRest`.

import { Pictures } from "./draw.js"
import { sameBytes, unpack } from "./message.js"
import { patchName, stepped, tokenAt } from "./pointing.js"
import { stay } from "./transport.js"

const STEP = "sct-step" // an event of players that go in step
const SETTLE_MS = 300 // a scrub or a run of arrow keys is one change of the view

export class Playing {
  // `send(view)` is told of each change of the pinned view: {frame, row, column, edit} and what else
  // the view of a message has; `edit` counts the changes made here.
  constructor(root, send) {
    this.root = root
    this.send = send
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)")
    this.display = { opacity: 0.9, threshold: 0, grid: false, speed: this.still.matches ? 0.1 : 0.25 }
    this.view = null
    this.hover = null // {token, look} under the pointer
    this.follow = (event) => this.followed(event.detail)
    window.addEventListener(STEP, this.follow)
    this.pinned = false // whether the patch of the view stays the one that is shown
    this.playing = false
  }

  // A new message. The view that it carries counts unless it is older than what was done here. `shared`
  // is what several messages leave out, taken apart.
  async show(bytes, shared = {}) {
    if (this.bytes && sameBytes(this.bytes, bytes)) return
    const begun = performance.now()
    this.bytes = bytes
    const own = unpack(bytes)
    const message = { header: { ...shared.header, ...own.header }, parts: { ...shared.parts, ...own.parts } }
    const pictures = await Pictures.load(message)
    if (this.bytes !== bytes) return // a newer one came while the pictures were decoded
    const { header } = message, moved = !this.view || header.view.edit >= this.view.edit
    const rebuilt = !this.message || this.differs(this.message.header, header)
    Object.assign(this, { message, pictures })
    this.take(message)
    const { row, column, pinned, ...view } = moved ? header.view : { ...this.view, ...this.rowColumn() }
    if (!this.view) this.pinned = Boolean(pinned) // a link to a patch
    const last = header.grid - 1, bound = (v) => Math.max(0, Math.min(last, v))
    this.view = { ...view, frame: Math.min(view.frame, header.frames - 1), token: bound(row) * header.grid + bound(column) }
    if (rebuilt) this.build()
    this.choose()
    for (const surface of this.surfaces()) surface.baseName = ""
    this.fit()
    this.refresh()
    performance.measure("sct-first-paint", { start: begun, end: performance.now() })
    if (this.waiting) this.play(true)
  }

  choose() {}

  has() { return true }

  paintRest() {}

  smallSurfaces() { return [] }

  // Give all canvases as many pixels as the screen has for them; true if any changed.
  fit() {
    return [...this.surfaces(), ...this.smallSurfaces()].reduce((changed, surface) => surface.fit() || changed, false)
  }

  // What is written under and beside the pictures.
  paintWords() {
    const notice = this.notice(), { token } = this.view
    this.parts.pin.set(this.pinned, patchName(token, this.message.header.grid))
    if (notice !== this.noticed) this.parts.notice.textContent = this.noticed = notice
    this.parts.readout.replaceChildren(...this.readout())
  }

  rowColumn() {
    const { grid } = this.message.header, { token } = this.view
    return { row: Math.floor(token / grid), column: token % grid }
  }

  // What is looked at: the patch under the pointer, unless one is pinned, which then stays.
  get focus() {
    return (!this.pinned && this.hover) || { token: this.view.token, look: this.view.look }
  }

  get pointing() {
    return this.pinned || this.hover !== null
  }

  // The patch under the pointer while another is pinned: nothing but its outline is drawn.
  get preview() {
    return this.pinned && this.hover && this.hover.token !== this.view.token ? this.hover.token : null
  }

  // Players whose messages name one `step` show the same patch, frame, head and mode of different clips.
  share(part) {
    const { step } = this.message.header
    if (step) window.dispatchEvent(new CustomEvent(STEP, { detail: { from: this, step, part } }))
  }

  followed({ from, step, part: { view, ...own } }) {
    if (!this.root.isConnected && this.message) return window.removeEventListener(STEP, this.follow)
    if (from === this || !this.message || this.message.header.step !== step) return
    if (view?.frame !== undefined && this.playing) this.play(false)
    Object.assign(this, own)
    if (!view) this.paint()
    else {
      const last = this.message.header.frames - 1
      Object.assign(this.view, view, view.frame === undefined ? {} : { frame: Math.min(view.frame, last) })
      this.choose()
      this.refresh()
    }
  }

  pin(on) {
    this.pinned = on
    this.share({ pinned: on, view: {} })
    this.refresh()
    this.announce()
  }

  // Paint anew whenever the room for the pictures changes.
  watch(box) {
    this.resize?.disconnect()
    this.resize = new ResizeObserver(() => this.message && this.fit() && this.refresh())
    this.resize.observe(box)
  }

  // Colours and font of the page around the player.
  themed() {
    const style = getComputedStyle(this.root)
    const of = (name, otherwise) => style.getPropertyValue(`--st-${name}`) || otherwise
    return { text: style.color, font: style.fontFamily, background: of("background-color", "#fff"),
      accent: of("primary-color", "#0a7082") }
  }

  // Another way to draw; the server need not know.
  put(name, value) {
    this.display[name] = value
    this.refresh()
  }

  change(part, { settle = false } = {}) {
    Object.assign(this.view, part)
    this.share({ view: part, pinned: this.pinned })
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

  // `side()` says what pointing at this picture means: the `look` of the focus.
  listen(canvas, side = () => "out") {
    const at = (event) => tokenAt(canvas, this.message.header.grid, event)
    const point = (event) => {
      const token = at(event)
      if (this.hover?.token === token && this.hover.look === side()) return
      const begun = performance.now()
      this.hover = { token, look: side() }
      this.paint()
      this.share({ hover: this.hover })
      const painted = performance.now()
      performance.measure("sct-hover-work", { start: begun, end: painted })
      performance.measure("sct-hover", { start: event.timeStamp, end: painted })
      if (!this.pinned) this.paintRest()
    }
    canvas.onpointermove = canvas.onpointerdown = point
    canvas.onpointerleave = canvas.onpointercancel = () => {
      this.hover = null
      this.share({ hover: null })
      this.paint()
      this.paintRest()
    }
    canvas.onclick = (event) => {
      const token = at(event), look = side()
      if (this.pinned && token === this.view.token && look === (this.view.look ?? look)) return this.pin(false)
      this.pinned = true
      this.change({ token, look })
    }
    canvas.onkeydown = (event) => this.key(event, side())
    canvas.onfocus = () => this.announce()
  }

  // Arrow keys move the patch and pin it, Enter pins and unpins, Escape unpins; comma and full stop
  // move the frame, space plays.
  key(event, look) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { token, frame } = this.view, to = stepped(token, event, this.message.header.grid)
    if (to !== null) {
      this.pinned = true
      this.change({ token: to, look }, { settle: true })
    } else if (event.key === "Enter") this.pin(!this.pinned)
    else if (event.key === "Escape" && this.pinned) this.pin(false)
    else if (event.key === "," || event.key === ".") this.toFrame(frame + (event.key === "." ? 1 : -1))
    else if (event.key === " ") this.play(!this.playing)
    else return
    event.preventDefault()
    this.announce()
  }

  // For a screen reader, once the keys rest.
  announce() {
    clearTimeout(this.saying)
    this.saying = setTimeout(() => {
      this.parts.live.textContent = `${this.say()}${this.pinned ? " Pinned." : ""}`
    }, SETTLE_MS)
  }

  toFrame(frame, settle = true) {
    const bounded = Math.max(0, Math.min(this.message.header.frames - 1, frame))
    this.change({ frame: bounded }, { settle: settle && this.has(bounded) })
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
    const { absent, frames, times } = this.message.header
    const next = (this.view.frame + 1) % frames
    this.view.frame = next
    this.share({ view: { frame: next } })
    this.refresh()
    if (!this.has(next) && !absent) {
      // The clip goes on when the server has sent what it needs.
      this.tell()
      this.waiting = true
      return
    }
    this.clock = setTimeout(() => this.tick(), stay(times, next, this.display.speed))
  }
}
