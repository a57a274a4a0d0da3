// Pictures side by side, each with a second one, a bar and words under it. Everything a person typed
// arrives in `data` and is set as text, never as markup.

import { el } from "../player/dom.js"
import { mounter } from "../player/mounting.js"

class Panels {
  constructor(root) {
    this.root = root
  }

  build(count) {
    this.panels = Array.from({ length: count }, () => {
      const img = el("img", { draggable: "false" }), below = el("div", { class: "below", role: "img" })
      const bar = el("div", { class: "bar-track" }, el("div", { class: "bar-share" }))
      const note = el("div", { class: "note" }), shareNote = el("div", { class: "note share" })
      return { img, below, bar, note, shareNote, figure: el("figure", { class: "panel" }, el("div", { class: "pic" }, img), below, bar, note, shareNote) }
    })
    this.grid = el("div", { class: "panels" }, ...this.panels.map((panel) => panel.figure))
    this.legend = el("div", { class: "legend" })
    this.root.replaceChildren(this.grid, this.legend)
  }

  show(data) {
    if (this.panels?.length !== data.panels.length) this.build(data.panels.length)
    this.grid.style.setProperty("--least", `${data.least}px`)
    this.grid.style.setProperty("--most", `${data.most}px`)
    data.panels.forEach((spec, i) => {
      const { img, below, bar, note, shareNote } = this.panels[i]
      say(note, spec.note)
      say(shareNote, spec.share_note)
      if (spec.src.startsWith("data:image/") && img.src !== spec.src) img.src = spec.src
      img.alt = spec.alt
      below.hidden = !spec.below?.startsWith("data:image/")
      if (!below.hidden) below.style.backgroundImage = `url("${spec.below}")`
      below.setAttribute("aria-label", spec.below_alt ?? "")
      bar.hidden = typeof spec.share !== "number"
      if (!bar.hidden) bar.firstChild.style.width = `${Math.max(0, Math.min(1, spec.share)) * 100}%`
    })
    this.legend.hidden = !data.legend
    this.legend.replaceChildren(...(data.legend ? scaleOf(data.legend) : []))
  }
}

function say(node, text) {
  node.textContent = text ?? ""
  node.hidden = !text
}

function scaleOf({ title, stops, ticks }) {
  const bar = el("div", { class: "bar" })
  bar.style.background = `linear-gradient(to right, ${stops.join(",")})`
  const marks = ticks.map(({ at, text }) => {
    const tick = el("div", { class: "tick", text, "data-side": at < 0.1 ? "left" : at > 0.9 ? "right" : "middle" })
    tick.style.left = `${at * 100}%`
    return tick
  })
  return [el("div", { class: "what", text: title }), el("div", { class: "scale" }, bar, ...marks)]
}

export default mounter(Panels)
