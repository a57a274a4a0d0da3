// The model as groups of boxes, each a switch if the page wants. Every text is set as text.

import { button, el, icon } from "../player/dom.js"
import { mounter } from "../player/mounting.js"

// Of each kind of part, and of a mode where it looks different: [class, path], in 32 by 32.
const DOTS = [[8, 8], [16, 8], [24, 8], [8, 16], [16, 16], [24, 16], [8, 24], [16, 24], [24, 24]]
const dot = ([x, y], r = 2.4) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`
const dots = (...which) => which.map((i) => dot(DOTS[i])).join("")
const FRAMES = [["weak", "M11 5h16v16"], ["weak", "M8 8h16v16"]]
const PAIR = [["weak", "M4 8h11v16h-11z"], ["line", "M17 8h11v16h-11z"], ["fill", dot([23, 18])]]
const GLYPHS = {
  order: [...FRAMES, ["line", "M5 11h16v16h-16z"], ["fill", "M11 15.5l6 3.5l-6 3.5z"]],
  "order reversed": [...FRAMES, ["line", "M5 11h16v16h-16z"], ["fill", "M15 15.5l-6 3.5l6 3.5z"]],
  "order shuffled": [...FRAMES, ["line", "M5 11h16v16h-16z"], ["line", "M8 16c5 0 5 7 9 7M8 23c5 0 5-7 9-7"]],
  "order repeat-first": [...FRAMES, ["line", "M5 11h16v16h-16z"], ["fill", "M10 15.5h2v7h-2zM14 15.5h2v7h-2z"]],
  patch: [["line", "M5 5h22v22h-22z"], ["weak", "M10.5 5v22M16 5v22M21.5 5v22M5 10.5h22M5 16h22M5 21.5h22"], ["fill", "M10.5 10.5h5.5v5.5h-5.5z"]],
  vilt: [["line", "M5 5h22v22h-22zM16 5v22M5 16h22"], ["line", "M8.5 8.5l4 4M12.5 8.5l-4 4"], ["fill", [[8.5, 8.5], [12.5, 8.5], [8.5, 12.5], [12.5, 12.5]].map((p) => dot(p, 1.5)).join("")]],
  lsh: [["weak", DOTS.filter((_, i) => ![0, 2, 4, 7].includes(i)).map((p) => dot(p)).join("")], ["line", "M8 8L24 8M24 8L16 16M16 16L16 24M8 8L16 16"], ["fill", dots(0, 2, 4, 7)]],
  "lsh full": [["line", "M8 8h16v16h-16zM8 16h16M16 8v16M8 8l16 16M24 8l-16 16M16 8l8 8l-8 8l-8-8z"], ["fill", dots(0, 1, 2, 3, 4, 5, 6, 7, 8)]],
  pool: [["line", "M4 9h14v14h-14zM11 9v14M4 16h14"], ["line", "M20 16h2"], ["fill", "M23.5 13h6v6h-6z"]],
  shifted: [...PAIR, ["line", "M22 15.5C20 10 14 10 10.5 14.5M10 10.8v4h4"]],
  "shifted self": [...PAIR, ["line", "M25 16c3-4-1-7-3.4-5M21 8v3.4h3.4"]],
  clip: [["line", "M5 21v6h4v-6zM11.6 21v6h4v-6zM18.2 21v6h4v-6zM24.8 21v6h3v-6z"], ["weak", "M7 20L16 9M13.6 20L16 9M20.2 20L16 9M26 20L16 9"], ["fill", dot([16, 7], 3)]],
  "clip mean": [["line", "M5 21v6h4v-6zM11.6 21v6h4v-6zM18.2 21v6h4v-6zM24.8 21v6h3v-6z"], ["line", "M7 18v-4h19v4M16 14v-3"], ["line", dot([16, 7], 3)]],
  head: [["fill", "M5 7h21v4h-21z"], ["line", "M5 14h11v4h-11zM5 21h6v4h-6z"]],
}

const glyph = (kind, mode = "") => icon("0 0 32 32",
  (GLYPHS[`${kind} ${mode}`] ?? GLYPHS[kind] ?? []).map(([className, d]) => ["path", { class: className, d }]))
const text = (className, words) => el("span", { class: className, text: words })

class Diagram {
  constructor(root) {
    this.root = root
    this.edit = -1
  }

  show(data) {
    // An answer to an older click than the last one says what the boxes no longer are.
    if (this.edit > data.edit) return
    this.edit = data.edit
    const shape = JSON.stringify([data.switches, data.groups.map((g) => [g.title, g.about,
      g.boxes.map((b) => [b.key, b.title, b.detail, b.modes.map((m) => m.id)])])])
    if (shape !== this.shape) this.build(data)
    this.shape = shape
    this.modes = {}
    this.root.style.setProperty("--changed", data.changed)
    for (const box of data.groups.flatMap((g) => g.boxes)) {
      const part = this.parts.get(box.key)
      part.also = box.also
      this.modes[box.key] = box.mode
      part.node.classList.toggle("marked", box.marked)
      part.notes.hidden = !box.notes.length
      part.notes.replaceChildren(...box.notes.map(([term, value]) => el("div", {}, el("dt", { text: term }), el("dd", { text: value }))))
      this.paint(part)
    }
  }

  build(data) {
    this.parts = new Map()
    const groups = data.groups.map(({ title, about, boxes }) => el("section", { class: "group", "aria-label": title },
      el("header", {}, el("p", { class: "caption", text: title }), el("p", { text: about })),
      el("div", { class: "boxes" }, ...boxes.map((box) => this.box(title, box, data.switches)))))
    this.root.dataset.switches = data.switches
    this.root.replaceChildren(el("div", { class: "flow" }, ...groups))
  }

  box(place, box, switches) {
    const can = switches && box.modes.length > 1, usual = box.modes[0]?.id ?? ""
    const part = { box, can, usual, glyph: glyph(), now: text("unseen", ""), state: text("state", ""), notes: el("dl", { class: "notes" }), choices: [] }
    // Read out with the title, so that the name of a switch says where it is and how it stands.
    const title = el("span", { class: "title" }, can && text("unseen", `${place}, `), box.title, can && part.now)
    const inside = [part.glyph, el("span", { class: "words" }, title, text("detail", box.detail), part.state)]
    part.head = !can ? el("div", { class: "what" }, ...inside)
      : button({ class: "what", onclick: () => this.choose(part, this.modes[box.key] === usual ? box.away : usual) }, ...inside)
    part.node = el("div", { class: `box ${can ? "can" : ""}` }, part.head, can && this.choices(part, place), part.notes)
    this.parts.set(box.key, part)
    return part.node
  }

  choices(part, place) {
    const all = part.choices = part.box.modes.map((mode, i) => button({
      text: mode.text, title: mode.hint, onclick: () => this.choose(part, mode.id),
      onkeydown: (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
        if (!step) return
        event.preventDefault()
        all[(i + step + all.length) % all.length].focus()
      },
    }))
    return el("div", { class: "choices", role: "group", "aria-label": `${place}, ${part.box.title}` }, ...all)
  }

  choose(part, mode) {
    if (this.modes[part.box.key] === mode) return
    this.modes[part.box.key] = mode
    this.paint(part)
    this.edit += 1
    this.send({ modes: { ...this.modes }, edit: this.edit })
  }

  paint(part) {
    const { box, node, head, can, usual } = part, mode = this.modes[box.key], off = mode === "off"
    const now = box.modes.find((m) => m.id === mode), drawn = glyph(box.glyph, mode)
    node.dataset.state = off ? "off" : mode !== usual || part.also ? "changed" : "on"
    part.glyph.replaceWith(drawn)
    part.glyph = drawn
    part.state.textContent = [can || mode === usual ? "" : now?.text, off ? "" : part.also].filter(Boolean).join(" · ")
    part.state.hidden = !part.state.textContent
    if (!can) return
    head.title = now.hint
    head.setAttribute("aria-pressed", String(mode === usual))
    part.now.textContent = `: ${now.text}`
    part.choices.forEach((node, i) => {
      const chosen = box.modes[i].id === mode
      node.setAttribute("aria-pressed", String(chosen))
      node.tabIndex = chosen ? 0 : -1
    })
  }
}

export default mounter(Diagram, "switched")
