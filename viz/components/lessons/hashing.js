// Lesson 3: turn the random plane and watch buckets form, be sorted, be cut, and attend.

import { Surface, cellsInRow, cuts, dim, dot, heat, outline, tint, underMap } from "../player/draw.js"
import { button, caption, el, percent, segments, slider } from "../player/dom.js"
import { patchName, stepOf } from "../player/pointing.js"
import { Demo, captioned, captions, componentOf, mark, showValue, still } from "./demo.js"
import { Turned } from "./turned.js"

class Hashed extends Demo {
  take() {
    this.models = new Map()
  }

  get model() {
    const { head } = this.view
    if (!this.models.has(head)) this.models.set(head, new Turned(this.message, head))
    return this.models.get(head)
  }

  get lines() {
    return this.view.lines || this.message.header.directions
  }

  build() {
    const { directions } = this.message.header
    this.buckets = this.board("left", "Buckets.")
    this.seen = this.board("right", "Whom the patch attends to.")
    this.plane = new Surface(el("canvas", { class: "frame plane", tabindex: "0", role: "slider", "aria-label": "The random plane: drag it round, or turn it by the arrow keys", "aria-valuemin": "0", "aria-valuemax": "359" }))
    this.strip = still("bars strip", "All patches in sorted order, cut into pieces")
    this.heads = this.headButtons()
    const counts = [1, 2, 4, 8, 16, 32].filter((m) => m < directions).concat(directions)
    this.counts = segments("Buckets", counts.map((m) => ({ id: m === directions ? 0 : m, text: `${2 * m} buckets` })), (id) => this.change({ lines: +id }))
    this.turn = slider("Turn the plane", { min: 0, max: 359, step: 1, value: this.view.turn, show: (v) => `${v}°` }, (turn) => this.change({ turn }))
    this.asModel = button({ class: "plain", text: "As the model", onclick: () => this.change({ turn: 0, lines: 0 }) })
    this.listen()
    this.titles = captions(3)
    this.note = el("p", { class: "quiet" })
    this.verdict = el("p", { class: "verdict" })
    const pictures = [this.plane, this.buckets, this.seen].map((each, i) => captioned(this.titles[i], each))
    return [el("div", { class: "controls" }, this.heads.group, this.counts.group, this.turn, this.asModel),
      el("div", { class: "thirds pics" }, ...pictures),
      captioned(caption("Sorted by bucket, cut into pieces"), this.strip, this.note), this.verdict]
  }

