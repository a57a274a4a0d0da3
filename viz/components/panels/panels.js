// Pictures side by side, each with a second one, a bar and words under it. Everything a person typed
// arrives in `data` and is set as text, never as markup.

const states = new WeakMap()

const make = (tag, className, parent) => {
  const el = document.createElement(tag)
  el.className = className
  parent?.append(el)
  return el
}

function build(parentElement, count) {
  const root = parentElement.querySelector(".root")
  root.replaceChildren()
  const grid = make("div", "panels", root)
  const panels = []
  for (let i = 0; i < count; i++) {
    const figure = make("figure", "panel", grid)
    const img = make("img", "", make("div", "pic", figure))
    img.draggable = false
    const below = make("div", "below", figure)
    below.setAttribute("role", "img")
    const bar = make("div", "bar-track", figure)
    make("div", "bar-share", bar)
    panels.push({ img, below, bar, note: make("div", "note", figure), shareNote: make("div", "note share", figure) })
  }
  return { panels, grid, legend: make("div", "legend", root) }
}

export default function (component) {
  const { data, parentElement } = component
  let state = states.get(parentElement)
  if (!state || state.panels.length !== data.panels.length) {
    state = build(parentElement, data.panels.length)
    states.set(parentElement, state)
  }
  state.grid.style.setProperty("--least", `${data.least}px`)
  state.grid.style.setProperty("--most", `${data.most}px`)
  data.panels.forEach((spec, i) => {
    const { img, below, bar, note, shareNote } = state.panels[i]
    note.textContent = spec.note
    note.hidden = !spec.note
    if (spec.src.startsWith("data:image/") && img.src !== spec.src) img.src = spec.src
    img.alt = spec.alt
    below.hidden = !spec.below?.startsWith("data:image/")
    if (!below.hidden) below.style.backgroundImage = `url("${spec.below}")`
    below.setAttribute("aria-label", spec.below_alt ?? "")
    bar.hidden = typeof spec.share !== "number"
    if (!bar.hidden) bar.firstChild.style.width = `${Math.max(0, Math.min(1, spec.share)) * 100}%`
    shareNote.textContent = spec.share_note ?? ""
    shareNote.hidden = !spec.share_note
  })
  drawLegend(state.legend, data.legend)
}

function drawLegend(box, legend) {
  box.replaceChildren()
  box.hidden = !legend
  if (!legend) return
  make("div", "what", box).textContent = legend.title
  const scale = make("div", "scale", box)
  make("div", "bar", scale).style.background = `linear-gradient(to right, ${legend.stops.join(",")})`
  for (const tick of legend.ticks) {
    const el = make("div", "tick", scale)
    el.style.left = `${tick.at * 100}%`
    el.dataset.side = tick.at < 0.1 ? "left" : tick.at > 0.9 ? "right" : "middle"
    el.textContent = tick.text
  }
}
