// Motion: the arrows that attention's displacement says, beside what really moved.

import { ARROW, TRUTH, arrow, gridLines, ground, outlineCell, underLines } from "./draw.js"
import { el, percent, section } from "./dom.js"
import { mapsMode, missing } from "./mapsmode.js"
import { angularError, clipError, inWords, motionOf, nameOf, referenceOf, squareSide, thinned } from "./motion.js"
import { patchName, titled } from "./pointing.js"

const WHY = "What leaves the chunk has no partner to look at, so fast motion is read short."

export const motionMode = {
  id: "motion",
  name: "Motion",
  hint: "Press play. Left: the way each patch has moved as attention reads it. Right: the way it moved, as far as that is known.",
  legendTitle: "",

  // Heads that look at different frames say different things: a mean is of those of the first one's.
  choices: (header) => mapsMode.choices(header).filter((c) => c.how === "mean").map((c) => {
    const heads = c.heads.filter((h) => header.group[h] === header.group[c.heads[0]])
    return heads.length === c.heads.length ? c : { ...c, heads, title: `${c.title} that look as far back as head ${heads[0]}` }
  }),

  estimated(p) {
    return p.message.header.kind_of[0].includes("flow") || referenceOf(p.message, p.view.frame, p.choice).kind === "flow"
  },

  titles(p) {
    const flow = this.estimated(p)
    return [`Attention says · frame ${p.view.frame}`, flow ? "Optical flow (OpenCV’s estimate)" : "True motion"]
  },

  notice(p) {
    const { frame } = p.view, reference = referenceOf(p.message, frame, p.choice)
    if (!p.model.has(frame)) return missing(p, "attention")
    const before = p.model.keyFrame(frame, p.choice)
    if (before === frame) {
      return frame === 0 ? "Frame 0 has no frame before it, so there is no motion to draw."
        : "Both maps look at the same frame, so there is no motion to draw."
    }
    if (reference.still) return `Nothing moves by half a pixel or more from frame ${before} to ${frame}, so no arrows are drawn.`
    return ""
  },

  paint(p) {
    const { left, right } = p, { frame } = p.view, { grid, patch, window } = p.model
    const reference = referenceOf(p.message, frame, p.choice), said = p.said = motionOf(p.model, p.message.header, frame, p.choice)
    for (const [surface, field, color] of [[left, said, ARROW], [right, said && reference.motion, TRUTH]]) {
      underLines(surface, p.pictures, frame)
      if (p.display.grid) gridLines(surface, grid, window < grid ? window : 0)
      if (!field) continue
      const estimate = surface === right && reference.kind === "flow"
      // An estimate that fails its own check, or cannot be compared, is not drawn.
      const rank = (token) => (reference.known[token] ? 2 : estimate ? 0 : 1)
      const scale = (surface.width / (grid * patch)) * p.display.gain
      for (const { row, column, down, across, rank: own } of thinned(field, grid, this.squares(p), rank)) {
        const { s } = surface.cell(grid, 0)
        arrow(surface.ctx, (column + 0.5) * s, (row + 0.5) * s, across * scale, down * scale, { color, faint: own < 2 })
      }
    }
    p.overlay.clear()
    for (const surface of [left, right]) outlineCell(p.overlay.ctx, p.place(surface, p.focus.token), { width: 2.2, inset: 1 })
  },

  // How many patches a side share one arrow, for the whole clip, so that it plays calmly.
  squares(p, { width } = p.left, choice = p.choice, gain = p.display.gain, apart) {
    const { grid, patch } = p.model, cell = width / grid
    return squareSide(grid, cell, (this.overClip(p, choice).length * gain * cell) / patch, apart)
  },

  // A head's arrows of this frame; below it, how far off they are over the clip.
  thumb(p, surface, choice) {
    const { ctx, width } = surface, { grid, patch } = p.model
    surface.clear()
    ground(surface)
    const said = motionOf(p.model, p.message.header, p.view.frame, choice)
    ctx.strokeStyle = ctx.fillStyle = ARROW
    ctx.lineWidth = 1.1
    const gain = Math.max(p.display.gain, 2), scale = (width / (grid * patch)) * gain
    const shown = said ? thinned(said, grid, this.squares(p, surface, choice, gain, 6), () => 1) : []
    for (const { row, column, down, across } of shown) {
      const cx = (column + 0.5) * (width / grid), cy = (row + 0.5) * (width / grid), dx = across * scale, dy = down * scale
      ctx.beginPath()
      ctx.moveTo(cx - dx / 2, cy - dy / 2)
      ctx.lineTo(cx + dx / 2, cy + dy / 2)
      ctx.stroke()
      ctx.fillRect(cx + dx / 2 - 1, cy + dy / 2 - 1, 2, 2)
    }
    const { degrees } = this.overClip(p, choice)
    return degrees === null ? "" : `${degrees.toFixed(0)}°`
  },

  overClip(p, choice) {
    p.errors ??= new Map()
    if (!p.errors.has(choice.id)) p.errors.set(choice.id, clipError(p.model, p.message, choice))
    return p.errors.get(choice.id)
  },

  readout(p) {
    const { frame } = p.view, { grid } = p.model, { said } = p, nodes = [], over = this.overClip(p, p.choice)
    const reference = referenceOf(p.message, frame, p.choice), name = nameOf(reference)
    if (said) {
      const { degrees, tokens } = angularError(said, reference)
      nodes.push(el("div", { class: "figure" },
        el("strong", { text: degrees === null ? "–" : `${degrees.toFixed(0)}°` }),
        el("span", { text: degrees === null ? `nothing to compare in frame ${frame}: no patch with a visible source moved by half a pixel`
          : `mean angle between attention and ${name} in frame ${frame}, over ${tokens} of ${grid * grid} patches` })))
    }
    if (over.degrees !== null) {
      const { first, end, frames } = p.model, clip = end - first < frames ? `frames ${first} to ${end - 1}` : "the whole clip"
      nodes.push(el("p", { class: "quiet", text: `Over ${clip} ${over.degrees.toFixed(0)}°. Arrows that know nothing would be 90° off.` }))
    }
    if (said && reference.kind === "flow") {
      nodes.push(el("p", { class: "quiet", text: `The estimate finds its way there and back in ${percent(reference.checked)} of the patches that have texture; the others have no arrow on the right.` }))
    }
    if (said) {
      const t = p.focus.token, rows = [[said, "attention"], [reference.motion, name]]
      nodes.push(section(titled(t, grid), ...rows.map(([field, who]) =>
        el("p", { class: "pair" }, el("span", { class: `sign ${who === "attention" ? "attends" : "real"}` }),
          el("span", { text: `${who}: ${inWords(field[2 * t], field[2 * t + 1])}` })))))
    }
    nodes.push(el("p", { class: "quiet", text: `${WHY} Faint arrows are not compared: their source is out of the chunk’s sight, was covered, or the patch is too even to tell.` }))
    return nodes
  },

  say(p) {
    const { said } = p, t = p.focus.token
    if (!said) return this.notice(p)
    const reference = referenceOf(p.message, p.view.frame, p.choice), { motion } = reference
    return `${patchName(t, p.model.grid)}: attention says ${inWords(said[2 * t], said[2 * t + 1])}, ${nameOf(reference)} ${inWords(motion[2 * t], motion[2 * t + 1])}.`
  },
}
