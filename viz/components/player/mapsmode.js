// Maps: where a patch looks in the frame before and in its own, or who looks at a patch.

import { dim, gridLines, ground, heat, link, outlineCell, underMap } from "./draw.js"
import { percent, ranking } from "./dom.js"
import { strongest } from "./maps.js"
import { patchName, titled } from "./pointing.js"

const LINKS = 5

export const mapsMode = {
  id: "maps",
  name: "Maps",
  hint: "Point at a patch of the right picture to see where it looks, or at one of the left to see who looks there.",
  legendTitle: "Attention weight, one fixed scale for all maps of this stage",

  choices(header) {
    const all = header.headNames.map((name, head) => ({ id: String(head), heads: [head], how: "mean", text: name.text, title: name.title }))
    const every = all.map((c) => c.heads[0])
    const means = [
      { id: "mean", heads: every, how: "mean", text: "mean", title: "Mean of all heads" },
      { id: "max", heads: every, how: "max", text: "max", title: "The largest weight of any head; such a map does not sum to 1" },
    ]
    if (header.grounded.length > 1) {
      means.unshift({ id: "grounded", heads: header.grounded, how: "mean", text: "◆ mean", title: "Mean of the grounded heads" })
    }
    return [...means, ...all]
  },

  titles(p) {
    const { frame } = p.view, before = p.model.keyFrame(frame, p.choice)
    const left = before === frame ? `Frame ${before} itself` : `Previous: frame ${before}`
    return [left, `Current: frame ${frame}`]
  },

  notice(p) {
    const { frame } = p.view
    if (!p.model.has(frame)) return missing(p, "attention")
    if (p.model.keyFrame(frame, p.choice) === frame) {
      return frame === 0 ? "Frame 0 has no frame before it: both maps look at the frame itself."
        : "Here both maps look at the same frame, so nothing in them is about motion."
    }
    const back = new Set(p.choice.heads.map((h) => p.model.keyFrames[h][frame]))
    if (back.size > 1) return `These heads look back at frames ${[...back].sort((a, b) => a - b).join(", ")}; one of them is drawn.`
    if (this.top5(p).even) return "This map is even: no patch stands out, so no links are drawn."
    return ""
  },

  // The maps of the patch in focus: {previous, current} or {lookers}, and the strongest places.
  top5(p) {
    const { token, look } = p.focus, { frame } = p.view
    const maps = look === "in" ? { lookers: p.model.lookers(frame, p.choice, token) } : p.model.maps(frame, p.choice, token)
    const best = strongest(maps.lookers ?? maps.previous, LINKS)
    return { at: p.model.at(token), ...maps, best, even: !best.length }
  },

  paint(p) {
    const { left, right } = p, { frame } = p.view, { grid, window } = p.model
    const before = p.model.keyFrame(frame, p.choice)
    underMap(left, p.pictures, before, p.display.opacity)
    underMap(right, p.pictures, frame, p.display.opacity)
    const known = p.model.has(frame), found = known ? this.top5(p) : null
    p.found = found
    if (known) {
      const cells = (weights) => Array.from(weights, (w, place) => [p.model.token(found.at, place), w])
      const inside = (token) => p.model.at(token).chunk === found.at.chunk
      const look = { ...p.display, top: p.top, lut: p.lut }
      for (const [surface, weights] of [[left, found.previous], [right, found.current ?? found.lookers]]) {
        if (window < grid) dim(surface, grid, inside, p.display.opacity)
        if (weights) heat(surface, grid, cells(weights), look)
      }
    }
    if (p.display.grid) for (const surface of [left, right]) gridLines(surface, grid, window < grid ? window : 0)
    this.overlay(p, found)
  },

  overlay(p, found) {
    const { overlay, left, right, focus } = p, { ctx } = overlay, { grid, window } = p.model
    overlay.clear()
    if (!found) return
    const out = focus.look === "out"
    const [near, far] = out ? [right, left] : [left, right], own = p.place(near, focus.token)
    if (window < grid) {
      for (const surface of [left, right]) {
        const corner = p.place(surface, found.at.top * grid + found.at.left)
        outlineCell(ctx, corner, { color: "#fff", width: 1.2, dash: [5, 4] }, window)
      }
    }
    // The same place in the other picture: how far links lead from it is the displacement.
    outlineCell(ctx, p.place(far, focus.token), { width: 1.4, dash: [3, 3], inset: 1.5 })
    outlineCell(ctx, own, { width: 2.6, inset: 1 })
    if (!p.display.links) return
    const weights = out ? found.previous : found.lookers, least = Math.max(p.display.threshold * p.top, 1e-6)
    const shown = found.best.filter((i) => weights[i] >= least), middle = ({ x, y, s }) => ({ x: x + s / 2, y: y + s / 2 })
    for (const i of [...shown].reverse()) {
      const end = p.place(far, p.model.token(found.at, i)), labels = end.s > 24 ? LINKS : 1
      link(ctx, middle(own), middle(end), weights[i] / weights[shown[0]], shown.indexOf(i) < labels ? percent(weights[i]) : "")
    }
  },

  // A head's "previous" map of the patch in focus, inside its window.
  thumb(p, surface, choice) {
    const { model } = p, { window } = model
    surface.clear()
    ground(surface)
    if (!model.has(p.view.frame)) return ""
    const { token, look } = p.focus, at = model.at(token)
    const weights = look === "in" ? model.lookers(p.view.frame, choice, token) : model.maps(p.view.frame, choice, token).previous
    heat(surface, window, Array.from(weights, (w, i) => [i, w]), { top: p.top, threshold: 0, opacity: 1, lut: p.lut })
    outlineCell(surface.ctx, surface.cell(window, at.place), { width: 1.2, inset: 0.5 })
    return ""
  },

  readout(p) {
    const { token, look } = p.focus, { grid } = p.model, before = p.model.keyFrame(p.view.frame, p.choice)
    const { found } = p
    if (!found) return []
    const named = (places, weights) => places.map((i) => {
      const t = p.model.token(found.at, i)
      return { name: patchName(t, grid), text: percent(weights[i]), share: weights[i] / Math.max(weights[places[0]], 1e-9) }
    })
    if (look === "in") {
      return [ranking(`Who looks at ${patchName(token, grid)} of frame ${before}`, named(found.best, found.lookers), "All patches alike.")]
    }
    return [
      ranking(`${titled(token, grid)} looks back at`, named(found.best, found.previous), "All patches alike."),
      ranking("and, in its own frame, at", named(strongest(found.current, 3), found.current), "All patches alike."),
    ]
  },

  say(p) {
    const { found, focus } = p, { grid } = p.model
    if (!found) return ""
    const weights = focus.look === "in" ? found.lookers : found.previous
    const list = found.best.slice(0, 3).map((i) => `${patchName(p.model.token(found.at, i), grid)} ${percent(weights[i])}`)
    const verb = focus.look === "in" ? "is looked at most by" : `looks in frame ${p.model.keyFrame(p.view.frame, p.choice)} most at`
    return list.length ? `${patchName(focus.token, grid)} ${verb}: ${list.join("; ")}.` : `${patchName(focus.token, grid)}: an even map.`
  },
}

// Why a frame's maps are not there: they are on their way, or, without a server, were left out.
export function missing(p, what) {
  const { absent } = p.message.header, { frame } = p.view
  return absent ? `Frame ${frame}: ${absent}` : `Fetching the ${what} of frame ${frame} …`
}
