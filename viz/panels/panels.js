// Pictures side by side over one token grid: hover any to compare all, click or use the arrow keys to
// pick a patch. Everything a person typed arrives in `data` and is set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg"
const UNIT = 1000 // the picture is UNIT x UNIT in the drawing's own coordinates
const states = new WeakMap()

const make = (tag, className, parent) => {
  const el = document.createElement(tag)
  el.className = className
  parent?.append(el)
  return el
}

const shape = (tag, className, parent) => {
  const el = document.createElementNS(SVG, tag)
  el.setAttribute("class", className)
  parent.append(el)
  return el
}

const rectPath = ([row, col, rows, cols], grid) => {
  const s = UNIT / grid
  return `M${col * s} ${row * s}h${cols * s}v${rows * s}h${-cols * s}z`
}

// Arrows as one path: a shaft, and a head that shrinks with short arrows. Below a hair's length: a dot.
const arrowPath = (arrows) => {
  let d = ""
  for (const [x0, y0, x1, y1] of arrows) {
    const ax = x0 * UNIT, ay = y0 * UNIT, bx = x1 * UNIT, by = y1 * UNIT
    const length = Math.hypot(bx - ax, by - ay)
    if (length < 4) {
      d += `M${ax} ${ay}l0.1 0`
      continue
    }
    const head = Math.min(16, length * 0.45), turn = Math.atan2(by - ay, bx - ax)
    const wing = (side) =>
      `${bx - head * Math.cos(turn + side * 0.5)} ${by - head * Math.sin(turn + side * 0.5)}`
    d += `M${ax} ${ay}L${bx} ${by}M${wing(1)}L${bx} ${by}L${wing(-1)}`
  }
  return d
}

