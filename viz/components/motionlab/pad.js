// The pad: a frame to draw a path on, by mouse, by touch, or by keys.

import { button, el } from "../player/dom.js"
import { stepOf } from "../player/pointing.js"
import { extended, placesOf, resample } from "./path.js"

const SENT = 24 // points of a path; more than a clip has frames
const STEP = 5 // hundredths of the frame that an arrow key moves the pencil by
const KEYS = "Arrow keys move the pencil, Enter sets a point, Backspace takes the last one back."

export class Pad {
  // `done(path)` is called with each path of two points or more.
  constructor(done) {
    this.done = done
    this.path = []
    this.pencil = [50, 50]
    this.canvas = el("canvas", { class: "pad", tabindex: "0", role: "application",
      "aria-label": `Path, drawn with the pointer or by keys. ${KEYS}` })
    this.canvas.onpointerdown = (event) => this.begin(event)
    this.canvas.onpointermove = (event) => this.drawing && this.add(this.at(event))
    this.canvas.onpointerup = this.canvas.onpointercancel = () => this.end()
    this.canvas.onkeydown = (event) => this.key(event)
    this.canvas.onfocus = this.canvas.onblur = () => this.paint()
    this.said = el("p", { class: "quiet", role: "status" })
    const clear = button({ class: "plain", text: "Start over", onclick: () => this.clear() })
    this.box = el("div", { class: "padbox" }, this.canvas, el("div", { class: "row" }, this.said, clear))
    new ResizeObserver(() => this.paint()).observe(this.canvas)
  }

  show(path, picture, limits) {
    this.limits = limits
    if (!this.drawing && path.length) this.path = path
    if (picture && picture !== this.picture) {
      this.picture = picture
      this.image = new Image()
      this.image.onload = () => this.paint()
      this.image.src = picture
    }
    this.paint()
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect()
    return [((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100]
  }

  begin(event) {
    if (event.button) return
    this.canvas.setPointerCapture(event.pointerId)
    this.drawing = true
    this.path = []
    this.add(this.at(event))
    event.preventDefault()
    this.canvas.focus({ preventScroll: true })
  }

  add(point) {
    this.path = extended(this.path, point, this.limits)
    this.paint()
  }

  end() {
    if (!this.drawing) return
    this.drawing = false
    this.tell()
  }

  tell() {
    const path = resample(this.path, SENT)
    if (path.length >= this.limits.points[0]) this.done(path)
    this.paint()
  }

  clear() {
    this.path = []
    this.paint()
    this.canvas.focus()
  }

  key(event) {
    const step = stepOf(event), [low, high] = this.limits.places
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (step) this.pencil = this.pencil.map((v, i) => Math.max(low, Math.min(high, v + STEP * step[1 - i])))
    else if (event.key === "Enter" || event.key === " ") {
      if (this.path.length < SENT) this.path = extended(this.path, this.pencil, this.limits)
      this.tell()
    } else if (event.key === "Backspace") {
      this.path = this.path.slice(0, -1)
      this.tell()
    } else return
    event.preventDefault()
    this.paint()
  }

  words() {
    const { path, pencil } = this, focused = this.canvas.matches(":focus-visible")
    const where = focused ? ` Pencil at ${pencil[0]}, ${pencil[1]}.` : ""
    if (path.length < 2) return `${path.length ? "One more point is needed." : "Draw on the picture: press, move, let go."}${where}`
    return `One dot for each of the ${this.limits.frames} frames.${where}`
  }

  paint() {
    const { canvas, path } = this, width = canvas.clientWidth
    if (!width || !this.limits) return
    const ratio = window.devicePixelRatio || 1, side = Math.round(width * ratio)
    if (canvas.width !== side) canvas.width = canvas.height = side
    const ctx = canvas.getContext("2d"), s = side / 100
    ctx.fillStyle = "#15191e"
    ctx.fillRect(0, 0, side, side)
    ctx.globalAlpha = 0.75
    if (this.image?.complete && this.image.naturalWidth) ctx.drawImage(this.image, 0, 0, side, side)
    ctx.globalAlpha = 1
    ctx.lineJoin = ctx.lineCap = "round"
    for (const [style, wide] of [["#15191e", 5], ["#19e3ff", 2.5]]) {
      ctx.strokeStyle = ctx.fillStyle = style
      ctx.lineWidth = wide * ratio
      ctx.beginPath()
      path.forEach(([x, y], i) => (i ? ctx.lineTo(x * s, y * s) : ctx.moveTo(x * s, y * s)))
      ctx.stroke()
      for (const [x, y] of path.length > 1 ? placesOf(path, this.limits.frames) : path) {
        ctx.beginPath()
        ctx.arc(x * s, y * s, (wide + 1.5) * ratio, 0, 2 * Math.PI)
        ctx.fill()
      }
    }
    if (path.length > 1) this.head(ctx, s, ratio)
    if (canvas.matches(":focus-visible")) {
      const [x, y] = this.pencil.map((v) => v * s), r = 8 * ratio
      ctx.strokeStyle = "#fff"
      ctx.lineWidth = 2 * ratio
      ctx.strokeRect(x - r, y - r, 2 * r, 2 * r)
    }
    const words = this.words()
    if (this.said.textContent !== words) this.said.textContent = words
  }

  // The end of the path as the head of an arrow.
  head(ctx, s, ratio) {
    const [to, from] = [this.path[this.path.length - 1], placesOf(this.path, 30)[27]]
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]), r = 12 * ratio
    ctx.fillStyle = "#19e3ff"
    ctx.beginPath()
    for (const turn of [0, 2.5, -2.5]) ctx.lineTo(to[0] * s + r * Math.cos(angle + turn), to[1] * s + r * Math.sin(angle + turn))
    ctx.fill()
  }
}
