// Lesson 2: a query inside its chunk: scores, softmax with a temperature, the weighted sum of values.

import { dot, gridLines, heat, level } from "../player/draw.js"
import { button, caption, el, percent, slider } from "../player/dom.js"
import { patchName } from "../player/pointing.js"
import { Demo, barsIn, captioned, captions, componentOf, mark, showValue, signedNumber, squareOf, still, tokenIn } from "./demo.js"

// All that follows from a query: {scores, weights, out, mean, best, spread}. Temperature 1 is the model's.
export function attendWithin({ header, parts }, { chunk, place, head }, temperature) {
  const { channels, heads, chunk: side } = header, n = side * side
  const from = (chunk * heads + head) * n * channels
  const row = (values, i) => values.subarray(from + i * channels, from + (i + 1) * channels)
  const q = row(parts.q, place), scores = Array.from({ length: n }, (_, i) => {
    const k = row(parts.k, i)
    let sum = 0
    for (let c = 0; c < channels; c++) sum += q[c] * k[c]
    return sum / Math.sqrt(channels)
  })
  const most = Math.max(...scores), grown = scores.map((s) => Math.exp((s - most) / temperature))
  const total = grown.reduce((a, b) => a + b, 0), weights = grown.map((g) => g / total)
  const sum = (by) => Array.from({ length: channels }, (_, c) => by.reduce((a, w, i) => a + w * row(parts.v, i)[c], 0))
  const best = scores.indexOf(most)
  // As many patches as share the weight evenly at the same entropy.
  const spread = Math.exp(-weights.reduce((a, w) => a + (w > 0 ? w * Math.log(w) : 0), 0))
  return { scores, weights, best, spread, query: Array.from(q), key: Array.from(row(parts.k, best)), out: sum(weights), mean: sum(weights.map(() => 1 / n)), top: Array.from(row(parts.v, best)) }
}

const OWN = "#b0458f", BEST = "#d9622b"

class Inside extends Demo {
  build() {
    this.frame = this.board("left", "The frame: drag the query.")
    this.near = still("frame close", "Weights inside the chunk")
    this.heads = this.headButtons()
    this.heat = slider("Temperature τ", { min: -10, max: 10, step: 1, value: this.view.heat, show: shown }, (heat) => this.change({ heat }))
    this.asModel = button({ class: "plain", text: "τ = 1, as the model", onclick: () => this.change({ heat: 0 }) })
    this.rows = ["Query and key", "Scores", "Weights", "Weighted sum"].map((name, i) => {
      const surface = still("bars", name), text = el("p", { class: "quiet" })
      return { surface, text, box: captioned(caption(`${i + 1} ${name}`), surface, text) }
    })
    this.titles = captions(2)
    return [el("div", { class: "controls" }, this.heads.group, this.heat, this.asModel),
      el("div", { class: "split even" }, captioned(this.titles[0], this.frame), captioned(this.titles[1], this.near)),
      el("div", { class: "fours" }, ...this.rows.map((r) => r.box))]
  }

  surfaces() {
    return [this.frame.surface, this.near, ...this.rows.map((r) => r.surface)]
  }

  draw() {
    const { header } = this.message, { grid, chunk: side } = header, { view, token, colors } = this
    const at = squareOf(token, grid, side)
    const it = attendWithin(this.message, { ...at, head: view.head }, 10 ** (view.heat / 10))
    const name = (place) => patchName(tokenIn(at, place, grid, side), grid)
    this.frame.token = token
    this.heads.set(view.head)
    showValue(this.heat, view.heat, shown(view.heat))
    this.titles[0].textContent = `Query: ${patchName(token, grid)}`
    this.titles[1].textContent = "Its chunk: the more weight, the lighter"
    this.frameOn(this.frame, at)
    this.chunkClose(at, it)
    mark(this.near, side, at.place, { width: 2.6, inset: 1 })
    const lit = (i) => (i === at.place ? OWN : i === it.best ? BEST : colors.accent)
    const span = Math.max(...it.scores.map(Math.abs), 1e-6)
    this.compare(this.rows[0].surface, it.query, it.key, [])
    barsIn(this.rows[1].surface, it.scores, { top: span, low: -span, paint: lit })
    barsIn(this.rows[2].surface, it.weights, { top: Math.max(...it.weights), paint: lit })
    const even = 1 / it.weights.length, shares = this.rows[2].surface
    level(shares.ctx, shares.height * (1 - even / Math.max(...it.weights)), shares.width, colors.text)
    this.compare(this.rows[3].surface, it.out, it.top, it.mean)
    const n = it.scores.length, product = it.scores[it.best] * Math.sqrt(header.channels)
    this.rows[0].text.textContent = `The query’s ${header.channels} numbers as bars; dots are those of the key that it meets best, of ${name(it.best)}. Each bar times its dot, added up: q·k = ${signedNumber(product)}.`
    this.rows[1].text.textContent = `q·k / √${header.channels}, one for each of the ${n} patches of the chunk. The highest is ${signedNumber(it.scores[it.best])} (orange); the query’s own patch is purple.`
    this.rows[2].text.textContent = `Softmax of the scores over τ = ${shown(view.heat)}: they sum to 1. The largest is ${percent(it.weights[it.best])}; dashed is even, ${percent(even)}. As spread out as ${it.spread.toFixed(1)} equal patches.`
    this.rows[3].text.textContent = `${header.channels} numbers: the values of all patches, each times its weight. Dots are the value of the strongest patch alone, dashes the plain mean of all.`
  }

  chunkClose({ top, left }, it) {
    const { grid, chunk } = this.message.header, { near } = this
    near.ctx.save()
    near.ctx.scale(grid / chunk, grid / chunk)
    near.ctx.translate((-left / grid) * near.width, (-top / grid) * near.width)
    this.pictures.paint(near.ctx, 0, near.width, true)
    near.ctx.restore()
    const most = Math.max(...it.weights)
    heat(near, chunk, it.weights.map((w, i) => [i, w]), { top: most, threshold: 0, opacity: 0.85, lut: this.message.parts.colours })
    gridLines(near, chunk, 0)
  }

  // Numbers as bars, and on them others as dots and as dashes.
  compare(surface, bars, dots, marks) {
    const { ctx, width, height } = surface, w = width / bars.length
    const span = Math.max(...[...bars, ...dots, ...marks].map(Math.abs), 1e-6)
    barsIn(surface, bars, { top: span, low: -span, paint: () => this.colors.accent })
    const y = (v) => height / 2 - (v / span) * (height / 2 - 3)
    ctx.fillStyle = this.colors.text
    marks.forEach((v, i) => ctx.fillRect(i * w + 1, y(v) - 1, w - 3, 2))
    dots.forEach((v, i) => dot(ctx, i * w + w / 2, y(v), 3, BEST))
  }

  say() {
    return this.rows[2].text.textContent
  }
}

const shown = (heat) => {
  const t = 10 ** (heat / 10)
  return t < 1 ? t.toFixed(2) : t.toFixed(1)
}

export default componentOf(Inside)