const say = (value, format) => {
  if (value === null || value === undefined) return ""
  if (format === "percent") return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`
  return `${format} ${value}`
}

function build(parentElement, count) {
  const root = parentElement.querySelector(".root")
  root.replaceChildren()
  const panels = make("div", "panels", root)
  const state = { panels: [], root, grid: panels, legend: make("div", "legend", root), keys: make("div", "keys", root) }
  for (let i = 0; i < count; i++) {
    const figure = make("figure", "panel", panels)
    const title = make("figcaption", "title", figure)
    const pic = make("div", "pic", figure)
    const img = make("img", "", pic)
    img.draggable = false
    const svg = shape("svg", "over", pic)
    svg.setAttribute("viewBox", `0 0 ${UNIT} ${UNIT}`)
    svg.setAttribute("aria-hidden", "true")
    const layer = {}
    for (const name of ["truth", "arrows", "window", "marks", "selected", "hover"]) {
      layer[`${name}Halo`] = shape("path", `halo ${name}`, svg)
      layer[name] = shape("path", name, svg)
    }
    const below = make("div", "below", figure)
    below.setAttribute("role", "img")
    const bar = make("div", "bar-track", figure)
    make("div", "bar-share", bar)
    const note = make("div", "note", figure)
    const shareNote = make("div", "note share", figure)
    const live = make("div", "live", figure)
    live.setAttribute("aria-live", "polite")
    state.panels.push({ figure, title, pic, img, layer, below, bar, note, shareNote, live })
  }
  return state
}

function draw(panel, name, d) {
  panel.layer[name].setAttribute("d", d)
  panel.layer[`${name}Halo`].setAttribute("d", d)
}

function cellAt(event, pic, grid) {
  const box = pic.getBoundingClientRect()
  const place = (v, low, size) =>
    Math.max(0, Math.min(grid - 1, Math.floor(((v - low) / size) * grid)))
  return [place(event.clientY, box.top, box.height), place(event.clientX, box.left, box.width)]
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  let state = states.get(parentElement)
  if (!state || state.panels.length !== data.panels.length) {
    state = build(parentElement, data.panels.length)
    states.set(parentElement, state)
  }
  state.grid.classList.toggle("lead", data.panels.length === 3)
  state.grid.style.setProperty("--least", `${data.least}px`)
  state.grid.style.setProperty("--most", `${data.most}px`)

  const point = (cell) => {
    data.panels.forEach((spec, i) => {
      const panel = state.panels[i]
      if (!spec.grid) return
      draw(panel, "hover", cell ? rectPath([...cell, 1, 1], spec.grid) : "")
      const value = cell && spec.values ? spec.values[cell[0]]?.[cell[1]] : undefined
      panel.note.textContent =
        value === undefined ? spec.note : `row ${cell[0]}, column ${cell[1]}: ${say(value, spec.format)}`
    })
  }

  const pick = (cell) => {
    // Show the choice at once; the maps follow from the server.
    data.panels.forEach((spec, i) => {
      if (spec.selected) {
        spec.selected = cell
        draw(state.panels[i], "selected", rectPath([...cell, 1, 1], spec.grid))
      }
    })
    setTriggerValue("pick", { row: cell[0], col: cell[1] })
  }

  data.panels.forEach((spec, i) => {
    const panel = state.panels[i]
    panel.title.textContent = spec.title
    panel.note.textContent = spec.note
    panel.note.hidden = !spec.note
    if (spec.src.startsWith("data:image/") && panel.img.src !== spec.src) panel.img.src = spec.src
    panel.img.alt = spec.pick ? "" : spec.alt
    const { below, bar, shareNote } = panel
    below.hidden = !spec.below?.startsWith("data:image/")
    if (!below.hidden) below.style.backgroundImage = `url("${spec.below}")`
    below.setAttribute("aria-label", spec.below_alt ?? "")
    bar.hidden = typeof spec.share !== "number"
    if (!bar.hidden) bar.firstChild.style.width = `${Math.max(0, Math.min(1, spec.share)) * 100}%`
    shareNote.textContent = spec.share_note ?? ""
    shareNote.hidden = !spec.share_note
    draw(panel, "arrows", arrowPath(spec.arrows ?? []))
    draw(panel, "truth", arrowPath(spec.truth ?? []))
    draw(panel, "window", spec.window ? rectPath(spec.window, spec.grid) : "")
    draw(panel, "marks", (spec.marks ?? []).map((m) => rectPath([...m, 1, 1], spec.grid)).join(""))
    draw(panel, "selected", spec.selected ? rectPath([...spec.selected, 1, 1], spec.grid) : "")
    draw(panel, "hover", "")
    panel.figure.classList.toggle("chosen", Boolean(spec.chosen))

    const { pic } = panel
    pic.classList.toggle("pickable", Boolean(spec.pick))
    pic.onpointermove = spec.grid ? (e) => point(cellAt(e, pic, spec.grid)) : null
    pic.onpointerleave = spec.grid ? () => point(null) : null
    pic.onclick = spec.pick ? (e) => pick(cellAt(e, pic, spec.grid)) : null
    pic.onkeydown = null
    if (!spec.pick) {
      for (const name of ["tabindex", "role", "aria-label"]) pic.removeAttribute(name)
      return
    }
    pic.tabIndex = 0
    pic.setAttribute("role", "application")
    pic.setAttribute("aria-label", `${spec.alt} Arrow keys move the picked patch.`)
    pic.onkeydown = (e) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key]
      if (!step || !spec.selected) return
      e.preventDefault()
      const cell = spec.selected.map((v, axis) => Math.max(0, Math.min(spec.grid - 1, v + step[axis])))
      pick(cell)
      panel.live.textContent = `row ${cell[0]}, column ${cell[1]}`
    }
  })

  drawLegend(state.legend, data.legend)
  state.keys.replaceChildren()
  for (const key of data.keys ?? []) {
    const item = make("span", "key", state.keys)
    make("span", `sign ${key.sign}`, item)
    make("span", "", item).textContent = key.text
  }
  state.keys.hidden = !(data.keys ?? []).length
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
