// The algorithm step by step, on the patch in focus and with its real numbers: rotate, argmax, sort,
// cut, attend. Each step is a small picture and the sentence that says the same.

import { colourOf } from "./bucketsmode.js"
import { Surface, cellsInRow, cuts, dot, level, outline } from "./draw.js"
import { caption, el, percent } from "./dom.js"
import { patchName } from "./pointing.js"

const PLUS = "#3b8fd6", MINUS = "#e0733a" // told apart by side or place too, never by colour alone

export function buildSteps() {
  const title = caption()
  const steps = [["Rotate", rotate], ["Argmax", argmax], ["Sort", sort], ["Cut", cut], ["Attend", attend]].map(([name, draw]) => {
    const canvas = el("canvas", { class: "step", "aria-hidden": "true" }), text = el("p")
    return { item: el("li", {}, el("b", { text: name }), canvas, text), text, draw, surface: new Surface(canvas) }
  })
  const list = el("ol", { class: "path", role: "list" }, ...steps.map((s) => s.item))
  const box = el("section", { class: "steps", "aria-label": "The algorithm step by step" }, title, list)
  const update = (p) => {
    box.hidden = !p.found
    if (!p.found) return
    const it = facts(p), { view } = p
    title.textContent = `Step by step: how ${patchName(it.token, it.model.grid)} found its partners · frame ${view.frame}, head ${view.head}, round ${it.round}`
    for (const step of steps) {
      step.surface.clear()
      const said = step.draw(p, it, step.surface)
      if (step.text.textContent !== said) step.text.textContent = said
    }
  }
  return { box, update, surfaces: steps.map((s) => s.surface) }
}

// What all steps speak of.
function facts(p) {
  const { model, found, view } = p, head = p.choice.heads[0], round = Math.max(view.round, 0), { token } = p.focus
  const { path, weights, sight, ids } = found, order = model.orderOf(view.frame, head, round)
  const seen = Array.from(sight.keys()).filter((t) => sight[t] > 0)
  return { model, path, weights, ids, order, head, round, token, seen: seen.length, many: model.chunks > 1,
    mates: seen.filter((t) => ids[t] === path.bucket).length,
    colour: (t) => colourOf(p.message.parts.palette, ids[t]),
    x: model.vector(view.frame, head, token), turned: model.projections(view.frame, head, round, token) }
}

// Rows of R beside the numbers of x that they are weighted by; below each column its sum, xR.
function rotate(p, { model, x, turned, many, head, round }, { ctx, width, height }) {
  const d = x.length, half = turned.length / 2, left = width * 0.3, bottom = height * 0.34
  const top = height - bottom - 6, row = top / d, wide = (width - left - 6) / half
  bars(ctx, x, (i) => [0, i * row, left, Math.max(row - 0.6, 0.8)], true)
  if (!many) return `x has ${d} numbers (${few(x)}). All ${model.tokens} patches fit into one piece, so nothing needs to be rotated.`
  const most = 2.5
  for (let c = 0; c < d; c++) {
    for (let i = 0; i < half; i++) {
      const v = model.rotation[((head * d + c) * model.rounds + round) * half + i]
      ctx.globalAlpha = Math.min(Math.abs(v) / most, 1)
      ctx.fillStyle = v < 0 ? MINUS : PLUS
      ctx.fillRect(left + 6 + i * wide, c * row, wide, row)
    }
  }
  ctx.globalAlpha = 1
  const sums = turned.subarray(0, half)
  bars(ctx, sums, (i) => [left + 6 + i * wide, height - bottom, wide - 0.6, bottom], false)
  label(p, ctx, "x", left / 2 - 3, top + 14)
  label(p, ctx, "xR", left - 14, height - bottom / 2 + 4)
  return `x, ${d} numbers (${few(x)}), times the random R makes ${half} numbers, xR (${few(sums)}).`
}

// All of [xR; −xR] about zero, the largest marked.
function argmax(p, { turned, path, many }, { ctx, width, height }) {
  if (!many) return "One bucket holds all patches."
  const n = turned.length, gap = 8, wide = (width - gap) / n, half = n / 2, body = height - 32
  const at = (i) => [i * wide + (i < half ? 0 : gap), 14, Math.max(wide - 0.8, 0.8), body]
  bars(ctx, turned, at, false, (i) => (i === path.bucket ? p.colors.accent : null))
  const [x, , w] = at(path.bucket), most = signed(turned[path.bucket])
  label(p, ctx, most, Math.min(Math.max(x + w / 2 - 14, 0), width - 32), 10, true)
  label(p, ctx, "xR", (half * wide) / 2 - 8, height - 5)
  label(p, ctx, "−xR", half * wide + gap + (half * wide) / 2 - 12, height - 5)
  const next = Array.from(turned, (v, i) => [v, i]).filter(([, i]) => i !== path.bucket).sort((a, b) => b[0] - a[0])[0]
  return `Of the ${n} numbers [xR; −xR] the largest is ${most}, number ${path.bucket}, so this is bucket ${path.bucket}. The next would be number ${next[1]}, ${signed(next[0])}.`
}

