// The player's elements. Every text is set as text: names and labels come from people and files.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value
    else if (name.startsWith("on")) node[name] = value
    else if (value === true) node.setAttribute(name, "")
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value)
  }
  node.append(...children.filter(Boolean))
  return node
}

export const button = (attributes, ...children) => el("button", { type: "button", ...attributes }, ...children)

// A small drawing that says nothing to a screen reader; shapes are [name, attributes].
export function icon(viewBox, shapes, attributes = {}) {
  const make = (tag, all) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag)
    for (const [name, value] of Object.entries(all)) node.setAttribute(name, value)
    return node
  }
  const svg = make("svg", { viewBox, "aria-hidden": "true", ...attributes })
  svg.append(...shapes.map(([tag, all]) => make(tag, all)))
  return svg
}

// What a picture or a group of numbers is called. No heading: pages of any depth show these.
export const caption = (text = "") => el("p", { class: "caption", text })

// One of several, as buttons of which one is pressed. `choose(id)` is called on a click; `set` shows.
export function segments(label, options, choose) {
  const buttons = options.map(({ id, text, title }) => button({ text, title, "data-id": id, onclick: () => choose(id) }))
  const group = el("div", { class: "segments", role: "group", "aria-label": label }, ...buttons)
  const set = (id) => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.id === String(id))))
  return { group, set }
}

export function slider(label, { min, max, step, value, show }, change) {
  const out = el("output", { text: show(value) })
  const input = el("input", {
    type: "range", min, max, step, value, "aria-label": label, "aria-valuetext": show(value),
    oninput: () => {
      out.textContent = show(+input.value)
      input.setAttribute("aria-valuetext", show(+input.value))
      change(+input.value)
    },
  })
  return el("label", { class: "slider" }, el("span", { text: label }), input, out)
}

// A slider from none to all.
export const shareSlider = (label, value, show, change) => slider(label, { min: 0, max: 1, step: 0.05, value, show }, change)

export function select(label, options, value, change) {
  const input = el("select", { onchange: () => change(input.value) },
    ...options.map(([id, text]) => el("option", { value: id, text, selected: String(id) === String(value) })))
  return el("label", { class: "choice" }, el("span", { text: label }), input)
}

export function check(label, checked, change) {
  const input = el("input", { type: "checkbox", checked, onchange: () => change(input.checked) })
  return el("label", { class: "check" }, input, el("span", { text: label }))
}

export const percent = (w) => `${w > 0 && w < 0.0005 ? "<0.1" : (w * 100).toFixed(w < 0.1 ? 1 : 0)}%`

// Numbers that belong together, under their name.
export const section = (name, ...children) => el("section", { role: "group", "aria-label": name }, caption(name), ...children)

// A ranked list with bars: items {name, value, share}.
export function ranking(title, items, empty) {
  const list = el("ol", {}, ...items.map(({ name, text, share }) => {
    const bar = el("i")
    bar.style.width = `${Math.max(2, share * 100)}%`
    return el("li", {}, el("span", { class: "name", text: name }), el("span", { class: "track" }, bar), el("span", { class: "value", text }))
  }))
  return section(title, items.length ? list : el("p", { text: empty }))
}

// `count` colours from nothing to the most, as they look over a dim frame.
export const shades = (lut, count) => Array.from({ length: count }, (_, i) => {
  const share = i / (count - 1), c = Math.round(share * 255) * 3
  return `rgb(${[0, 1, 2].map((j) => Math.min(255, Math.round(64 * (1 - share) + lut[c + j]))).join(" ")})`
})

// A colour scale with its title; ticks are [place from 0 to 1, text, "first", "last" or nothing].
export function colourScale(title, stops, ticks) {
  const bar = el("div", { class: "colours" })
  bar.style.background = `linear-gradient(to right, ${stops.join(",")})`
  const marks = ticks.map(([at, text, side = ""]) => {
    const node = el("span", { class: `tick ${side}`, text })
    node.style.left = `${at * 100}%`
    return node
  })
  return [el("span", { class: "what", text: title }), el("div", { class: "scale" }, bar, ...marks)]
}

// The legend of weights: from 0 to `top`, "or more" at its end, and where an even map lies.
export function legend({ lut, top, even, title }) {
  const ticks = [[0, "0", "first"], [1, top < 1 ? `${percent(top)} or more` : percent(top), "last"]], at = even / top
  // Near the left end it begins at its place, where in the middle it would run into the zero.
  if (at > 0.08 && at < 0.7) ticks.push([at, `${percent(even)}: even`, at < 0.25 ? "first" : ""])
  return colourScale(title, shades(lut, 13), ticks)
}
