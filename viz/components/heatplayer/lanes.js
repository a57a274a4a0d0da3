// Lanes: a row of bars for each map, one bar a frame, on which a pointer moves through the clip.

import { el } from "../player/dom.js"
import { number } from "./numbers.js"

const GAP = 0.22 // of a frame's room

export function buildLanes(p) {
  const boxes = p.maps.map((map, i) => {
    const canvas = el("canvas", { class: "lane", role: "img" })
    return { map, canvas, box: el("figure", { class: "lanebox" }, el("figcaption", { text: `${p.maps.length > 1 ? `${map.name}, total` : "Total"} of each frame${i ? "" : ": press or drag to go there"}` }), canvas) }
  })
  for (const { canvas } of boxes) {
    let held = false
    const go = (event) => {
      const box = canvas.getBoundingClientRect()
      const frame = Math.floor(((event.clientX - box.left) / box.width) * p.message.header.frames)
      if (frame !== p.view.frame) p.toFrame(frame)
    }
    canvas.onpointerdown = (event) => {
      held = true
      canvas.setPointerCapture(event.pointerId)
      p.play(false)
      go(event)
    }
    canvas.onpointermove = (event) => held && go(event)
    canvas.onpointerup = canvas.onpointercancel = () => { held = false }
  }
  return boxes
}

// The bars of one map; those of a signed one stand and hang about a line.
export function paintLane(p, map, surface) {
  const { ctx, width, height } = surface, { frames } = map, room = width / frames, now = p.view.frame
  const top = 15, floor = height - 16
  const most = Math.max(...map.totals.map(Math.abs), 1e-30)
  const above = Math.max(0, ...map.totals) / most, below = Math.max(0, ...map.totals.map((v) => -v)) / most
  // A label stands beyond the end of its bar, on either side.
  const span = floor - top - (below ? 13 : 0), zero = top + (span * above) / (above + below || 1)
  surface.clear()
  ctx.fillStyle = p.colors.accent
  ctx.globalAlpha = 0.14
  ctx.fillRect(now * room, 0, room, height)
  ctx.globalAlpha = 1
  ctx.textAlign = "center"
  for (let f = 0; f < frames; f++) {
    const v = map.totals[f], long = Math.max((Math.abs(v) / most) * (span / (above + below || 1)), 1)
    const x = (f + GAP / 2) * room, wide = Math.max(room * (1 - GAP), 1), middle = (f + 0.5) * room
    ctx.globalAlpha = f === now ? 1 : 0.6
    ctx.fillStyle = map.signed ? (v < 0 ? AGAINST : FOR) : p.colors.accent
    ctx.fillRect(x, v < 0 ? zero : zero - long, wide, long)
    ctx.fillStyle = p.colors.text
    ctx.font = `${f === now ? 650 : 400} 11px ${p.colors.font}`
    const text = map.signed ? number(v, true) : `${Math.round(map.shareOf(f) * 100)}%`
    if (f === now || room > ctx.measureText(text).width + 4) {
      const half = ctx.measureText(text).width / 2
      ctx.fillText(text, Math.min(Math.max(middle, half), width - half), v < 0 ? zero + long + 11 : zero - long - 4)
    }
    if (f === now || room > 16) ctx.fillText(String(f), middle, height - 3)
  }
  ctx.globalAlpha = below ? 0.5 : 0.25
  ctx.fillRect(0, zero - 0.5, width, 1)
  ctx.globalAlpha = 1
  ctx.textAlign = "start"
}

export const FOR = "#267ccb", AGAINST = "#d9661c"
