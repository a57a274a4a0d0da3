// Where everything stands: builds the player's elements and keeps its controls in step with its state.

import { Surface } from "./draw.js"
import { button, caption, check, el, percent, segments, select, shareSlider } from "./dom.js"
import { buildSteps } from "./steps.js"
import { canvasOf, pinOf, transportOf } from "./transport.js"

export function build(p) {
  const { header } = p.message, attention = header.kind === "attention"
  const modes = segments("What to show", p.modes.map((m) => ({ id: m.id, text: m.name })), (id) => p.change({ mode: id }))
  const hint = el("p", { class: "hint" })
  const said = el("p", { class: "said" })
  const heads = el("div", { class: "heads", role: "group", "aria-label": "Head" })
  const each = Array.from({ length: header.rounds ?? 1 }, (_, r) => ({ id: r, text: `Round ${r}` }))
  const rounds = each.length > 1 ? segments("Hash round", [...each, { id: -1, text: "All, merged" }], (id) => p.change({ round: +id })) : null
  const left = canvasOf("left", attention ? "Frame before" : "Buckets")
  const right = canvasOf("right", attention ? "Current frame" : "Whom the patch attends to")
  const titles = [caption(), caption()]
  const overlay = el("canvas", { class: "overlay", "aria-hidden": "true" })
  const pictures = el("div", { class: "pictures" }, titles[0], titles[1], left, right, overlay)
  const notice = el("p", { class: "notice", role: "status" })
  const readout = el("aside", { class: "readout", "aria-label": header.called ? `Numbers of ${header.called}` : "Numbers" })
  const legend = el("div", { class: "legend" })
  const strip = attention ? null : el("canvas", { class: "strip", role: "img", "aria-label": "All patches in sorted order, cut into pieces" })
  const stripBox = strip && el("figure", { class: "stripbox" }, el("figcaption", { text: "All patches sorted by bucket and cut into pieces; a patch attends to its own piece (blue) and the one before it (white)." }), strip)
  const steps = attention ? null : buildSteps()
  const key = attention ? motionKey() : null
  const live = el("div", { class: "live", "aria-live": "polite" })

  const transport = transportOf(p), pin = pinOf(p)
  const display = displayOf(p, attention)
  const scene = el("div", { class: "scene" },
    el("div", { class: "stage" }, pictures, pin.box, notice, stripBox, transport.bar, legend, key?.box), readout)
  p.root.replaceChildren(
    el("div", { class: "player", "data-kind": header.kind },
      el("div", { class: "head-row" }, p.modes.length > 1 ? modes.group : null, hint),
      heads, said, rounds?.group, scene, steps?.box, display, live))

  const parts = { left, right, overlay, pictures, notice, readout, pin, legend, strip, steps, live, scrub: transport.scrub, thumbs: [] }
  let listed = ""
  parts.update = () => {
    const { mode, view } = p, choices = mode.choices(p.message.header), name = choices.map((c) => c.id + c.text).join("|")
    modes.set(mode.id)
    rounds?.set(view.round)
    hint.textContent = mode.hint
    mode.titles(p).forEach((text, i) => { titles[i].textContent = text })
    said.textContent = p.message.header.said?.[p.choice.id] ?? ""
    p.root.firstChild.dataset.mode = mode.id
    if (listed !== name) {
      listed = name
      parts.thumbs = choices.map((choice) => headButton(p, choice))
      heads.replaceChildren(...parts.thumbs.map((t) => t.node))
      for (const { surface } of parts.thumbs) surface.fit()
    }
    for (const thumb of parts.thumbs) {
      thumb.choice = choices.find((c) => c.id === thumb.choice.id)
      thumb.node.setAttribute("aria-pressed", String(thumb.choice.id === view.head))
    }
    transport.update()
    key?.set(p.display.gain, mode.estimated?.(p), mode.squares?.(p))
  }
  return parts
}

function headButton(p, choice) {
  const canvas = el("canvas", { class: "thumb", "aria-hidden": "true" })
  const note = el("small")
  const node = button({ class: "head", title: choice.title, "data-head": choice.id, onclick: () => p.change({ head: choice.id }) },
    canvas, el("span", { text: choice.text }), note)
  return { node, choice, note, surface: new Surface(canvas) }
}

function displayOf(p, attention) {
  const { header } = p.message, put = (name, value) => p.put(name, value)
  const tops = header.tops.map((top) => [top, percent(top)])
  return el("details", { class: "display" }, el("summary", { text: "Display" }),
    el("div", { class: "options" },
      shareSlider("Opacity of the map", p.display.opacity, percent, (v) => put("opacity", v)),
      shareSlider("Hide weights below", 0, (v) => `${percent(v)} of the scale`, (v) => put("threshold", v)),
      select("Colours", header.scales.map((s) => [s, s]), p.display.scale, (v) => put("scale", v)),
      select("Scale ends at", tops, header.top, (v) => put("top", +v)),
      attention && select("Arrows", [[1, "true to scale"], [2, "2 × as long"], [4, "4 × as long"]], p.display.gain, (v) => put("gain", +v)),
      attention && check("Links to the top 5", p.display.links, (v) => put("links", v)),
      check(attention ? "Grid of patches and chunks" : "Grid of patches", p.display.grid, (v) => put("grid", v))))
}

function motionKey() {
  const one = (sign, text) => el("span", {}, el("span", { class: `sign ${sign}` }), el("span", { text }))
  const length = el("span"), real = el("span")
  const box = el("div", { class: "key" }, one("attends", "as attention reads it"), el("span", {}, el("span", { class: "sign real" }), real), length)
  const set = (gain, estimated, squares) => {
    real.textContent = estimated ? "as OpenCV estimates it" : "as it really moved"
    const long = gain === 1 ? "Arrows are as long as the motion" : `Arrows are ${gain} times as long as the motion`
    const kept = squares > 1 ? `; each is the mean of the moving ones of ${squares} × ${squares} patches` : ""
    length.textContent = `${long}${kept}. A dot: less than half a pixel.`
  }
  return { box, set }
}
