// Motion: the arrows that attention's displacement says, beside what really moved.

import { ARROW, TRUTH, arrow, gridLines, ground, outlineCell, underLines } from "./draw.js"
import { el, percent, section } from "./dom.js"
import { mapsMode, missing } from "./mapsmode.js"
import { angularError, clipError, inWords, motionOf, nameOf, referenceOf } from "./motion.js"
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
      const scale = (surface.width / (grid * patch)) * p.display.gain
      for (let token = 0; token < grid * grid; token++) {
        if (estimate && !reference.known[token]) continue // it fails its own check, or cannot be compared
        const { x, y, s } = surface.cell(grid, token)
        arrow(surface.ctx, x + s / 2, y + s / 2, field[2 * token + 1] * scale, field[2 * token] * scale,
          { color, faint: !reference.known[token] })
      }
    }
    p.overlay.clear()
    for (const surface of [left, right]) outlineCell(p.overlay.ctx, p.place(surface, p.focus.token), { width: 2.2, inset: 1 })
  },

  // A head's arrows of this frame; below it, how far off they are over the clip.
  thumb(p, surface, choice) {
    const { ctx, width } = surface, { grid, patch } = p.model
    surface.clear()
    ground(surface)
    const said = motionOf(p.model, p.message.header, p.view.frame, choice)
    ctx.strokeStyle = ctx.fillStyle = ARROW
    ctx.lineWidth = 1.1
    const scale = (width / (grid * patch)) * Math.max(p.display.gain, 2)
    for (let token = 0; said && token < grid * grid; token++) {
      const { x, y, s } = surface.cell(grid, token), cx = x + s / 2, cy = y + s / 2
      const dx = said[2 * token + 1] * scale, dy = said[2 * token] * scale
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