// The patches as they lie, and as they were sorted; a line follows the patch.
function sort(p, { model, order, token, path, colour, ids }, { ctx, width, height }) {
  const n = model.tokens, w = width / n, high = height * 0.24, low = height - high - 14
  cellsInRow(ctx, n, colour, [0, 14, width, high])
  cellsInRow(ctx, n, (i) => colour(order[i]), [0, low, width, high])
  const from = (token + 0.5) * w, to = (path.place + 0.5) * w, color = p.colors.text
  ctx.strokeStyle = color
  ctx.lineWidth = 1.6
  ctx.beginPath()
  ctx.moveTo(from, 14 + high)
  ctx.bezierCurveTo(from, height / 2 + 8, to, height / 2 - 8, to, low)
  ctx.stroke()
  dot(ctx, from, 14 + high, 3, color)
  dot(ctx, to, low, 3, color)
  label(p, ctx, "as they lie", 0, 10)
  label(p, ctx, "sorted", 0, height - 2)
  const first = order.findIndex((t) => ids[t] === path.bucket)
  return `All ${n} patches by bucket, then by position: this one goes from place ${token} to ${path.place}. Its bucket fills places ${first} to ${first + path.members - 1}.`
}

// All chunks above; those that the patch sees drawn out below, one cell a patch.
function cut(p, { model, order, path, colour, many, seen }, { ctx, width, height }) {
  const { size, chunks, tokens } = model, high = height * 0.2, body = height * 0.3, low = height - body - 14
  cellsInRow(ctx, tokens, (i) => colour(order[i]), [0, 0, width, high])
  cuts(ctx, chunks, [0, width, high], 2, p.colors.background)
  const { sees } = path, wide = width / sees.length, room = width / chunks
  sees.forEach((chunk, k) => {
    const style = chunk === path.chunk ? p.colors.accent : p.colors.text
    const a = chunk * room, b = k * wide + (k ? 2 : 0), w = wide - (k ? 2 : 0) - (k < sees.length - 1 ? 2 : 0)
    ctx.globalAlpha = 0.16
    ctx.fillStyle = style
    ctx.beginPath()
    for (const corner of [[a, high], [a + room, high], [b + w, low], [b, low]]) ctx.lineTo(...corner)
    ctx.fill()
    ctx.globalAlpha = 1
    cellsInRow(ctx, size, (i) => colour(order[chunk * size + i]), [b, low, w, body], 0.4)
    outline(ctx, a + 0.5, 0.5, room - 1, high - 1, { color: style, width: 1.6 })
    outline(ctx, b + 1, low, w - 2, body, { color: style, width: 1.6 })
    label(p, ctx, `piece ${chunk}`, b + 1, height - 2, chunk === path.chunk)
  })
  if (!many) return `All ${tokens} patches fit into one piece.`
  const from = path.chunk * size
  return `Into ${chunks} pieces of ${size}: place ${path.place} is in piece ${path.chunk}, places ${from} to ${from + size - 1}. ${p.view.round < 0 ? "With the piece before it, and so in each round, it" : `It sees piece ${path.sees[0]}, too, and so`} sees ${seen} of ${tokens} patches.`
}

// Weights of the patches in sight, in the order of the cut; of all rounds merged, largest first.
function attend(p, { model, order, path, weights, colour, many, seen, mates, x }, { ctx, width, height }) {
  const { size } = model, floor = height - 14, even = 1 / seen
  const tokens = p.view.round < 0 ? Array.from(weights.keys()).filter((t) => weights[t] > 0).sort((a, b) => weights[b] - weights[a])
    : path.sees.flatMap((chunk) => Array.from(order.subarray(chunk * size, (chunk + 1) * size)))
  const best = tokens.reduce((most, t) => (weights[t] > weights[most] ? t : most))
  const top = Math.max(weights[best], 1.6 * even), w = width / tokens.length, high = (weight) => (weight / top) * (floor - 14)
  tokens.forEach((t, i) => {
    const h = Math.max(high(weights[t]), 0.8)
    ctx.fillStyle = colour(t)
    ctx.fillRect(i * w, floor - h, Math.max(w - 0.4, 0.8), h)
  })
  level(ctx, floor - high(even), width, p.colors.text)
  label(p, ctx, percent(weights[best]), Math.min(Math.max(tokens.indexOf(best) * w - 10, 0), width - 36), floor - high(weights[best]) - 3, true)
  label(p, ctx, `dashed: even, ${percent(even)}`, 0, height - 2)
  const own = many ? ` ${mates} of these ${seen} are of its own bucket of ${path.members}.` : ""
  return `Softmax of x·k / √${x.length} over the patches in sight gives the most, ${percent(weights[best])}, to ${patchName(best, model.grid)}.${own}`
}

// Bars about zero; `place(i)` is the room of each: [x, y, width, height]. `across` lays them flat.
function bars(ctx, values, place, across, paint = () => null) {
  const most = Math.max(1e-9, ...values.map(Math.abs))
  values.forEach((v, i) => {
    const [x, y, w, h] = place(i), share = v / most / 2, own = paint(i)
    ctx.fillStyle = own ?? (v < 0 ? MINUS : PLUS)
    ctx.globalAlpha = own ? 1 : 0.75
    if (across) ctx.fillRect(x + w / 2 + Math.min(share, 0) * w, y, Math.max(Math.abs(share) * w, 0.6), h)
    else ctx.fillRect(x, y + h / 2 - Math.max(share, 0) * h, w, Math.max(Math.abs(share) * h, 0.6))
  })
  ctx.globalAlpha = 1
}

function label(p, ctx, text, x, y, strong = false) {
  ctx.font = `${strong ? 650 : 400} 11px ${p.colors.font}`
  ctx.globalAlpha = strong ? 1 : 0.75
  ctx.fillStyle = p.colors.text
  ctx.fillText(text, x, y)
  ctx.globalAlpha = 1
}

const signed = (v) => v.toFixed(2).replace("-", "−")
const few = (values) => `${Array.from(values.subarray(0, 3), signed).join(", ")}${values.length > 3 ? ", …" : ""}`
