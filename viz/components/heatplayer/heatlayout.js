// Where everything of the map player stands.

import { caption, check, el, percent, slider } from "../player/dom.js"
import { transportOf } from "../player/transport.js"
import { buildLanes } from "./lanes.js"
import { number } from "./numbers.js"

const KEYS = "Arrow keys move the pinned patch, comma and full stop step through the frames, space plays."
const MARKS = { passed: "✓", failed: "✕", open: "?" }

export function build(p) {
  const columns = (p.maps.length > 1 ? p.maps : [null, ...p.maps]).map(columnOf)
  const pictures = el("div", { class: "pictures" }, ...["head", "canvas", "foot"].flatMap((row) => columns.map((c) => c[row])))
  const readout = el("aside", { class: "readout", "aria-label": "Numbers" })
  const notice = el("p", { class: "notice", role: "status" })
  const live = el("div", { class: "live", "aria-live": "polite" })
  const transport = transportOf(p), lanes = buildLanes(p)
  const opacity = slider("Opacity", { min: 0, max: 1, step: 0.05, value: p.display.opacity, show: percent }, (v) => put(p, "opacity", v))
  opacity.classList.add("opacity")
  const display = el("details", { class: "display" }, el("summary", { text: "Display" }),
    el("div", { class: "options" },
      slider("Hide what is weaker than", { min: 0, max: 1, step: 0.05, value: p.display.threshold, show: (v) => `${percent(v)} of the scale` }, (v) => put(p, "threshold", v)),
      check("Grid of patches", p.display.grid, (v) => put(p, "grid", v))))
  const scene = el("div", { class: "scene" },
    el("div", { class: "stage" }, pictures, notice, transport.bar,
      el("div", { class: "lanes" }, ...lanes.map((l) => l.box)), el("div", { class: "controls" }, opacity, display)), readout)
  p.root.replaceChildren(el("div", { class: "player", "data-kind": "heat" }, scene, live))

  const update = ({ view }) => {
    transport.update(p)
    lanes.forEach(({ map, canvas }) => canvas.setAttribute("aria-label", laneLabel(map, view.frame)))
  }
  return { columns, pictures, readout, notice, live, lanes, scrub: transport.scrub, update }
}

// A picture with its name above and its colours below; without a map, the clip as it is.
function columnOf(map) {
  const name = map ? map.name : "The clip", about = map ? `${name} over the clip` : name
  const canvas = el("canvas", { class: "frame", tabindex: "0", role: "application", "aria-label": `${about}. ${KEYS}` })
  const badge = map?.verdict && el("span", { class: `badge ${map.verdict}`, title: map.why },
    el("span", { "aria-hidden": "true", text: `${MARKS[map.verdict]} ` }), el("span", { text: map.badge }))
  const head = el("div", { class: "title" }, caption(name), badge)
  return { map, canvas, head, foot: el("div", { class: "legend" }, ...(map ? colours(map) : [])) }
}

// The scale: from against over nothing to for, or from nothing to the most.
function colours(map) {
  const at = (lut, share) => {
    const c = Math.round(share * 255) * 3
    return `rgb(${[0, 1, 2].map((j) => Math.min(255, Math.round(64 * (1 - share) + lut[c + j]))).join(" ")})`
  }
  const steps = Array.from({ length: 9 }, (_, i) => i / 8)
  const stops = map.signed
    ? [...steps.slice(1).reverse().map((s) => at(map.minus, s)), ...steps.map((s) => at(map.plus, s))]
    : steps.map((s) => at(map.plus, s))
  const bar = el("div", { class: "colours" })
  bar.style.background = `linear-gradient(to right, ${stops.join(",")})`
  const tick = (place, side, text) => {
    const node = el("span", { class: `tick ${side}`, text })
    node.style.left = `${place * 100}%`
    return node
  }
  const end = number(map.top, map.signed)
  const ticks = map.signed
    ? [tick(0, "first", `≤ ${number(-map.top)}`), tick(0.5, "", "0"), tick(1, "last", `≥ ${end}`)]
    : [tick(0, "first", "0"), tick(1, "last", `≥ ${end}`)]
  return [el("span", { class: "what", text: map.meaning }), el("div", { class: "scale" }, bar, ...ticks)]
}

function laneLabel(map, now) {
  const each = Array.from(map.totals, (v, f) => `frame ${f}: ${map.signed ? number(v, true) : percent(map.shareOf(f))}`)
  return `${map.name}, total of each frame. ${each.join("; ")}. Shown: frame ${now}.`
}

function put(p, name, value) {
  p.display[name] = value
  p.refresh()
}
