// Lesson 4: guess where the map over the frame before will fall, then look.

import { ARROW, TRUTH, gridLines, heat, outline, outlineCell, tag, underMap } from "../player/draw.js"
import { button, el, percent, segments, slider } from "../player/dom.js"
import { Attention, strongest } from "../player/maps.js"
import { patchName } from "../player/pointing.js"
import { Demo, captioned, captions, componentOf, mark, showValue } from "./demo.js"

const ROOM = 44 // pixels of a patch that a word fits into

class Shifted extends Demo {
  take(message) {
    this.attention = new Attention(message)
    // A guess of another model's grid, or none at all.
    if (!(this.view.guess < message.header.grid ** 2)) this.view.guess = -1
    this.view.look ??= 0
  }

  build() {
    const { header } = this.message
    this.asked = this.hit = 0
    this.left = this.board("left", "The frame before: mark your guess.", (token, done) => {
      if (this.view.look) return
      this.view.guess = token
      this.refresh()
      if (done) this.tell()
    })
    this.right = this.board("right", "The current frame: choose a patch.", (token, done) => {
      this.token = token
      this.again()
      if (done) this.tell()
    })
    this.titles = captions(2)
    this.look = button({ class: "go", text: "Look", onclick: () => this.reveal() })
    this.next = button({ class: "plain", text: "Another patch", onclick: () => this.another() })
    this.frames = slider("Frame", { min: 1, max: header.frames - 1, step: 1, value: this.view.frame, show: String }, (frame) => this.change({ frame }))
    this.frames.hidden = header.frames < 3
    this.heads = segments("Head", this.choices().map(({ id, text }) => ({ id, text })), (head) => this.change({ head }))
    this.verdict = el("p", { class: "verdict", role: "status" })
    const sign = (name, text) => el("span", {}, el("i", { class: name }), text)
    const key = el("p", { class: "signs" }, sign("own", "the patch"), sign("guess", "your guess"), sign("true", "where its content was"))
    this.score = el("p", { class: "quiet" })
    return [el("div", { class: "controls" }, this.frames, this.heads.group),
      el("div", { class: "split even" }, captioned(this.titles[0], this.left), captioned(this.titles[1], this.right)), key,
      el("div", { class: "controls" }, this.look, this.next, this.score), this.verdict]
  }

  surfaces() {
    return [this.left.surface, this.right.surface]
  }

  choices() {
    const { header } = this.message, all = header.headNames.map((name, h) => ({ id: String(h), heads: [h], text: name.text }))
    const mean = { id: "mean", heads: all.map((c) => c.heads[0]), text: "mean of all" }
    if (!header.grounded.length) return [mean, ...all]
    return [{ id: "grounded", heads: header.grounded, text: "◆ mean" }, mean, ...all]
  }

  get choice() {
    const all = this.choices()
    return { how: "mean", ...(all.find((c) => c.id === this.view.head) ?? all[0]) }
  }

  // Whatever is changed, it is another question.
  change(part) {
    super.change({ ...part, guess: -1, look: 0 })
  }

  again() {
    Object.assign(this.view, { guess: -1, look: 0 })
    this.refresh()
  }

  // A patch whose source is known and has moved, another one each time.
  another() {
    const { header, parts } = this.message, n = header.grid ** 2, from = (header.group[0] * header.frames + this.view.frame) * n
    const good = Array.from({ length: n }, (_, t) => t).filter((t) => parts.known[from + t] && t !== this.token)
    const all = good.length ? good : Array.from({ length: n }, (_, t) => t)
    this.token = all[(this.token * 7 + 11) % all.length]
    this.change()
  }

  // Where the content of the picked patch really was, in patches; null where nobody knows.
  source() {
    const { header, parts } = this.message, { frame, row, column } = this.view, group = header.group[this.choice.heads[0]]
    const at = (group * header.frames + frame) * header.grid ** 2 + this.token
    if (header.kind_of[group][frame] === "none" || !parts.known[at]) return null
    return [row - parts.motion[2 * at] / header.patch, column - parts.motion[2 * at + 1] / header.patch]
  }

