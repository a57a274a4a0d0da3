// Buckets: what hashing put together, and the chunks of the sorted row that a patch attends to. On the
// page such a chunk is called a piece.

import { cellsInRow, cuts, dim, gridLines, heat, outline, outlineCell, tint, underMap, PICKED } from "./draw.js"
import { el, percent, ranking, section } from "./dom.js"
import { missing } from "./mapsmode.js"
import { strongest } from "./maps.js"
import { patchName } from "./pointing.js"

export const bucketsMode = {
  id: "buckets",
  name: "Buckets",
  hint: "Point at a patch: its bucket lights up on the left, and the right shows whom it attends to.",
  legendTitle: "Weight of the patch’s attention (right picture), one fixed scale",

  choices: (header) => Array.from({ length: header.heads }, (_, head) =>
    ({ id: String(head), heads: [head], how: "mean", text: `Head ${head}`, title: `Head ${head}` })),

  titles: (p) => [`Buckets · frame ${p.view.frame}`, "Whom the patch attends to"],

  notice(p) {
    if (!p.model.has(p.view.frame)) return missing(p, "buckets")
    if (p.model.buckets === 1) return "All patches of this stage fit into one piece: there is one bucket, and this is full attention."
    return ""
  },

  paint(p) {
    const { left, right, model } = p, { frame, round } = p.view, { grid } = model, head = p.choice.heads[0]
    p.overlay.clear()
    underMap(left, p.pictures, frame, 1)
    underMap(right, p.pictures, frame, p.display.opacity)
    p.found = null
    if (!model.has(frame)) return
    const { token } = p.focus, ids = model.bucketsOf(frame, head, round)
    const weights = model.attended(frame, head, round, token), sight = model.sight(frame, head, round, token)
    p.found = { path: model.path(frame, head, Math.max(round, 0), token), weights, sight, ids }
    this.light(left, grid, ids, p.message.parts.palette, p.pointing ? ids[token] : null)
    dim(right, grid, (t) => sight[t] > 0, p.display.opacity)
    heat(right, grid, Array.from(weights, (w, t) => [t, w]), { ...p.display, top: p.top, lut: p.lut })
    if (p.display.grid) for (const surface of [left, right]) gridLines(surface, grid, 0)
    borders(left, grid, (t) => ids[t], "rgb(6 10 14 / 0.75)", 1.2)
    // The own bucket is outlined, so that it can be told without its colour.
    borders(left, grid, (t) => ids[t] === ids[token], "#fff", 1.8)
    borders(right, grid, (t) => (sight[t] === 2 ? 1 : 0), "#fff", 1.4)
    for (const surface of [left, right]) outlineCell(p.overlay.ctx, p.place(surface, token), { width: 2.4 })
    this.strip(p, ids, head)
  },

  // All buckets in their colours, or one that is lit among dark ones.
  light(surface, grid, ids, palette, lit) {
    const colours = coloursOf(palette, lit === null ? 0.6 : 0.28)
    if (lit === null) return tint(surface, grid, (t) => colours[ids[t]])
    const bright = colourOf(palette, lit, 0.85)
    tint(surface, grid, (t) => (ids[t] === lit ? bright : "rgb(10 14 18 / 0.55)"))
    tint(surface, grid, (t) => ids[t] !== lit && colours[ids[t]])
  },

  // The sorted row of all patches, cut into chunks; those that the patch sees are marked.
  strip(p, ids, head) {
    const { strip, model } = p, { ctx, width, height } = strip, { palette } = p.message.parts
    const { path } = p.found, order = model.orderOf(p.view.frame, head, p.view.round), n = order.length
    const top = 12, body = height - 24, w = width / model.chunks
    strip.clear()
    const bright = coloursOf(palette, 1), pale = coloursOf(palette, 0.45)
    const seen = Array.from({ length: model.chunks }, (_, chunk) => path.sees.includes(chunk))
    cellsInRow(ctx, n, (i) => (seen[Math.floor(i / model.size)] ? bright : pale)[ids[order[i]]],
      [0, top, width, body], 0.6)
    cuts(ctx, model.chunks, [top, width, body], 3, p.colors.background)
    for (const chunk of path.sees) {
      outline(ctx, chunk * w + 1.5, top, w - 3, body, { color: chunk === path.chunk ? PICKED : "#fff", width: 2 })
    }
    const x = ((path.place + 0.5) * width) / n
    ctx.fillStyle = p.colors.text
    for (const [tip, base] of [[top - 2, 1], [top + body + 2, height - 1]]) {
      ctx.beginPath()
      ctx.moveTo(x, tip)
      ctx.lineTo(x - 5, base)
      ctx.lineTo(x + 5, base)
      ctx.fill()
    }
  },

  thumb(p, surface, choice) {
    const { grid } = p.model, { frame, round } = p.view
    surface.clear()
    if (!p.model.has(frame)) return ""
    const ids = p.model.bucketsOf(frame, choice.heads[0], round)
    const colours = coloursOf(p.message.parts.palette, 1)
    tint(surface, grid, (t) => colours[ids[t]], 0.3)
    outlineCell(surface.ctx, surface.cell(grid, p.focus.token), { width: 1.2 })
    return ""
  },

  readout(p) {
    const { found, model } = p
    if (!found) return []
    const { path, weights, sight } = found, { token } = p.focus, { grid, size, tokens, chunks } = model
    const from = path.chunk * size, many = chunks > 1, seen = sight.filter((s) => s > 0).length
    const one = (name, text) => el("div", {}, el("dt", { text: name }), el("dd", { text }))
    return [
      section(`The path of ${patchName(token, grid)}`, el("dl", { class: "pairs" },
        one("Bucket", many ? `${path.bucket}, with ${path.members - 1} others` : "one for all"),
        one("Place", `${path.place} of ${tokens}`),
        one("Piece", many ? `${path.chunk}, places ${from} to ${from + size - 1}` : "one for all"),
        one("Sees", p.view.round < 0 ? `${seen} patches, in all rounds` : many ? `${seen} patches, in pieces ${path.sees.join(" and ")}` : `all ${tokens} patches`))),
      ranking("It attends most to", strongest(weights, 5).map((t, _, all) =>
        ({ name: patchName(t, grid), text: percent(weights[t]), share: weights[t] / weights[all[0]] })), "All patches alike."),
    ]
  },

  say(p) {
    if (!p.found) return ""
    const { path, weights } = p.found, { grid } = p.model
    const list = strongest(weights, 3).map((t) => `${patchName(t, grid)} ${percent(weights[t])}`)
    return `${patchName(p.focus.token, grid)}: bucket ${path.bucket}, place ${path.place}, piece ${path.chunk}. Attends most to ${list.join("; ")}.`
  },
}

// The colours of all buckets, made once for the hundreds of cells that are filled with them.
const coloursOf = (palette, alpha) => Array.from({ length: palette.length / 3 }, (_, bucket) => colourOf(palette, bucket, alpha))

export const colourOf = (palette, bucket, alpha = 1) => `rgb(${palette.subarray(3 * bucket, 3 * bucket + 3).join(" ")} / ${alpha})`

// Lines wherever two neighbours differ in `of`.
function borders(surface, grid, of, style, line) {
  const { ctx } = surface
  ctx.beginPath()
  for (let t = 0; t < grid * grid; t++) {
    const { x, y, s } = surface.cell(grid, t)
    if ((t + 1) % grid && of(t) !== of(t + 1)) {
      ctx.moveTo(x + s, y)
      ctx.lineTo(x + s, y + s)
    }
    if (t + grid < grid * grid && of(t) !== of(t + grid)) {
      ctx.moveTo(x, y + s)
      ctx.lineTo(x + s, y + s)
    }
  }
  ctx.strokeStyle = style
  ctx.lineWidth = line
  ctx.stroke()
}