  // The plane itself can be taken hold of and turned.
  listen() {
    const { canvas } = this.plane
    const angle = (event) => {
      const box = canvas.getBoundingClientRect()
      return (Math.atan2(event.clientY - box.top - box.height / 2, event.clientX - box.left - box.width / 2) * 180) / Math.PI
    }
    const round = (v) => ((Math.round(v) % 360) + 360) % 360
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId)
      this.held = { from: angle(event), turn: this.view.turn }
    }
    canvas.onpointermove = (event) => {
      if (this.held) this.change({ turn: round(this.held.turn + angle(event) - this.held.from) })
    }
    canvas.onpointerup = canvas.onpointercancel = () => { this.held = null }
    canvas.onkeydown = (event) => {
      const step = stepOf(event)
      if (!step) return
      event.preventDefault()
      this.change({ turn: round(this.view.turn + 5 * (step[1] - step[0])) })
    }
  }

  surfaces() {
    return [this.buckets.surface, this.seen.surface, this.plane, this.strip]
  }

  draw() {
    const { header, parts } = this.message, { grid } = header, { model, token, view, lines } = this
    const it = model.hash(view.turn, lines), own = it.chunk[token], reached = model.reach[own]
    const weights = model.attended(it, token), recall = model.recall(it)
    const colour = (t, alpha = 1) => `rgb(${parts.palette.subarray(it.ids[t] * 3, it.ids[t] * 3 + 3).join(" ")} / ${alpha})`
    this.buckets.token = this.seen.token = token
    this.heads.set(view.head)
    this.counts.set(view.lines)
    showValue(this.turn, view.turn, `${view.turn}°`)
    this.plane.canvas.setAttribute("aria-valuenow", view.turn)
    const members = it.ids.filter((id) => id === it.ids[token]).length
    this.titles[0].textContent = "Two of the random directions: drag to turn"
    this.titles[1].textContent = `Its bucket, ${it.ids[token]} of ${2 * lines}: ${members} patches`
    this.titles[2].textContent = `Whom ${patchName(token, grid)} attends to`
    this.scatter(it, colour)
    const { surface } = this.buckets
    underMap(surface, this.pictures, 0, 1)
    tint(surface, grid, (t) => colour(t, it.ids[t] === it.ids[token] ? 0.9 : 0.45))
    const other = this.seen.surface
    underMap(other, this.pictures, 0, 0.85)
    dim(other, grid, (t) => model.reaches(it, token, t), 0.9)
    heat(other, grid, Array.from(weights, (w, t) => [t, w]), { top: Math.max(...weights), threshold: 0, opacity: 0.85, lut: parts.colours })
    for (const each of [surface, other]) mark(each, grid, token, { width: 2.4 })
    this.sorted(it, colour, reached)
    const visible = reached.length * model.size, pairs = visible / model.n
    this.note.textContent = model.chunks > 1
      ? `The patch is number ${it.place[token]} of the sorted row, so in piece ${own}. It may look at pieces ${reached.join(" and ")}, which are framed: ${visible} of ${model.n} patches.`
      : `All ${model.n} patches fit into one piece, so nothing is lost.`
    const unturned = view.turn === 0 && view.lines === 0 ? " This is the model’s own hash." : ""
    this.verdict.textContent = pairs === 1 ? `Recall: ${percent(recall)} of this head’s exact attention is kept.${unturned}`
      : `Recall: ${percent(recall)} of this head’s exact attention is kept, the rest is lost. Compared were ${percent(pairs)} of the pairs: a head that looks everywhere alike would keep as much, and this one keeps ${(recall / pairs).toFixed(1)} times that.${unturned}`
  }

  scatter(it, colour) {
    const { ctx, width } = this.plane, c = width / 2, { directions } = this.model, { colors, lines, token } = this
    let most = 1e-6
    for (const p of it.points) most = Math.max(most, Math.hypot(p[0], directions > 1 ? p[1] : 0))
    const k = (c - 8) / most, at = (p) => [c + p[0] * k, c + (directions > 1 ? p[1] : 0) * k]
    ctx.strokeStyle = "#8a94a3"
    ctx.lineWidth = 1
    const turn = (this.view.turn * Math.PI) / 180
    ctx.beginPath()
    // The borders between buckets: where the largest of [xR; −xR] changes hands; of one direction, zero.
    for (const a of lines === 1 ? [Math.PI / 2] : [Math.PI / 4, -Math.PI / 4]) {
      ctx.moveTo(c - Math.cos(a) * c, c - Math.sin(a) * c)
      ctx.lineTo(c + Math.cos(a) * c, c + Math.sin(a) * c)
    }
    if (lines <= 2) ctx.stroke()
    it.points.forEach((p, t) => {
      dot(ctx, ...at(p), 2.6, colour(t, 0.85))
    })
    const [x, y] = at(it.points[token])
    ctx.strokeStyle = colors.text
    ctx.lineWidth = 2
    ctx.beginPath()
    ctx.arc(x, y, 6, 0, 7)
    ctx.stroke()
    // A handle that shows how far the plane was turned.
    dot(ctx, c + Math.cos(turn) * (c - 7), c + Math.sin(turn) * (c - 7), 6, colors.accent)
  }

  // The sorted row, cut into chunks; those that the patch reaches are framed, its own in another colour.
  sorted(it, colour, reached) {
    const { ctx, width, height } = this.strip, { n, chunks } = this.model, w = width / chunks, high = height - 12
    cellsInRow(ctx, n, (i) => colour(it.order[i]), [0, 6, width, high])
    cuts(ctx, chunks, [6, width, high], 2, this.colors.background)
    reached.forEach((chunk, i) => {
      const color = i === reached.length - 1 ? this.colors.accent : this.colors.text
      outline(ctx, chunk * w + 1, 3, w - 2, high + 6, { color, width: 2 })
    })
  }

  say() {
    return this.verdict.textContent
  }
}

export default componentOf(Hashed)
