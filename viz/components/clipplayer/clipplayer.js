// A clip as its video shows it: the pictures play, the part that the model sees is outlined and can be
// moved, and one overlay at a time lies over that part.

import { Surface, outline } from "../player/draw.js"
import { el, percent, segments } from "../player/dom.js"
import { sameBytes, unpack } from "../player/message.js"
import { lengthsOf, usualLength } from "../player/motion.js"
import { stay, transportOf } from "../player/transport.js"
import { boxOf, cropKeyed, cropOf, held, textOf } from "./crop.js"
import { arrows, shade } from "./overlays.js"

const SETTLE_MS = 300
const GAIN = 2 // how many times longer than true arrows are
const SHOWN = [
  { id: "none", text: "Clip", title: "Nothing over the clip" },
  { id: "answer", text: "What the answer draws on", title: "Light where the answer draws on the picture, dark where it does not" },
  { id: "motion", text: "Motion", title: "Arrows: how attention saw each patch move" },
]
const CROPS = [
  { id: "centre", text: "Middle", title: "The middle square of the picture" },
  { id: "fit", text: "All", title: "The whole picture, squeezed into a square" },
  { id: "views", text: "Several", title: "The middle and both ends; answers are the mean of the three" },
]

export class ClipPlayer {
  constructor(root) {
    this.root = root
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)")
    this.display = { speed: 0.5 }
    this.playing = false
    this.view = null
  }

  async show(bytes) {
    if (this.bytes && sameBytes(this.bytes, bytes)) return
    this.bytes = bytes
    const message = unpack(bytes), sheet = await createImageBitmap(new Blob([message.parts.sheet], { type: "image/jpeg" }))
    if (this.bytes !== bytes) return // a newer one came while the pictures were decoded
    const { view, frames } = message.header, first = !this.view
    // What was done here meanwhile is newer than what the server answers.
    this.view = first || view.edit >= this.view.edit ? { ...view } : this.view
    this.view.frame = Math.min(this.view.frame, frames - 1)
    const usual = message.parts.moved ? usualLength(lengthsOf(message.parts.moved)) : 0
    Object.assign(this, { message, sheet, usual, crop: cropOf(this.view.crop) })
    const { crops, overlays, width, height } = message.header
    const kind = JSON.stringify({ crops, overlays, width, height, frames, times: message.header.times })
    if (kind !== this.kind) this.build()
    this.kind = kind
    this.refresh()
    if (first && !this.still.matches) this.play(true)
  }

  build() {
    const { header } = this.message, { width, height, crops, overlays } = header
    this.canvas = el("canvas", { class: "film", role: "img", "aria-label": "The clip" })
    this.surface = new Surface(this.canvas)
    this.box = el("div", { class: "crop", tabindex: "0", role: "slider", "aria-label": "The part that the model sees",
      title: "The part that the model sees. Drag it, or use the arrow keys; its corner or + and − make it smaller and larger.",
      "aria-valuemin": 0, "aria-valuemax": 100 }, el("span", { class: "corner" }))
    this.screen = el("div", { class: "screen" }, this.canvas, crops && this.box)
    this.screen.style.setProperty("--aspect", width / height)
    this.transport = transportOf(this)
    this.shown = segments("Over the clip", SHOWN.filter(({ id }) => overlays.includes(id)), (id) => this.change({ overlay: id }))
    this.cut = segments("The model sees", width === height ? CROPS.slice(0, 2) : CROPS, (id) => this.change({ crop: id }))
    this.said = el("p", { class: "said", "aria-live": "polite" })
    const choices = el("div", { class: "choices" }, this.shown.group,
      crops && el("div", { class: "choice" }, el("span", { text: "Model sees" }), this.cut.group))
    this.root.replaceChildren(el("div", { class: "player" }, this.screen, this.transport.bar, choices, this.said))
    this.box.onpointerdown = (event) => this.grab(event)
    this.box.onkeydown = (event) => this.key(event)
    this.canvas.onclick = () => this.play(!this.playing)
    this.resize?.disconnect()
    this.resize = new ResizeObserver(() => this.surface.fit() && this.paint())
    this.resize.observe(this.canvas)
  }

  refresh() {
    this.transport.update()
    this.transport.scrub.value = this.view.frame
    this.shown.set(this.view.overlay)
    this.cut.set(this.view.crop)
    this.place()
    this.surface.fit()
    this.paint()
    this.say()
  }

  // Where the outline is; a crop of the whole picture cannot be moved.
  place() {
    const { width, height } = this.message.header, { left, top, width: w, height: h } = boxOf(this.crop, width, height)
    Object.assign(this.box.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${w * 100}%`, height: `${h * 100}%` })
    this.box.classList.toggle("all", this.crop.fit)
    this.box.classList.toggle("several", this.view.crop === "views")
    this.box.setAttribute("aria-valuenow", Math.round(this.crop.x * 100))
    this.box.setAttribute("aria-valuetext", this.crop.fit ? "the whole picture"
      : `middle ${percent(this.crop.x)} from the left and ${percent(this.crop.y)} from the top, side ${percent(this.crop.side)}`)
  }

  paint() {
    const { surface, sheet } = this, { ctx, width, height } = surface, { header, parts } = this.message, { frame, overlay } = this.view
    const { across, frames } = header, wide = sheet.width / across, tall = sheet.height / Math.ceil(frames / across)
    ctx.setTransform(surface.ratio, 0, 0, surface.ratio, 0, 0)
    ctx.imageSmoothingQuality = "high"
    ctx.drawImage(sheet, (frame % across) * wide, Math.floor(frame / across) * tall, wide, tall, 0, 0, width, height)
    if (this.dragged) return // what lies over it is of the part that the model saw before
    const box = boxOf(this.crop, header.width, header.height)
    const inside = { x: box.left * width, y: box.top * height, width: box.width * width, height: box.height * height }
    const grid = (part) => part.shape[1], own = (part, each) => part.subarray(frame * each, (frame + 1) * each)
    if (overlay === "answer") shade(ctx, own(parts.lit, grid(parts.lit) ** 2), grid(parts.lit), inside)
    if (overlay === "motion" && parts.moved && frame > 0) {
      const size = grid(parts.moved), look = { grid: size, side: header.side, usual: this.usual, gain: GAIN }
      arrows(ctx, own(parts.moved, 2 * size ** 2), look, inside)
    }
    if (this.view.crop === "views") {
      for (const text of header.views) {
        const at = boxOf(cropOf(text), header.width, header.height)
        outline(ctx, at.left * width, at.top * height, at.width * width, at.height * height, { color: "#fff", width: 1.5, dash: [5, 4], inset: 2 })
      }
    }
  }

  say() {
    const { said, shares } = this.message.header, { overlay, frame } = this.view
    const share = overlay === "answer" && shares.length ? ` This frame has ${percent(shares[frame])} of the answer’s attention.` : ""
    const none = overlay === "motion" && frame === 0 ? " The first frame has none before it." : ""
    const text = `${said[overlay] ?? ""}${share}${none}`
    if (this.said.textContent !== text) this.said.textContent = text
  }

  grab(event) {
    if (event.button !== 0 || this.crop.fit) return
    event.preventDefault()
    this.box.focus()
    this.play(false)
    const { width, height } = this.message.header, stretches = event.target !== this.box
    const area = this.screen.getBoundingClientRect(), was = held(this.crop, width, height), from = [event.clientX, event.clientY]
    const edge = boxOf(was, width, height), unit = Math.min(width, height)
    const move = (moved) => {
      const dx = (moved.clientX - from[0]) / area.width, dy = (moved.clientY - from[1]) / area.height
      this.dragged = true
      if (stretches) {
        // The corner follows the hand, the opposite one stays.
        const room = Math.min((1 - edge.left) * width, (1 - edge.top) * height) / unit
        const side = Math.max(0.25, Math.min(room, was.side + Math.max(dx * width, dy * height) / unit))
        this.crop = held({ x: edge.left + (side * unit) / width / 2, y: edge.top + (side * unit) / height / 2, side }, width, height)
      } else this.crop = held({ ...was, x: was.x + dx, y: was.y + dy }, width, height)
      this.place()
      this.paint()
    }
    const end = () => {
      window.removeEventListener("pointermove", move)
      for (const name of ["pointerup", "pointercancel"]) window.removeEventListener(name, end)
      if (!this.dragged) return
      this.dragged = false
      this.change({ crop: textOf(this.crop) })
    }
    window.addEventListener("pointermove", move)
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, end)
  }

  key(event) {
    const { width, height } = this.message.header, to = this.crop.fit ? null : cropKeyed(event, this.crop)
    if (!to) return
    event.preventDefault()
    this.crop = held(to, width, height)
    this.change({ crop: textOf(this.crop) }, true)
  }

  change(part, settle = false) {
    Object.assign(this.view, part)
    if (part.crop) this.crop = cropOf(part.crop)
    this.refresh()
    this.tell(settle)
  }

  tell(settle) {
    clearTimeout(this.telling)
    this.view.edit += 1
    const now = () => this.send({ ...this.view })
    if (settle) this.telling = setTimeout(now, SETTLE_MS)
    else now()
  }

  toFrame(frame) {
    this.play(false, false)
    this.change({ frame: Math.max(0, Math.min(this.message.header.frames - 1, frame)) }, true)
  }

  play(on, tells = true) {
    clearTimeout(this.clock)
    const was = this.playing
    this.playing = on && this.message.header.frames > 1
    if (this.playing) this.clock = setTimeout(() => this.tick(), stay(this.message.header.times, this.view.frame, this.display.speed))
    else if (was && tells) this.tell(true)
    this.transport.update()
  }

  tick() {
    if (!this.root.isConnected || !this.playing) return
    const { frames, times } = this.message.header
    this.view.frame = (this.view.frame + 1) % frames
    this.transport.update()
    this.transport.scrub.value = this.view.frame
    this.paint()
    if (this.view.overlay !== "none") this.say()
    this.clock = setTimeout(() => this.tick(), stay(times, this.view.frame, this.display.speed))
  }
}
