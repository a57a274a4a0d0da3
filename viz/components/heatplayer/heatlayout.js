// Where everything of the map player stands.

import { caption, check, colourScale, el, percent, shades, shareSlider } from "../player/dom.js"
import { canvasOf, pinOf, transportOf } from "../player/transport.js"
import { buildLanes } from "./lanes.js"
import { number } from "./numbers.js"

const MARKS = { passed: "✓", failed: "✕", open: "?" }

export function build(p) {
  const columns = (p.maps.length > 1 ? p.maps : [null, ...p.maps]).map(columnOf)
  const pictures = el("div", { class: "pictures" }, ...["head", "canvas", "foot"].flatMap((row) => columns.map((c) => c[row])))
  const readout = el("aside", { class: "readout", "aria-label": "Numbers" })
  const notice = el("p", { class: "notice", role: "status" })
  const live = el("div", { class: "live", "aria-live": "polite" })
  const transport = transportOf(p), lanes = buildLanes(p), pin = pinOf(p)
  const opacity = shareSlider("Opacity", p.display.opacity, percent, (v) => p.put("opacity", v))
  opacity.classList.add("opacity")
  const display = el("details", { class: "display" }, el("summary", { text: "Display" }),
    el("div", { class: "options" },
      shareSlider("Hide what is weaker than", p.display.threshold, (v) => `${percent(v)} of the scale`, (v) => p.put("threshold", v)),
      check("Grid of patches", p.display.grid, (v) => p.put("grid", v))))
  const scene = el("div", { class: "scene" },
    el("div", { class: "stage" }, pictures, pin.box, notice, transport.bar,
      el("div", { class: "lanes" }, ...lanes.map((l) => l.box)), el("div", { class: "controls" }, opacity, display)), readout)
  p.root.replaceChildren(el("div", { class: "player", "data-kind": "heat" }, scene, live))

  const update = () => {
    transport.update()
    lanes.forEach(({ map, canvas }) => canvas.setAttribute("aria-label", laneLabel(map, p.view.frame)))
  }
  return { columns, pictures, pin, readout, notice, live, lanes, scrub: transport.scrub, update }
}

// A picture with its name above and its colours below; without a map, the clip as it is.
function columnOf(map) {
  const name = map ? map.name : "The clip", about = map ? `${name} over the clip` : name
  const canvas = canvasOf("", about)
  const badge = map?.verdict && el("span", { class: `badge ${map.verdict}`, title: map.why },
    el("span", { "aria-hidden": "true", text: `${MARKS[map.verdict]} ` }), el("span", { text: map.badge }))
  const head = el("div", { class: "title" }, caption(name), badge)
  return { map, canvas, head, foot: el("div", { class: "legend" }, ...(map ? colours(map) : [])) }
}

// The scale: from against over nothing to for, or from nothing to the most.
function colours(map) {
  const plus = shades(map.plus, 9), end = [1, `≥ ${number(map.top, map.signed)}`, "last"]
  if (!map.signed) return colourScale(map.meaning, plus, [[0, "0", "first"], end])
  const minus = shades(map.minus, 9).slice(1).reverse()
  return colourScale(map.meaning, [...minus, ...plus], [[0, `≤ ${number(-map.top)}`, "first"], [0.5, "0"], end])
}

function laneLabel(map, now) {
  const each = Array.from(map.totals, (v, f) => `frame ${f}: ${map.signed ? number(v, true) : percent(map.shareOf(f))}`)
  return `${map.name}, total of each frame. ${each.join("; ")}. Shown: frame ${now}.`
}