  found() {
    const maps = this.attention.maps(this.view.frame, this.choice, this.token), at = this.attention.at(this.token)
    const [best] = strongest(maps.previous, 1)
    return { ...maps, at, peak: best === undefined ? null : this.attention.token(at, best), weight: best === undefined ? 0 : maps.previous[best] }
  }

  off(token) {
    const { grid } = this.message.header, { guess } = this.view
    return Math.max(Math.abs(Math.floor(guess / grid) - Math.floor(token / grid)), Math.abs((guess % grid) - (token % grid)))
  }

  reveal() {
    const { peak } = this.found()
    this.view.look = 1
    if (peak !== null) {
      this.asked += 1
      this.hit += this.off(peak) <= 1
    }
    this.refresh()
    this.tell()
  }

  draw() {
    const { header, parts } = this.message, { view, attention, choice } = this, { grid } = header
    const found = this.found(), before = attention.keyFrame(view.frame, choice), source = this.source()
    this.left.token = view.guess < 0 ? this.token : view.guess
    this.right.token = this.token
    showValue(this.frames, view.frame, String(view.frame))
    this.heads.set(choice.id)
    this.titles[0].textContent = `Frame ${before}, the one before`
    this.titles[1].textContent = `Frame ${view.frame}, the current one`
    const top = Math.max(...found.previous, ...found.current)
    for (const [board, frame, weights] of [[this.left, before, found.previous], [this.right, view.frame, found.current]]) {
      const { surface } = board
      underMap(surface, this.pictures, frame, view.look ? 0.85 : 0)
      if (view.look) heat(surface, grid, Array.from(weights, (w, i) => [attention.token(found.at, i), w]), { top, threshold: 0, opacity: 0.85, lut: parts.colours })
      gridLines(surface, grid, header.window < grid ? header.window : 0)
      if (header.window < grid) outlineCell(surface.ctx, surface.cell(grid, found.at.top * grid + found.at.left), { color: "#fff", width: 1.6 }, header.window)
    }
    // Before the guess it would be taken for the answer, since what is dashed is where the content was.
    if (view.look) mark(this.left.surface, grid, this.token, { width: 1.4, inset: 1.5 })
    mark(this.right.surface, grid, this.token, { width: 2.8, inset: 1.5 })
    const { ctx } = this.left.surface
    if (view.guess >= 0) {
      const { x, y, s } = mark(this.left.surface, grid, view.guess, { color: ARROW, width: 2.8, inset: 1.5 })
      if (s > ROOM) tag(ctx, x + s / 2, y + s * 0.2, "your guess")
    }
    if (view.look && source) {
      const s = this.left.surface.width / grid
      outline(ctx, source[1] * s, source[0] * s, s, s, { color: TRUTH, width: 2, dash: [6, 3] })
      if (s > ROOM) tag(ctx, (source[1] + 0.5) * s, (source[0] + 0.8) * s, header.kind_of[0].includes("truth") ? "truth" : "flow")
    }
    this.look.disabled = view.guess < 0 || view.look
    this.next.hidden = !view.look
    this.score.textContent = this.asked ? `Within one patch of the peak: ${this.hit} of ${this.asked} guesses` : ""
    this.verdict.textContent = this.words(found, source)
  }

  words(found, source) {
    const { grid, kind_of } = this.message.header, { view } = this
    if (view.guess < 0) return "Where was the content of the marked patch one frame earlier? Mark the place in the left picture."
    if (!view.look) return "Now press Look."
    if (found.peak === null) return "This map is even: it points nowhere, so no guess can be right or wrong."
    const off = this.off(found.peak), most = `The map is strongest at ${patchName(found.peak, grid)} (${percent(found.weight)} of its weight)`
    const guess = off === 0 ? "exactly where you guessed" : off === 1 ? "one patch from your guess" : `${off} patches from your guess`
    const known = kind_of[0].includes("truth") ? "The content really came from" : "Optical flow, an estimate, says that the content came from"
    const truth = source ? ` ${known} row ${source[0].toFixed(1)}, column ${source[1].toFixed(1)}.` : " Where the content came from cannot be told: it was covered, out of the chunk, or too even."
    return `${most}, ${guess}.${truth}`
  }

  say() {
    return this.verdict.textContent
  }
}

export default componentOf(Shifted)
