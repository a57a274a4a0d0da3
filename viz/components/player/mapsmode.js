// Maps: where a patch looks in the frame before and in its own, or who looks at a patch.

import { dim, gridLines, heat, link, outline, tag, underMap, PICKED } from "./draw.js"
import { percent, ranking } from "./dom.js"
import { strongest } from "./maps.js"

const LINKS = 5

export const mapsMode = {
  id: "maps",
  name: "Maps",
  hint: "Point at a patch of the right picture to see where it looks, or at one of the left to see who looks there. A click pins it.",
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
    const { token, look } = p.focus, { frame } = p.view, at = p.model.at(token)
    if (look === "in") {
      const lookers = p.model.lookers(frame, p.choice, token), best = strongest(lookers, LINKS)
      return { at, lookers, best, even: !best.length }
    }
    const maps = p.model.maps(frame, p.choice, token), best = strongest(maps.previous, LINKS)
    return { at, ...maps, best, even: !best.length }
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
    const place = (surface, token) => {
      const { x, y, s } = surface.cell(grid, token), at = p.origin(surface)
      return { x: at.x + x, y: at.y + y, s, cx: at.x + x + s / 2, cy: at.y + y + s / 2 }
    }
    const own = place(out ? right : left, focus.token), mirror = place(out ? left : right, focus.token)
    if (window < grid) {
      for (const surface of [left, right]) {
        const corner = place(surface, found.at.top * grid + found.at.left), w = corner.s * window
        outline(ctx, corner.x, corner.y, w, w, { color: "#fff", width: 1.2, dash: [5, 4] })
      }
    }
    // The same place in the other picture: how far links lead from it is the displacement.
    outline(ctx, mirror.x, mirror.y, mirror.s, mirror.s, { width: 1.4, dash: [3, 3], inset: 1.5 })
    outline(ctx, own.x, own.y, own.s, own.s, { width: 2.6, inset: 1 })
    const weights = out ? found.previous : found.lookers
    const most = Math.max(p.display.threshold * p.top, 1e-6)
    const shown = found.best.filter((i) => weights[i] >= most)
    if (p.display.links) {
      shown.slice().reverse().forEach((i) => {
        const end = place(out ? left : right, p.model.token(found.at, i))
        const rank = shown.indexOf(i), room = end.s > 24 ? rank < 5 : rank < 1
        link(ctx, { x: own.cx, y: own.cy }, { x: end.cx, y: end.cy }, weights[i] / weights[shown[0]],
          room ? percent(weights[i]) : "")
      })
    }
  },

  // A head's "previous" map of the patch in focus, inside its window.
  thumb(p, surface, choice) {
    const { ctx, width } = surface, { model } = p, { window } = model
    surface.clear()
    ctx.fillStyle = "#15191e"
    ctx.fillRect(0, 0, width, width)
    if (!model.has(p.view.frame)) return ""
    const { token, look } = p.focus, at = model.at(token)
    const weights = look === "in" ? model.lookers(p.view.frame, choice, token) : model.maps(p.view.frame, choice, token).previous
    heat(surface, window, Array.from(weights, (w, i) => [i, w]), { top: p.top, threshold: 0, opacity: 1, lut: p.lut })
    const { x, y, s } = surface.cell(window, at.place)
    outline(ctx, x, y, s, s, { width: 1.2, inset: 0.5 })
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

export function patchName(token, grid) {
  return `row ${Math.floor(token / grid)}, column ${token % grid}`
}

export const titled = (token, grid) => `Row${patchName(token, grid).slice(3)}`
